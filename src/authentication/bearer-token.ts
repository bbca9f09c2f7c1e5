import { type Awaitable, andThen, catchError } from '../base/awaitable.ts'
import { type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { type CachedToken, frozen, TokenCache, validityOf } from '../jwt/cache.ts'
import type { Claims } from '../jwt/index.ts'
import { jktIn } from '../proofs/binding.ts'
import type { BoundToken } from '../proofs/dpop-requests.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { SessionId } from '../sessions/session.ts'
import type { SessionOwner } from '../tokens/pairwise.ts'
import type { TokenDeps, TokenSettings } from '../tokens/token-settings.ts'
import {
  hasType,
  isOfClient,
  noId,
  requireJti,
  typeError,
  userIdIn,
} from '../tokens/user-of-token.ts'
import type { User } from '../users/user.ts'
import type { ClientPrincipal } from './client-principal.ts'
import { credentialsAfter } from './header.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** A verified token of an accepted type, with what its claims say: computed once for all requests that send it. */
export interface BearerToken extends CachedToken {
  readonly claims: Claims
  /** See `userIdIn`. */
  readonly userId: string | undefined
  /** `undefined` if it names no user by id: `''` is an id of a wrong type. */
  readonly user: TokenUser | undefined
  readonly sessionId: SessionId | undefined
  /** The session of the application that has exchanged another token for it (RFC 8693). */
  readonly clientSessionId: SessionId | undefined
  /** `exp` − `iat`. It can differ from the settings: another issuer or an earlier configuration may have issued the token. */
  readonly lifetime: Seconds
  readonly scopes: readonly string[]
  /** The application that it was issued to. */
  readonly client: ClientPrincipal | undefined
  /** Whether it is the application's own: it has no user. */
  readonly isOfClient: boolean
  /** The key that it is bound to, and the token itself, of which proofs have the hash. */
  readonly bound: BoundToken | undefined
  /** Of a pairwise token: its user, once it was read. */
  owner: SessionOwner | undefined
  /** The stored user, as the last request found it, … */
  admitted: User | undefined
  /** … and `Users.version` before that. */
  admittedAt: number | undefined
}

export interface BearerReaderDeps
  extends Pick<
    TokenDeps,
    'settings' | 'clock' | 'sessions' | 'verifyOnce' | 'keysVersion' | 'ahead'
  > {
  readonly headerTypes: readonly string[]
}

/** How many headers are cached: about 40 MB of tokens of the usual length. */
const CACHED_HEADERS = 20_000

/**
 * Reads the token of an authorization header. Verified tokens are cached by the whole header, as long as the keys are the same and the
 * token has not expired. The schemes check the user and revocations, which can change sooner.
 *
 * @returns a function that returns `undefined` if a header has no token, and throws AuthError
 */
export function bearerReader(
  deps: BearerReaderDeps,
): (header: string) => Awaitable<BearerToken | undefined> {
  const reader = new BearerReader(deps)
  return (header) => reader.read(header)
}

class BearerReader {
  readonly #deps: BearerReaderDeps
  readonly #schemes: readonly string[]
  readonly #cache = new TokenCache<BearerToken>(CACHED_HEADERS)

  constructor(deps: BearerReaderDeps) {
    this.#deps = deps
    this.#schemes = [...deps.headerTypes, 'DPoP']
  }

  read(header: string): Awaitable<BearerToken | undefined> {
    const version = this.#deps.keysVersion()
    const cached = this.#cache.find(header, version, this.#deps.clock)
    return cached ?? this.#verify(header, version)
  }

  /** @param version of the keys now: they may be replaced during the verification */
  #verify(header: string, version: number): Awaitable<BearerToken | undefined> {
    const { verifyOnce, settings } = this.#deps
    const token = credentialsAfter(this.#schemes, header)
    if (token === undefined) return undefined
    const verified = catchError(
      () => verifyOnce(token),
      (error) => rethrowWithTokenTypes(error, settings),
    )
    return andThen(verified, (claims) => {
      requireAcceptedType(claims, settings)
      requireApplicationClaims(claims, settings)
      const bound = boundTokenIn(claims, token, DPOP.test(header))
      const bearerToken = bearerTokenOf(header, { claims, bound }, version, this.#deps)
      if (isCanonical(header, token)) this.#cache.add(bearerToken)
      return bearerToken
    })
  }
}

/**
 * Whether a header has one space before its token and nothing after. Other spellings of one token are not cached: there are many,
 * and a client could fill the cache with them.
 */
const isCanonical = (header: string, token: string): boolean =>
  header.endsWith(token) && header.indexOf(' ') === header.length - token.length - 1

function bearerTokenOf(
  header: string,
  { claims, bound }: Pick<BearerToken, 'claims' | 'bound'>,
  version: number,
  deps: BearerReaderDeps,
): BearerToken {
  const { settings, ahead } = deps
  const userId = userIdIn(claims, settings)
  const { from, until } = validityOf(claims, settings.leeway, ahead)
  // One literal: V8 keeps the properties that a spread is extended by in another object, which is one more read of memory.
  return {
    encoded: header,
    version,
    from,
    until,
    claims: frozen(claims),
    userId,
    user: userId ? frozen(tokenUser(claims, settings)) : undefined,
    sessionId: sessionIdOf(claims, deps),
    clientSessionId: clientSessionIdOf(claims),
    lifetime: seconds(Number(claims.exp) - Number(claims.iat)),
    scopes: frozen(scopesOf(claims)),
    client: frozen(clientOf(claims)),
    isOfClient: isOfClient(claims),
    bound: frozen(bound),
    owner: undefined,
    admitted: undefined,
    admittedAt: undefined,
  }
}

/** The scheme of tokens that are bound to a key (RFC 9449 §7.1). */
const DPOP = /^[\t-\r ]*dpop[\t-\r ]/i

/** @throws AuthError `bound_token` if it comes with another scheme than its own (RFC 9449 §7.2) */
function boundTokenIn(
  claims: Claims,
  accessToken: string,
  isDpop: boolean,
): BoundToken | undefined {
  const jkt = jktIn(claims)
  if ((jkt !== undefined) === isDpop)
    return jkt === undefined ? undefined : { accessToken, jkt }
  throw new AuthError('bound_token', 'the scheme of the header is not that of the token')
}

/** The session of a token: named by its claim; of a foreign sliding token, derived from its `jti`. */
function sessionIdOf(
  claims: Claims,
  { sessions, settings }: Pick<TokenDeps, 'sessions' | 'settings'>,
): SessionId | undefined {
  if (sessions === undefined) return undefined
  const { sid } = claims
  if (typeof sid === 'string') return sid as SessionId
  const isForeignSliding =
    settings.adoptForeign && claims[settings.typeClaim] === 'sliding'
  if (!isForeignSliding) return undefined
  return foreignSessionId(requireJti(claims, settings))
}

function clientSessionIdOf({ client_sid: id }: Claims): SessionId | undefined {
  if (typeof id !== 'string') return undefined
  return id as SessionId
}

/** The scopes of a token, separated by spaces in its claim (RFC 8693 §4.2). */
function scopesOf({ scope }: Claims): readonly string[] {
  if (typeof scope !== 'string' || scope === '') return []
  return scope.split(' ')
}

/** @returns `undefined` if the token is of no application */
function clientOf({ client_id: id }: Claims): ClientPrincipal | undefined {
  if (typeof id !== 'string') return undefined
  return { id }
}

/**
 * Requires of the token of an application that this instance has issued it, for itself: one for another service has another `aud`
 * (RFC 9068 §4).
 *
 * @throws AuthError `wrong_issuer`, `wrong_audience`; `invalid_claim` if `client_id` is no string
 */
function requireApplicationClaims(claims: Claims, settings: TokenSettings): void {
  if (!Object.hasOwn(claims, 'client_id')) return
  const fault = applicationFault(claims, settings)
  if (fault !== undefined) throw withTokenTypes(new AuthError(fault), settings)
}

function applicationFault(
  { client_id: id, iss, aud }: Claims,
  { applications }: TokenSettings,
): 'invalid_claim' | 'wrong_issuer' | 'wrong_audience' | undefined {
  if (typeof id !== 'string') return 'invalid_claim'
  if (applications === undefined) return undefined
  if (iss !== applications.issuer) return 'wrong_issuer'
  const names: readonly unknown[] = [aud].flat()
  if (applications.audiences.some((each) => names.includes(each))) return undefined
  return 'wrong_audience'
}

function rethrowWithTokenTypes(error: unknown, settings: TokenSettings): never {
  if (error instanceof AuthError && error.status === 401)
    throw withTokenTypes(error, settings)
  throw error
}

function requireAcceptedType(claims: Claims, settings: TokenSettings): void {
  if (!Object.hasOwn(claims, settings.jtiClaim)) throw withTokenTypes(noId(), settings)
  if (settings.types.some((type) => hasType(claims, type, settings))) return
  throw withTokenTypes(typeError(claims, settings), settings)
}

const CLASSES = { access: 'AccessToken', sliding: 'SlidingToken' } as const

/** Simple JWT's body: one message for each accepted token type. */
export function withTokenTypes(error: AuthError, settings: TokenSettings): AuthError {
  const { code, message, detail, cause } = error
  const messages = settings.types.map((type) => ({
    token_class: CLASSES[type],
    token_type: type,
    message: detail,
  }))
  return new AuthError(code, message, {
    cause,
    body: {
      detail: 'Given token not valid for any token type',
      code: 'token_not_valid',
      messages,
    },
  })
}
