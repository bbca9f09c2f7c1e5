import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'
import type { Claims } from './json.ts'

/** A cached token. What was made of it lies in the same object: a hit reads less memory, which is most of its cost. */
export interface CachedToken {
  /** What a hit must equal: the token, or a header that contains it. */
  readonly encoded: string
  /** The version of the keys that verified the token. */
  readonly version: number
  /** The token is valid from this moment on … */
  readonly from: UnixSeconds
  /** … and expired at this one, leeway included. */
  readonly until: UnixSeconds
}

/** How a token was verified. */
interface Verified {
  readonly version: number
  readonly leeway: Seconds
  /** Tolerance for `iat` and `nbf`. */
  readonly ahead?: Seconds | undefined
}

/** @param claims of the verified token; they have `exp` */
export function cachedToken(
  encoded: string,
  claims: Claims,
  { version, leeway, ahead = leeway }: Verified,
): CachedToken {
  const { exp = 0, iat = 0, nbf = 0 } = claims as Readonly<Record<string, number>>
  const from = (Math.max(iat, nbf) - ahead) as UnixSeconds
  const until = (exp + leeway) as UnixSeconds
  return { encoded, version, from, until }
}

/** A verified token with its claims. */
export interface CachedClaims extends CachedToken {
  readonly claims: Claims
}

/** Slots per set. With one, two tokens of the same set would evict each other while other sets are empty. */
const WAYS = 4

const FIRST_SIZE = 256

/** Slots per token while the cache grows: with fewer, a set would often have more tokens than ways. */
const SPARE = 4

/**
 * A set-associative cache of verified tokens.
 *
 * A hit is the same string, compared whole, under the same keys and within its lifetime. The slot depends on the signature, so
 * that a client without a key cannot choose which entry its token evicts.
 */
export class TokenCache<Entry extends CachedToken = CachedClaims> {
  readonly #size: number
  readonly #ways: number
  /** Grows with the tokens: a small array stays in the processor's cache, and many programs verify none. */
  #slots: (Entry | undefined)[] = []
  #mask = 0
  #added = 0

  /** @param size number of tokens; rounded up to a power of two */
  constructor(size: number) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(1, size)))
    this.#ways = Math.min(WAYS, this.#size)
  }

  find(encoded: string, version: number, clock: Clock): Entry | undefined {
    // The signature says string, but JavaScript callers pass what a client sent.
    if (typeof encoded !== 'string') return undefined
    const entry = this.#entryOf(encoded, version)
    if (entry === undefined) return undefined
    const now = clock()
    if (now >= entry.from && now < entry.until) return entry
    return undefined
  }

  #entryOf(encoded: string, version: number): Entry | undefined {
    const first = this.#setOf(encoded)
    for (let slot = first; slot < first + this.#ways; slot++) {
      const entry = this.#slots[slot]
      // Not `entry?.encoded`: V8 compares what may be undefined by a slower routine.
      if (entry === undefined) continue
      if (entry.encoded === encoded && entry.version === version) return entry
    }
    return undefined
  }

  /** Adds a token and evicts the oldest of its set. */
  add(entry: Entry): void {
    const { length } = this.#slots
    if (length < this.#size && this.#added * SPARE >= length) this.#grow(length * 2)
    this.#added++
    this.#insert(entry)
  }

  #grow(slots: number): void {
    const before = this.#slots
    this.#slots = new Array(Math.min(this.#size, Math.max(FIRST_SIZE, slots)))
    this.#slots.fill(undefined)
    this.#mask = this.#slots.length - this.#ways
    // The newest of a set comes first, and is inserted last.
    for (const entry of before.toReversed()) if (entry !== undefined) this.#insert(entry)
  }

  #insert(entry: Entry): void {
    const first = this.#setOf(entry.encoded)
    this.#slots.copyWithin(first + 1, first, first + this.#ways - 1)
    this.#slots[first] = entry
  }

  /**
   * The first slot of a token's set, hashed (FNV-1a) from eight characters of the signature. The last character is left out:
   * it carries fewer bits.
   */
  #setOf(encoded: string): number {
    const end = encoded.length - 1
    let hash = 0
    for (let i = end - 8; i < end; i++)
      hash = Math.imul(hash ^ encoded.charCodeAt(i), 0x01000193)
    return (hash ^ (hash >>> 15)) & this.#mask
  }
}

/** Every hit returns the same object, so no caller may change it. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(Object.freeze(value))) frozen(member)
  return value
}
