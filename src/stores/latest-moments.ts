import { setTimeout as sleep } from 'node:timers/promises'
import type { UnixSeconds } from '../base/clock.ts'

type Batch<Id> = ReadonlyMap<Id, UnixSeconds>

/** How many milliseconds the first of a batch waits for others. */
const WINDOW = 100

/** Rows in one statement: with two values each, far below what databases take. */
const MOST = 1_000

/** Collects the latest moment of each of many rows, such as a new expiry or a use, so that many requests cause one write. */
export class LatestMoments<Id extends string> {
  readonly #write: (batch: Batch<Id>) => Promise<void>
  #batch = new Map<Id, UnixSeconds>()
  #written: Promise<void> | undefined
  /** Those that wait and those that are being written. */
  readonly #unwritten = new Set<Batch<Id>>()

  constructor(write: (batch: Batch<Id>) => Promise<void>) {
    this.#write = write
  }

  /** @returns when the batch is written */
  add(id: Id, moment: UnixSeconds): Promise<void> {
    if (this.#batch.size === MOST) this.#begin()
    const known = this.#batch.get(id)
    if (known === undefined || known < moment) this.#batch.set(id, moment)
    this.#written ??= this.#writeLater(this.#batch)
    return this.#written
  }

  /** The moment of a row that is not written yet. */
  of(id: Id): UnixSeconds | undefined {
    let latest: UnixSeconds | undefined
    for (const batch of this.#unwritten) latest = batch.get(id) ?? latest
    return latest
  }

  #begin(): void {
    this.#batch = new Map()
    this.#written = undefined
  }

  async #writeLater(batch: Batch<Id>): Promise<void> {
    this.#unwritten.add(batch)
    try {
      await sleep(WINDOW)
      if (batch === this.#batch) this.#begin()
      await this.#write(batch)
    } finally {
      this.#unwritten.delete(batch)
    }
  }
}
