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

/**
 * Tokens that were verified a moment ago. A hit is the very same text, compared whole, under the same keys, within its own
 * time: nothing is remembered of a token but that it held. Where it lies is read from its signature, so whoever has no key
 * cannot crowd out another's.
 */
export class TokenCache {
  readonly #slots: (Entry | undefined)[]
  readonly #mask: number

  /** @param size how many tokens, at most; rounded up to a power of two */
  constructor(size: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, size)))
    this.#slots = new Array(slots)
    this.#mask = slots - 1
  }

  find(token: string, version: number, clock: Clock): Claims | undefined {
    if (typeof token !== 'string') return undefined
    const entry = this.#slots[this.#slotOf(token)]
    if (entry === undefined || entry.token !== token || entry.version !== version) return undefined
    const now = clock()
    return now >= entry.from && now < entry.until ? entry.claims : undefined
  }

  /** @param claims of a token in which everything held a moment ago */
  add(token: string, claims: Claims, version: number, leeway: Seconds): void {
    freeze(claims)
    const { exp, iat, nbf } = claims as { readonly [date: string]: number | undefined }
    const from = (Math.max(iat ?? 0, nbf ?? 0) - leeway) as UnixSeconds
    const until = (exp! + leeway) as UnixSeconds
    this.#slots[this.#slotOf(token)] = { token, claims, version, from, until }
  }

  /** From 24 bits of the signature. The last character has only some. */
  #slotOf(token: string): number {
    const end = token.length - 1
    const bits =
      sextet(token, end - 4) |
      (sextet(token, end - 3) << 6) |
      (sextet(token, end - 2) << 12) |
      (sextet(token, end - 1) << 18)
    return bits & this.#mask
  }
}

/** Six bits of an ASCII code that tell most base64url characters apart; which ones is no matter. */
const sextet = (token: string, index: number): number => token.charCodeAt(index) & 63

/** Whoever is given the claims next is given these. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const each of Object.values(value)) freeze(each)
}
