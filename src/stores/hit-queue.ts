import type { UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'

/** A hit to count. */
export interface NewHit {
  readonly key: string
  readonly limit: number
  readonly now: UnixSeconds
  /** Hits at this moment or earlier do not count any more. */
  readonly cutoff: UnixSeconds
}

interface Full {
  /** The time of the oldest hit that counts. */
  readonly oldest: UnixSeconds
}

export type SlotResult = 'counted' | Full

/** Hits of one key that wait: with a database that takes 5 ms for each, 5 seconds. */
const MAX_WAITING = 1_000

interface WaitingHit extends PromiseWithResolvers<SlotResult> {
  readonly hit: NewHit
}

/**
 * Counts the hits of one key one after the other: those that arrive together want the same slot, and each would hold a
 * connection of the pool while it waits for the others.
 */
export class HitQueue {
  readonly #count: (hit: NewHit) => Promise<SlotResult>
  readonly #queues = new Map<string, WaitingHit[]>()

  constructor(count: (hit: NewHit) => Promise<SlotResult>) {
    this.#count = count
  }

  add(hit: NewHit): Promise<SlotResult> {
    const waiting: WaitingHit = { hit, ...Promise.withResolvers<SlotResult>() }
    const queue = this.#queues.get(hit.key)
    if (queue === undefined) void this.#drain(hit.key, [waiting])
    else if (queue.length < MAX_WAITING) queue.push(waiting)
    else waiting.reject(new AuthError('busy', 'too many hits of one key are waiting'))
    return waiting.promise
  }

  async #drain(key: string, queue: WaitingHit[]): Promise<void> {
    this.#queues.set(key, queue)
    while (queue.length > 0) await this.#countInTurn(queue.splice(0))
    this.#queues.delete(key)
  }

  async #countInTurn(batch: readonly WaitingHit[]): Promise<void> {
    try {
      let full: Full | undefined
      for (const { hit, resolve } of batch) {
        const result = isFullFor(hit, full) ? full : await this.#count(hit)
        resolve(result)
        if (result !== 'counted') full = result
      }
    } catch (error) {
      // If the database is down, each would wait until its statement times out.
      for (const { reject } of batch) reject(error)
    }
  }
}

/** Whether a result that was found after this hit arrived holds for it: the oldest hit has not expired at its time. */
const isFullFor = (hit: NewHit, full: Full | undefined): full is Full =>
  full !== undefined && full.oldest > hit.cutoff
