import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { type Clock, type Seconds, systemClock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { TokenCache } from './cache.ts'
import { claimFault, type Expectation } from './claims.ts'
import { type Parts, TYPES } from './compact.ts'
import { HeaderReader } from './header.ts'
import type { Claims } from './json.ts'
import { asciiPartsOf, objectIn } from './jws.ts'
import type { VerifyingKey } from './key.ts'
import type { KeySet, KeySource } from './key-set.ts'

export interface VerifierOptions<Keys extends KeySource = KeySource> {
  readonly keys: Keys
  /** Seconds since 1970. Default: the machine's. */
  readonly clock?: () => number
  /** The `iss` that a token must have. Default: not looked at. */
  readonly issuer?: string
  /** The `aud` that a token must have, or one of them. Default: not looked at. */
  readonly audience?: string | readonly string[]
  /** Seconds of tolerance for `exp`, `iat`, `nbf`. Default 0. */
  readonly leeway?: number
  /** The longest token that is looked at. Default 8192. */
  readonly maxBytes?: number
  /** What the header's `typ` may be, in lower case, where there is one. Default `jwt`, and `at+jwt` (RFC 9068 §2.1). */
  readonly types?: readonly string[]
  /** How many verified tokens are remembered. Default 0. */
  readonly cache?: number
}

/** Takes tokens and gives their claims, and gives them only when everything holds. */
export interface Verifier<Answer extends Awaitable<Claims> = Claims> {
  /**
   * @throws AuthError with one class for the first fault: `too_large malformed unsupported_alg unsupported_header wrong_type
   *   unknown_key bad_signature not_yet_valid expired wrong_issuer wrong_audience invalid_claim`. No text of the token is in it
   */
  verify(token: string): Answer
}

/**
 * A verifier of JSON Web Tokens (RFC 7519 §7.2, RFC 8725 §3): the signature first, under the one algorithm of the one key that
 * is meant, then the claims. Waits only for keys that have to be fetched.
 */
export function verifier(options: VerifierOptions<KeySet>): Verifier
export function verifier(options: VerifierOptions): Verifier<Awaitable<Claims>>
export function verifier(options: VerifierOptions): Verifier<Awaitable<Claims>> {
  const { keys, issuer, audience, maxBytes = 8192 } = options
  const clock = (options.clock ?? systemClock) as Clock
  const leeway = (options.leeway ?? 0) as Seconds
  const want: Expectation = {
    issuer,
    audiences: audience === undefined ? undefined : [audience].flat(),
    leeway,
  }
  refuseUnbounded({ leeway, maxBytes, cache: options.cache ?? 0 })
  const cache = options.cache ? new TokenCache(options.cache) : undefined
  const headers = new HeaderReader(keys, options.types ?? TYPES)

  function judge(
    token: string,
    parts: Parts,
    key: VerifyingKey,
    version: number,
    isKnown: boolean,
  ): Claims {
    const claims = claimsOf(token, parts, key)
    if (!isKnown) headers.held(token, parts, key, version)
    const fault = claimFault(claims, want, clock())
    if (fault !== undefined) throw new AuthError(fault)
    if (claims.exp === undefined) throw noExp()
    cache?.add(token, claims, version, leeway)
    return claims
  }

  return {
    verify(token) {
      const { version } = keys
      const remembered = cache?.find(token, version, clock)
      if (remembered !== undefined) return remembered
      const parts = asciiPartsOf(token, maxBytes)
      const known = headers.known(token, version)
      if (known !== undefined) return judge(token, parts, known, version, true)
      const key = headers.read(token, parts)
      if (!isPromise(key)) return judge(token, parts, key, version, false)
      return key.then((fetched) => judge(token, parts, fetched, version, false))
    },
  }
}

/** @throws AuthError `invalid_config` where something is no number from 0 on, or has no end */
function refuseUnbounded(bounds: Readonly<Record<string, number>>): void {
  for (const [name, bound] of Object.entries(bounds)) {
    if (!(bound >= 0 && bound < Number.POSITIVE_INFINITY))
      throw new AuthError('invalid_config', `${name} must be a number from 0 on`)
  }
}

/** The claims, once the signature holds: there is no other way to them. */
function claimsOf(token: string, { first, second }: Parts, key: VerifyingKey): Claims {
  if (!key.verifyText(token.slice(0, second), token.slice(second + 1)))
    throw new AuthError('bad_signature')
  return objectIn(token.slice(first + 1, second))
}

const noExp = (): AuthError =>
  new AuthError('invalid_claim', undefined, { detail: "Token has no 'exp' claim" })
