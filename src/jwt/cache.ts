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
export const cachedToken = (
  encoded: string,
  claims: Claims,
  { version, leeway, ahead = leeway }: Verified,
): CachedToken => ({ encoded, version, ...validityOf(claims, leeway, ahead) })

/** @param ahead tolerance for `iat` and `nbf` */
export function validityOf(
  claims: Claims,
  leeway: Seconds,
  ahead: Seconds,
): Pick<CachedToken, 'from' | 'until'> {
  const { exp = 0, iat = 0, nbf = 0 } = claims as Readonly<Record<string, number>>
  const from = (Math.max(iat, nbf) - ahead) as UnixSeconds
  const until = (exp + leeway) as UnixSeconds
  return { from, until }
}

/** A verified token with its claims. */
export interface CachedClaims extends CachedToken {
  readonly claims: Claims
}

/** Slots in which a token may lie, from the one that its hash names. With few, tokens evict each other while other slots are free. */
const PROBES = 16

const FIRST_SIZE = 256

/** Slots per token while the cache grows: nearly all tokens then lie in the first slot of theirs. */
const SPARE = 4

/**
 * A cache of verified tokens: a hash table with a bounded search.
 *
 * A hit is the same string, compared whole, under the same keys and within its lifetime. The slot depends on the signature, so
 * that a client without a key cannot choose which entry its token evicts.
 */
export class TokenCache<Entry extends CachedToken = CachedClaims> {
  readonly #size: number
  /** Grows with the tokens: a small array stays in the processor's cache, and many programs verify none. */
  #entries: (Entry | undefined)[] = []
  /** `encoded` of each entry. Beside the entries, the processor reads both from memory at the same time. */
  #encoded: (string | undefined)[] = []
  /** The hash of each entry: a search reads the memory of one token only. */
  #hashes = new Int32Array()
  #mask = 0
  #probes = 0
  #taken = 0

  /** @param size number of tokens; rounded up to a power of two */
  constructor(size: number) {
    this.#size = 2 ** Math.ceil(Math.log2(Math.max(1, size)))
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
    const hash = hashOf(encoded)
    for (let probe = 0; probe < this.#probes; probe++) {
      const slot = (hash + probe) & this.#mask
      if (this.#hashes[slot] !== hash) continue
      const entry = this.#entries[slot]
      const candidate = this.#encoded[slot]
      // V8 compares what may be undefined by a slower routine.
      if (entry === undefined || candidate === undefined) continue
      if (candidate === encoded && entry.version === version) return entry
    }
    return undefined
  }

  /** Adds a token. If its slots are taken, it replaces the one that expires first. */
  add(entry: Entry): void {
    const { length } = this.#entries
    if (length < this.#size && this.#taken * SPARE >= length) this.#grow(length * 2)
    this.#insert(entry)
  }

  #grow(slots: number): void {
    const before = this.#entries
    const length = Math.min(this.#size, Math.max(FIRST_SIZE, slots))
    this.#entries = new Array<undefined>(length).fill(undefined)
    this.#encoded = new Array<undefined>(length).fill(undefined)
    this.#hashes = new Int32Array(length)
    this.#mask = length - 1
    this.#probes = Math.min(PROBES, length)
    this.#taken = 0
    for (const entry of before) if (entry !== undefined) this.#insert(entry)
  }

  #insert(entry: Entry): void {
    const hash = hashOf(entry.encoded)
    const slot = this.#slotFor(entry.encoded, hash)
    if (this.#entries[slot] === undefined) this.#taken++
    this.#entries[slot] = entry
    this.#encoded[slot] = entry.encoded
    this.#hashes[slot] = hash
  }

  /** @returns the slot of the same token under other keys; else a free one; else that of the token that expires first */
  #slotFor(encoded: string, hash: number): number {
    let first = hash & this.#mask
    for (let probe = 0; probe < this.#probes; probe++) {
      const slot = (hash + probe) & this.#mask
      const entry = this.#entries[slot]
      if (entry === undefined || entry.encoded === encoded) return slot
      if (entry.until < (this.#entries[first]?.until ?? entry.until)) first = slot
    }
    return first
  }
}

/** FNV-1a of eight characters of the signature. The last character is left out: it carries fewer bits. */
function hashOf(encoded: string): number {
  const end = encoded.length - 1
  let hash = 0
  for (let i = end - 8; i < end; i++)
    hash = Math.imul(hash ^ encoded.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** Every hit returns the same object, so no caller may change it. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(Object.freeze(value))) frozen(member)
  return value
}
