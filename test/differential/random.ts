/** A pseudo-random generator with a seed (xorshift, 32 bits; Marsaglia 2003). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0 || 1
  }

  /** An integer from 0 to `below` - 1. */
  int(below: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % below
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!
  }

  /** True with a chance of 1 in `times`. */
  once(times: number): boolean {
    return this.int(times) === 0
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)))
  }

  text(length: number): string {
    return Array.from({ length }, () => this.pick(LETTERS)).join('')
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.split('')
