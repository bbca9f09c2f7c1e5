import { credentialsAfter } from '../authentication/header.ts'
import { isPromise } from '../base/awaitable.ts'
import { AuthError, ERRORS } from '../base/errors.ts'
import { TokenCache } from '../jwt/cache.ts'
import { claimFault } from '../jwt/claims.ts'
import { TYPES } from '../jwt/compact.ts'
import type { Claims } from '../jwt/json.ts'
import { remoteKeys, unambiguous } from '../jwt/remote-keys.ts'
import { noUserNamed, requireJti, typeFault, userIdIn } from '../tokens/user-of-token.ts'
import {
  type ParsedVerifierOptions,
  parseOptions,
  type VerifierOptions,
} from './options.ts'
import { followRevocations } from './revocations.ts'
import { objectIn, parseSigned, type WebKeys } from './signed.ts'
import { importWebKey, type WebKey } from './web-key.ts'

/** The claims of a token in which everything held. They are frozen. */
export type TokenClaims = Claims & {
  /** Seconds since 1970. */
  readonly exp: number
  readonly jti?: string
  /** The sign-in that the token belongs to. */
  readonly sid?: string
}

/** Checks tokens that another server issues. */
export interface TokenVerifier {
  /**
   * @throws AuthError, with a status of 401 for a token that is not good: `malformed too_large unsupported_alg unsupported_header
   *   unknown_key bad_signature expired not_yet_valid invalid_claim wrong_issuer wrong_audience wrong_type revoked`; of 503 where
   *   it cannot be known: `keys_unavailable revocations_unavailable`. No text of the token is in it
   */
  verify(token: string): Promise<TokenClaims>
  /** The claims of the bearer token of a request, if it has one. @throws AuthError as `verify`; `bad_authorization_header` */
  check(request: Request): Promise<TokenClaims | undefined>
  /** The same where there must be one. @throws AuthError as `check`; `not_authenticated` */
  require(request: Request): Promise<TokenClaims>
  /** The answer to a refusal: its status, `{ detail, code }`, the challenge of a 401. Any other error is thrown on. */
  error(error: unknown): Response
}

/**
 * Checks the access tokens of `issuer` that are meant for `audience`, with the keys that it publishes.
 *
 * Nothing is asked for before the first token comes, and no timer is left behind.
 *
 * @throws AuthError `invalid_config` with one sentence that says what to write instead
 */
export function verifier(options: VerifierOptions): TokenVerifier {
  const settings = parseOptions(options)
  const { clock, leeway, maxBytes, issuer, audiences } = settings
  const keys = keysOf(settings)
  const cache = settings.cache === 0 ? undefined : new TokenCache(settings.cache)
  const revocations =
    settings.revocations && followRevocations({ ...settings, ...settings.revocations })

  async function judge(token: string): Promise<Claims> {
    const { payload, version } = await parseSigned(token, keys, {
      maxBytes,
      types: TYPES,
    })
    const claims = objectIn(payload)
    const fault = claimFault(claims, { issuer, audiences, leeway }, clock())
    if (fault !== undefined) throw new AuthError(fault)
    refuseForeign(claims, settings)
    cache?.add(token, claims, version, leeway)
    return claims
  }

  const verify = async (token: string): Promise<TokenClaims> => {
    const claims = cache?.find(token, keys.version, clock) ?? (await judge(token))
    const told = revocations?.refuse(claims)
    if (told !== undefined && isPromise(told)) await told
    return claims as TokenClaims
  }
  const check = async ({ headers }: Request): Promise<TokenClaims | undefined> => {
    const token = credentialsAfter(['Bearer'], headers.get('authorization') ?? undefined)
    return token === undefined ? undefined : verify(token)
  }
  return {
    verify,
    check,
    async require(request) {
      const claims = await check(request)
      if (claims === undefined) throw new AuthError('not_authenticated')
      return claims
    },
    error(error) {
      if (error instanceof AuthError) return answerTo(error)
      throw error
    },
  }
}

/** What the house asks of its own tokens beyond what every token must say. @throws AuthError `invalid_claim`, `wrong_type` */
function refuseForeign(claims: Claims, settings: ParsedVerifierOptions): void {
  if (claims.exp === undefined)
    throw new AuthError('invalid_claim', undefined, {
      detail: "Token has no 'exp' claim",
    })
  requireJti(claims, settings)
  const faults = settings.types.map((type) => typeFault(claims, type, settings))
  if (faults.every((fault) => fault !== undefined)) throw faults[0]
  if (!userIdIn(claims, settings)) throw noUserNamed()
}

/** The issuer's keys. @throws AuthError `keys_unavailable` where none have ever been read */
function keysOf({ jwksUrl, algorithms, ...options }: ParsedVerifierOptions): WebKeys {
  const usable = async (entries: readonly unknown[]): Promise<readonly WebKey[]> => {
    const keys = await Promise.all(
      entries.map((entry) => importWebKey(entry).catch(() => undefined)),
    )
    // The rest is for somebody else (RFC 7517 §5), or of a kind that this runtime does not know.
    const known = keys.filter((key): key is WebKey => key?.kid !== undefined)
    return unambiguous(known, ({ print }) => print)
  }
  const remote = remoteKeys(jwksUrl, usable, options)
  return {
    get version() {
      return remote.version
    },
    algorithms,
    async find(kid) {
      const key = await remote.find(kid)
      if (!remote.isThere)
        throw new AuthError('keys_unavailable', undefined, { retryAfter: 1 })
      return key
    },
  }
}

function answerTo(error: AuthError): Response {
  const row = ERRORS[error.code]
  const headers = new Headers({
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
  })
  if (row.status === 401) headers.set('WWW-Authenticate', 'Bearer realm="api"')
  if (error.retryAfter !== undefined)
    headers.set('Retry-After', String(Math.ceil(error.retryAfter)))
  const body = { detail: error.detail, ...('code' in row ? { code: row.code } : {}) }
  return new Response(JSON.stringify(body), { status: row.status, headers })
}
