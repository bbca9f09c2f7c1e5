import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { type Clock, seconds, systemClock } from '../base/clock.ts'
import { AuthError, configError } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { cachedToken, frozen, TokenCache } from './cache.ts'
import { claimFault, type Expectation } from './claims.ts'
import { type Dots, TYPES } from './compact.ts'
import { HeaderReader } from './header.ts'
import type { Claims } from './json.ts'
import { parseSegment, splitAscii } from './jws.ts'
import type { VerifyingKey } from './key.ts'
import type { KeySet, KeySource } from './key-set.ts'

export interface VerifierOptions<Keys extends KeySource = KeySource> {
  /** A `KeySet`, or the result of `remoteKeySet`. */
  readonly keys: Keys
  /** Seconds since 1970. Default: the system's clock. */
  readonly clock?: () => number
  /** The required `iss`. Default: any. */
  readonly issuer?: string
  /** The required `aud`; of several, the token must have at least one. Default: any. */
  readonly audience?: string | readonly string[]
  /** Tolerance in seconds for `exp`, `iat` and `nbf`. Default 0. */
  readonly leeway?: number
  /** Tolerance in seconds for `iat` and `nbf` alone. Default: `leeway`. */
  readonly ahead?: number | undefined
  /** Limit of a token's length. Default 8192. */
  readonly maxBytes?: number
  /** Allowed values of the header's `typ`, in lower case; a token may omit it. Default `["jwt", "at+jwt"]` (RFC 9068 §2.1). */
  readonly types?: readonly string[]
  /** Number of verified tokens that are cached until they expire. Default 0: none. */
  readonly cache?: number
}

/** Verifies tokens. Made by `verifier`. */
export interface Verifier<Result extends Awaitable<Claims> = Claims> {
  /**
   * @returns the claims, frozen if there is a cache. With a `KeySet` at once; with `remoteKeySet` a promise if keys must be fetched
   * @throws AuthError of the first fault: `too_large malformed unsupported_alg unsupported_header wrong_type unknown_key
   *   bad_signature not_yet_valid expired wrong_issuer wrong_audience invalid_claim`. Its message has no part of the token
   */
  verify(token: string): Result
}

/**
 * Makes a verifier of JSON Web Tokens (RFC 7519 §7.2, RFC 8725 §3). It checks the signature first, with the one key that the
 * token names and the algorithm of that key, then the claims. `exp` is required.
 *
 * @throws AuthError `invalid_config` if a number is negative, infinite or `NaN`
 */
export function verifier(options: VerifierOptions<KeySet>): Verifier
export function verifier(options: VerifierOptions): Verifier<Awaitable<Claims>>
export function verifier(options: VerifierOptions): Verifier<Awaitable<Claims>> {
  const tokens = new TokenVerifier(options)
  return { verify: (token) => tokens.verify(token) }
}

const OPTIONS = {
  keys: true,
  clock: true,
  issuer: true,
  audience: true,
  leeway: true,
  ahead: true,
  maxBytes: true,
  types: true,
  cache: true,
} as const

class TokenVerifier {
  readonly #keys: KeySource
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #expected: Expectation
  readonly #cache: TokenCache | undefined
  readonly #headers: HeaderReader

  constructor(options: VerifierOptions) {
    refuseUnknownOptions(options, OPTIONS, argumentOf('verifier'))
    const { keys, issuer, audience, leeway = 0, maxBytes = 8192, cache = 0 } = options
    const { ahead = leeway } = options
    requireFinite({ leeway, ahead, maxBytes, cache })
    this.#keys = keys
    this.#clock = (options.clock ?? systemClock) as Clock
    this.#maxBytes = maxBytes
    this.#expected = {
      issuer,
      audiences: listOf(audience),
      leeway: seconds(leeway),
      ahead: seconds(ahead),
    }
    this.#cache = cache === 0 ? undefined : new TokenCache(cache)
    this.#headers = new HeaderReader(keys, options.types ?? TYPES)
  }

  verify(token: string): Awaitable<Claims> {
    const { version } = this.#keys
    const cached = this.#cache?.find(token, version, this.#clock)
    if (cached !== undefined) return cached.claims
    const dots = splitAscii(token, this.#maxBytes)
    const key = this.#headers.cachedKey(token, version)
    if (key !== undefined) return this.#accept(token, dots, key, version)
    const found = this.#headers.read(token, dots)
    if (!isPromise(found)) return this.#acceptFirst(token, dots, found, version)
    return found.then((fetched) => this.#acceptFirst(token, dots, fetched, version))
  }

  /** `#accept` for a header that is not cached: it is, once a signature under it is valid. */
  #acceptFirst(token: string, dots: Dots, key: VerifyingKey, version: number): Claims {
    const claims = claimsOf(token, dots, key)
    this.#headers.cache(token, dots, key, version)
    return this.#check(token, claims, version)
  }

  #accept(token: string, dots: Dots, key: VerifyingKey, version: number): Claims {
    return this.#check(token, claimsOf(token, dots, key), version)
  }

  #check(token: string, claims: Claims, version: number): Claims {
    const fault = claimFault(claims, this.#expected, this.#clock())
    if (fault !== undefined) throw new AuthError(fault)
    if (claims.exp === undefined) throw missingExp()
    const { leeway, ahead } = this.#expected
    const verified = { version, leeway, ahead }
    this.#cache?.add({ ...cachedToken(token, claims, verified), claims: frozen(claims) })
    return claims
  }
}

function listOf(audience: string | readonly string[] | undefined) {
  if (audience === undefined) return undefined
  return [audience].flat()
}

/** @throws AuthError `invalid_config` */
function requireFinite(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw configError(`${name} must be a finite number of at least 0.`)
  }
}

/** The claims of a token, which are readable only after its signature was verified. @throws AuthError `bad_signature` */
function claimsOf(token: string, { first, second }: Dots, key: VerifyingKey): Claims {
  if (!key.verifyText(token.slice(0, second), token.slice(second + 1)))
    throw new AuthError('bad_signature')
  return parseSegment(token.slice(first + 1, second))
}

/** The detail is Simple JWT's. */
const missingExp = (): AuthError =>
  new AuthError('invalid_claim', undefined, { detail: "Token has no 'exp' claim" })
