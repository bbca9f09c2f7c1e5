import { setTimeout as sleep } from 'node:timers/promises'
import type { UnixSeconds } from '../../base/clock.ts'
import type { ApiTokenId } from './api-token.ts'

type Batch = ReadonlyMap<ApiTokenId, UnixSeconds>

/** How many milliseconds the first of a batch waits for others. */
const WINDOW = 100

/** Rows in one statement: with two values each, far below what databases take. */
const MOST = 1_000

/** Collects the new expiries of tokens, so that many requests cause one write. */
export class ExpiryBatch {
  readonly #write: (batch: Batch) => Promise<void>
  #batch = new Map<ApiTokenId, UnixSeconds>()
  #written: Promise<void> | undefined
  /** Those that wait and those that are being written. */
  readonly #unwritten = new Set<Batch>()

  constructor(write: (batch: Batch) => Promise<void>) {
    this.#write = write
  }

  /** @returns when the batch is written */
  add(id: ApiTokenId, expiresAt: UnixSeconds): Promise<void> {
    if (this.#batch.size === MOST) this.#begin()
    const known = this.#batch.get(id)
    if (known === undefined || known < expiresAt) this.#batch.set(id, expiresAt)
    this.#written ??= this.#writeLater(this.#batch)
    return this.#written
  }

  /** The expiry of a token that is not written yet. */
  expiryOf(id: ApiTokenId): UnixSeconds | undefined {
    let latest: UnixSeconds | undefined
    for (const batch of this.#unwritten) latest = batch.get(id) ?? latest
    return latest
  }

  #begin(): void {
    this.#batch = new Map()
    this.#written = undefined
  }

  async #writeLater(batch: Batch): Promise<void> {
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
