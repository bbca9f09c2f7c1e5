import type { Clock, Seconds, UnixSeconds } from '../base/clock.ts'
import type { Claims } from './json.ts'

interface Entry {
  readonly token: string
  readonly claims: Claims
  /** Of the keys it was verified with. */
  readonly version: number
  /** It holds from the first moment on and no longer at the second, leeway included. */
  readonly from: UnixSeconds
  readonly until: UnixSeconds
}

/** Tokens that share a place: with one, two would push each other out for ever while most places are empty. */
const WAYS = 4

/**
 * Tokens that were verified a moment ago. A hit is the very same text, compared whole, under the same keys, within its own
 * time: nothing is remembered of a token but that it held. Where it lies is read from its signature, so whoever has no key
 * cannot crowd out another's.
 */
export class TokenCache {
  readonly #slots: (Entry | undefined)[]
  readonly #mask: number
  readonly #ways: number

  /** @param size how many tokens, at most; rounded up to a power of two */
  constructor(size: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, size)))
    this.#slots = new Array<Entry | undefined>(slots).fill(undefined)
    this.#ways = Math.min(WAYS, slots)
    this.#mask = slots - this.#ways
  }

  find(token: string, version: number, clock: Clock): Claims | undefined {
    if (typeof token !== 'string') return undefined
    const place = this.#placeOf(token)
    for (let slot = place; slot < place + this.#ways; slot++) {
      const entry = this.#slots[slot]
      if (entry === undefined || entry.token !== token || entry.version !== version)
        continue
      const now = clock()
      return now >= entry.from && now < entry.until ? entry.claims : undefined
    }
    return undefined
  }

  /** Takes the place of the oldest of four. @param claims of a token in which everything held a moment ago */
  add(token: string, claims: Claims, version: number, leeway: Seconds): void {
    freeze(claims)
    const { exp, iat, nbf } = claims as { readonly [date: string]: number | undefined }
    const from = (Math.max(iat ?? 0, nbf ?? 0) - leeway) as UnixSeconds
    const until = (exp! + leeway) as UnixSeconds
    const place = this.#placeOf(token)
    this.#slots.copyWithin(place + 1, place, place + this.#ways - 1)
    this.#slots[place] = { token, claims, version, from, until }
  }

  /** The first of its slots, mixed from eight characters of the signature; the last character has only some bits. */
  #placeOf(token: string): number {
    const end = token.length - 1
    let mixed = 0
    for (let i = end - 8; i < end; i++)
      mixed = Math.imul(mixed ^ token.charCodeAt(i), 0x01000193)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }
}

/** Whoever is given the claims next is given these. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const each of Object.values(value)) freeze(each)
}
