import { credentialsAfter } from '../authentication/header.ts'
import {
  parseStepUp,
  proofIn,
  requireProof,
  type StepUp,
  type StepUpOptions,
  stepUpChallengeOf,
} from '../authentication/step-up.ts'
import { isPromise } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { refuseUnknownOptions } from '../base/known-options.ts'
import type { Algorithm } from '../jwt/algorithms.ts'
import { cachedToken, frozen, TokenCache } from '../jwt/cache.ts'
import { claimFault } from '../jwt/claims.ts'
import { rejectAccessType, TYPES } from '../jwt/compact.ts'
import type { Claims } from '../jwt/json.ts'
import type { Jwk } from '../jwt/jwk.ts'
import { RemoteKeys } from '../jwt/remote-keys.ts'
import { isPairwise } from '../tokens/pairwise.ts'
import {
  isOfClient,
  noUserNamed,
  requireJti,
  typeFault,
  userIdIn,
} from '../tokens/user-of-token.ts'
import { BEARER, challengeOf, requireScopes, type ScopeOptions } from './applications.ts'
import { boundTokens, requireUnbound } from './dpop.ts'
import {
  type ParsedVerifierOptions,
  parseOptions,
  type VerifierOptions,
} from './options.ts'
import { RevocationFeed } from './revocations.ts'
import { parseSegment, parseSigned, type WebKeys } from './signed.ts'
import { importWebKey, type WebKey } from './web-key.ts'

/** The claims of a valid token. The object is frozen. */
export type TokenClaims = Claims & {
  /** Seconds since 1970 (RFC 7519 §4.1.4). */
  readonly exp: number
  readonly jti?: string
  /** The id of the session that the token belongs to. */
  readonly sid?: string
  /** When the user signed in, and how (RFC 8176), if the issuer's `tokens.signInClaims` is on. */
  readonly auth_time?: number
  readonly amr?: readonly string[]
  /** The class of that sign-in: `aal1`, or `aal2` with two different factors. */
  readonly acr?: string
  /** Who acts as the user (RFC 8693 §4.1). */
  readonly act?: { readonly sub?: string }
  /** The application that the token was issued to (RFC 9068 §2.2), and what it may do, separated by spaces. */
  readonly client_id?: string
  readonly scope?: string
  /** Of the token of an application: the user, or the application itself. */
  readonly sub?: string
  /** `pairwise` if `sub` is the name of the user for this application, and those of its sector, alone: there is no user id claim then. */
  readonly subject_type?: string
}

/** Checks the access tokens of another service. Made by `verifier`. */
export interface TokenVerifier {
  /**
   * Checks a token. One that is bound to a key needs a request with a proof: `authenticate`.
   *
   * @throws AuthError, with the status 401 if the token is not valid: `malformed too_large unsupported_alg unsupported_header
   *   unknown_key bad_signature expired not_yet_valid invalid_claim wrong_issuer wrong_audience wrong_type revoked bound_token`; with 503 if
   *   that cannot be decided: `keys_unavailable revocations_unavailable`; with 403 if it is the token of an application which lacks the
   *   scope, or none is required: `insufficient_scope permission_denied`. Its message has no part of the token
   */
  check(token: string, required?: ScopeOptions): Promise<TokenClaims>
  /**
   * Checks the token of a request (RFC 6750 §2.1), and the proof of one that is bound to a key (RFC 9449 §7.1).
   *
   * @returns `undefined` if the request has none
   * @throws AuthError as `check`; `bad_authorization_header`, `invalid_dpop_proof`
   */
  authenticate(
    request: Request,
    required?: ScopeOptions,
  ): Promise<TokenClaims | undefined>
  /**
   * `authenticate` for a request that must have a token.
   *
   * @param required a scope; and what is required of the sign-in behind it (RFC 9470), if the issuer's `tokens.signInClaims` is on
   * @throws AuthError as `authenticate`; `not_authenticated`, `insufficient_user_authentication`. `error.toResponse()` is the answer
   */
  require(request: Request, required?: StepUpOptions & ScopeOptions): Promise<TokenClaims>
}

/**
 * Makes a verifier of the access tokens that `issuer` issues for `audience`, with the keys that it publishes. The first token
 * starts the first request, and no timer runs.
 *
 * @throws AuthError `invalid_config` if an option is wrong
 */
export function verifier(options: VerifierOptions): TokenVerifier {
  const settings = parseOptions(options)
  const { clock, revocations } = settings
  const keys = keysOf(settings)
  const bound = boundTokens(settings.dpop, clock)
  const cache = settings.cache === 0 ? undefined : new TokenCache(settings.cache)
  const feed =
    revocations &&
    new RevocationFeed({ ...settings, ...revocations, withdraw: keys.withdraw })

  async function check(token: string, required: ScopeOptions = {}): Promise<TokenClaims> {
    refuseUnknownOptions(required, SCOPE_OPTIONS, (name) => name)
    const claims = await checkToken(token)
    // There is no request that could have a proof.
    requireUnbound(claims.cnf !== undefined)
    requireScopes(claims, required)
    return claims
  }

  async function checkToken(token: string): Promise<TokenClaims> {
    const cached = cache?.find(token, keys.version, clock)
    const claims = cached?.claims ?? (await verifyToken(token, keys, settings, cache))
    const checked = feed?.check(claims)
    // The result is a promise only if the feed must be read; a plain `await` would cost every check a turn.
    if (isPromise(checked)) {
      const before = keys.withdrawals
      await checked
      // The reading may have withdrawn the key that verified the token.
      if (keys.withdrawals !== before) await verifyToken(token, keys, settings, undefined)
    }
    return claims as TokenClaims
  }

  async function authenticate(
    request: Request,
    required: ScopeOptions = {},
  ): Promise<TokenClaims | undefined> {
    const header = request.headers.get('authorization') ?? ''
    const token = credentialsAfter(['Bearer', 'DPoP'], header)
    if (token === undefined) return undefined
    const claims = await checkToken(token)
    const isBound = claims.cnf !== undefined
    requireUnbound(isBound !== DPOP.test(header))
    refuseUnknownOptions(required, SCOPE_OPTIONS, (name) => name)
    requireScopes(claims, required)
    if (isBound) await bound.check(request, token, claims)
    return claims
  }

  async function require(
    request: Request,
    { scope = [], clients = false, ...signIn }: StepUpOptions & ScopeOptions = {},
  ): Promise<TokenClaims> {
    refuseUnknownOptions(signIn, STEP_UP_OPTIONS, (name) => name)
    const stepUp = parseStepUp(signIn)
    const claims = await authenticate(request, { scope, clients })
    if (claims === undefined) throw new AuthError('not_authenticated')
    if (stepUp !== undefined) requireStepUp(claims, stepUp, clock())
    return claims
  }

  return { check, authenticate, require }
}

/** The scheme of tokens that are bound to a key (RFC 9449 §7.1). */
const DPOP = /^[\t-\r ]*dpop[\t-\r ]/i

const STEP_UP_OPTIONS: Readonly<Record<keyof StepUpOptions, true>> = {
  fresh: true,
  amr: true,
  acr: true,
}

const SCOPE_OPTIONS: Readonly<Record<keyof ScopeOptions, true>> = {
  scope: true,
  clients: true,
}

/** @throws AuthError `insufficient_user_authentication`, with the challenge of its answer */
function requireStepUp(claims: Claims, stepUp: StepUp, now: UnixSeconds): void {
  try {
    requireProof(proofIn(claims), stepUp, now)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw error.withChallenges([challengeOf(stepUpChallengeOf(BEARER, stepUp), claims)])
  }
}

async function verifyToken(
  token: string,
  keys: WebKeys,
  settings: ParsedVerifierOptions,
  cache: TokenCache | undefined,
): Promise<Claims> {
  const { clock, leeway, ahead, maxBytes } = settings
  const { header, payload, version } = await parseSigned(token, keys, {
    maxBytes,
    types: TYPES,
  })
  const claims = parseSegment(payload)
  const fault = claimFault(claims, settings, clock())
  if (fault !== undefined) throw new AuthError(fault)
  requireOwnClaims(claims, settings)
  if (claims[settings.typeClaim] !== 'access') rejectAccessType(header)
  const verified = { version, leeway, ahead }
  cache?.add({ ...cachedToken(token, claims, verified), claims: frozen(claims) })
  return claims
}

/** Checks the claims that every access token of `watchword` has. @throws AuthError `invalid_claim`, `wrong_type` */
function requireOwnClaims(claims: Claims, settings: ParsedVerifierOptions): void {
  if (claims.exp === undefined) throw missingExp()
  requireJti(claims, settings)
  requireOneOfTypes(claims, settings)
  if (!namesSubject(claims, settings)) throw noUserNamed()
}

/** A pairwise token names its user by `sub` alone, which is no user id. */
function namesSubject(claims: Claims, settings: ParsedVerifierOptions): boolean {
  if (isPairwise(claims)) return Boolean(claims.sub)
  return isOfClient(claims) || Boolean(userIdIn(claims, settings))
}

function requireOneOfTypes(claims: Claims, settings: ParsedVerifierOptions): void {
  const faults = settings.types.map((type) => typeFault(claims, type, settings))
  if (faults.every((fault) => fault !== undefined)) throw faults[0]
}

const missingExp = (): AuthError =>
  new AuthError('invalid_claim', undefined, { detail: "Token has no 'exp' claim" })

interface IssuerKeys extends WebKeys {
  /** Counts the times that a key in use was withdrawn. */
  readonly withdrawals: number
  readonly withdraw: (kids: readonly string[]) => void
}

/** The keys of the issuer. `find` rejects with `keys_unavailable` if they cannot be read. */
function keysOf({ jwksUrl, algorithms, ...options }: ParsedVerifierOptions): IssuerKeys {
  const remote = new RemoteKeys(
    jwksUrl,
    (entries) => importKeys(entries, algorithms),
    ({ fingerprint }) => fingerprint,
    options,
  )
  let withdrawals = 0
  return {
    get version() {
      return remote.version
    },
    get withdrawals() {
      return withdrawals
    },
    algorithms,
    find: async (kid, alg) => remote.find(kid, alg),
    withdraw(kids) {
      if (remote.withdraw(kids)) withdrawals++
    },
  }
}

/** Ignores keys that cannot be used: for other clients (RFC 7517 §5), or of a kind that the runtime does not support. */
async function importKeys(
  entries: readonly unknown[],
  algorithms: ReadonlySet<Algorithm>,
): Promise<readonly WebKey[]> {
  const keys = await Promise.all(
    entries.flatMap((entry) =>
      candidatesFor(entry, algorithms).map((alg) =>
        importWebKey(entry, alg).catch(() => undefined),
      ),
    ),
  )
  return keys.filter((key) => key !== undefined)
}

/**
 * The algorithms that a key may be for. An RSA key need not say (RFC 7517 §4.4): it is for the allowed ones with PKCS #1 padding,
 * or for PSS if only that is allowed, and never for both (rule K5).
 */
function candidatesFor(
  entry: unknown,
  algorithms: ReadonlySet<Algorithm>,
): readonly (Algorithm | undefined)[] {
  const { kty, alg } = (entry ?? {}) as Jwk
  if (kty !== 'RSA' || alg !== undefined) return [undefined]
  const [pkcs1, pss] = ['RS', 'PS'].map((family) =>
    [...algorithms].filter((name) => name.startsWith(family)),
  )
  return (pkcs1?.length ? pkcs1 : pss) ?? []
}
