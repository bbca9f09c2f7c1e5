import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'

/** Keys that are kept: some 100 bytes each. */
const CAPACITY = 10_000

/** Lets a key through once in a period. If more than `bound` keys are kept, the oldest is dropped and let through again. */
export class OncePer {
  readonly #period: Seconds
  readonly #clock: Clock
  readonly #bound: number
  /** When each key was last let through; the oldest comes first. */
  readonly #last = new Map<string, UnixSeconds>()

  constructor(period: Seconds, clock: Clock, bound = CAPACITY) {
    this.#period = period
    this.#clock = clock
    this.#bound = bound
  }

  isDue(key: string): boolean {
    const now = this.#clock()
    const last = this.#last.get(key)
    if (last !== undefined && Math.abs(now - last) < this.#period) return false
    this.#last.delete(key)
    this.#last.set(key, now)
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= this.#bound) break
      this.#last.delete(oldest)
    }
    return true
  }
}
