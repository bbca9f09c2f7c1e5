import type { Seconds } from '../base/clock.ts'
import { type Int64, Int64Set } from './int64-set.ts'

/** How many ids are held at most: in some 400 MB if half of them are young, in 540 MB if all are. */
export const CAPACITY = 2 ** 24

/**
 * A set of ids: an id is dropped the second time that the set ages after it was added. It holds 64-bit hashes, however long the
 * ids are: one that was never added is taken for one of ten million others with a chance of 1 in 10^12.
 */
export class RevokedSet {
  readonly #capacity: number
  #all = new Int64Set()
  /** Those added since the set last aged, once more: a check of every request needs one lookup, and ageing copies nothing. */
  #young = new Int64Set()
  #agedAt: Seconds | undefined

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#all.size
  }

  has(id: string): boolean {
    if (this.size === 0) return false
    return this.#all.has(hashOf(id))
  }

  /** An id that is there already is dropped no later for it. @returns `false` if the set is full */
  add(id: string): boolean {
    const hash = hashOf(id)
    if (this.#all.has(hash)) return true
    if (this.size >= this.#capacity) return false
    this.#all.add(hash)
    this.#young.add(hash)
    return true
  }

  /**
   * Ages if this period has passed since the last time: an id is kept for one period at least, and for two at most if this is
   * called often.
   *
   * @param now by the monotonic clock
   */
  ageIfDue(period: Seconds, now: Seconds): void {
    this.#agedAt ??= now
    if (now - this.#agedAt < period) return
    this.#agedAt = now
    this.age()
  }

  /** Drops the ids that were there at the last call. */
  age(): void {
    this.#all = this.#young
    this.#young = new Int64Set()
  }
}

/**
 * Multiplies and rotates as MurmurHash3 does, and ends with its last step (https://github.com/aappleby/smhasher): both halves in
 * one loop, because the processor computes them side by side.
 */
function hashOf(text: string): Int64 {
  let high = 0x5bd1e995
  let low = 0x1b873593
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(rotated(high) ^ unit, 0x9e3779b1)
    low = Math.imul(rotated(low) ^ unit, 0x85ebca6b)
  }
  // Never 0, so that no key is two zeros.
  return { high: avalanche(high), low: avalanche(low) || 1 }
}

const rotated = (n: number): number => (n << 13) | (n >>> 19)

function avalanche(n: number): number {
  const once = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
