import type { Seconds } from '../base/clock.ts'
import { Int64Set } from './int64-set.ts'

/** How many ids are held at most: some 400 MB. */
export const CAPACITY = 2 ** 24

/**
 * A set of ids in two generations: an id is dropped the second time that the set ages after it was added. It holds 64-bit hashes,
 * however long the ids are: one that was never added is taken for one of ten million others with a chance of 1 in 10^12.
 */
export class RevokedSet {
  readonly #capacity: number
  #young = new Int64Set()
  #aged = new Int64Set()
  #agedAt: Seconds | undefined

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#young.size + this.#aged.size
  }

  has(id: string): boolean {
    if (this.size === 0) return false
    const high = highHash(id)
    const low = lowHash(id)
    return this.#young.has(high, low) || this.#aged.has(high, low)
  }

  /** An id that is there already is dropped no later for it. @returns `false` if the set is full */
  add(id: string): boolean {
    if (this.has(id)) return true
    if (this.size >= this.#capacity) return false
    this.#young.add(highHash(id), lowHash(id))
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
    this.#aged = this.#young
    this.#young = new Int64Set()
  }
}

const highHash = (id: string): number => hash(id, 0x5bd1e995, 0x9e3779b1)

/** Never 0, so that no key is two zeros. */
const lowHash = (id: string): number => hash(id, 0x1b873593, 0x85ebca6b) || 1

/** Multiplies and rotates as MurmurHash3 does, and ends with its last step (https://github.com/aappleby/smhasher). */
function hash(text: string, seed: number, factor: number): number {
  let mixed = seed
  for (let i = 0; i < text.length; i++) {
    const rotated = (mixed << 13) | (mixed >>> 19)
    mixed = Math.imul(rotated ^ text.charCodeAt(i), factor)
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
