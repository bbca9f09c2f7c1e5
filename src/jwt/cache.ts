import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'
import type { Claims } from './json.ts'

interface Entry {
  readonly token: string
  readonly claims: Claims
  /** The version of the keys that verified the token. */
  readonly version: number
  /** The token is valid from this moment on … */
  readonly from: UnixSeconds
  /** … and expired at this one, leeway included. */
  readonly until: UnixSeconds
}

/** Slots per set. With one, two tokens of the same set would evict each other while other sets are empty. */
const WAYS = 4

/**
 * A set-associative cache of verified tokens.
 *
 * A hit is the same text, compared whole, under the same keys and within its lifetime. The slot depends on the signature, so
 * that a client without a key cannot choose which entry its token evicts.
 */
export class TokenCache {
  readonly #slots: (Entry | undefined)[]
  readonly #mask: number
  readonly #ways: number

  /** @param size number of tokens; rounded up to a power of two */
  constructor(size: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, size)))
    this.#slots = new Array<Entry | undefined>(slots).fill(undefined)
    this.#ways = Math.min(WAYS, slots)
    this.#mask = slots - this.#ways
  }

  find(token: string, version: number, clock: Clock): Claims | undefined {
    // The signature says string, but JavaScript callers pass what a client sent.
    if (typeof token !== 'string') return undefined
    const entry = this.#entryOf(token, version)
    if (entry === undefined) return undefined
    const now = clock()
    if (now >= entry.from && now < entry.until) return entry.claims
    return undefined
  }

  #entryOf(token: string, version: number): Entry | undefined {
    const first = this.#setOf(token)
    for (let slot = first; slot < first + this.#ways; slot++) {
      const entry = this.#slots[slot]
      if (entry?.token === token && entry.version === version) return entry
    }
    return undefined
  }

  /**
   * Adds a token and evicts the oldest of its set.
   *
   * @param claims of a verified token; they have `exp`
   * @param ahead tolerance for `iat` and `nbf`
   */
  add(
    token: string,
    claims: Claims,
    version: number,
    leeway: Seconds,
    ahead = leeway,
  ): void {
    freeze(claims)
    const { exp = 0, iat = 0, nbf = 0 } = claims as Readonly<Record<string, number>>
    const from = (Math.max(iat, nbf) - ahead) as UnixSeconds
    const until = (exp + leeway) as UnixSeconds
    const first = this.#setOf(token)
    this.#slots.copyWithin(first + 1, first, first + this.#ways - 1)
    this.#slots[first] = { token, claims, version, from, until }
  }

  /**
   * The first slot of a token's set, hashed (FNV-1a) from eight characters of the signature. The last character is left out:
   * it carries fewer bits.
   */
  #setOf(token: string): number {
    const end = token.length - 1
    let hash = 0
    for (let i = end - 8; i < end; i++)
      hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
    return (hash ^ (hash >>> 15)) & this.#mask
  }
}

/** Every hit returns the same object, so no caller may change it. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
}
