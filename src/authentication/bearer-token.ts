import { type Awaitable, andThen, catchError } from '../base/awaitable.ts'
import { type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { type CachedToken, frozen, TokenCache, validityOf } from '../jwt/cache.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { SessionId } from '../sessions/session.ts'
import type { TokenDeps, TokenSettings } from '../tokens/token-settings.ts'
import {
  hasType,
  noId,
  requireJti,
  typeError,
  userIdIn,
} from '../tokens/user-of-token.ts'
import type { User } from '../users/user.ts'
import { credentialsAfter } from './header.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** A verified token of an accepted type, with what its claims say: computed once for all requests that send it. */
export interface BearerToken extends CachedToken {
  readonly claims: Claims
  /** See `userIdIn`. */
  readonly userId: string | undefined
  /** `undefined` if it names no user: `''` is an id of a wrong type. */
  readonly user: TokenUser | undefined
  readonly sessionId: SessionId | undefined
  /** `exp` − `iat`. It can differ from the settings: another issuer or an earlier configuration may have issued the token. */
  readonly lifetime: Seconds
  readonly scopes: readonly string[]
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
  readonly #cache = new TokenCache<BearerToken>(CACHED_HEADERS)

  constructor(deps: BearerReaderDeps) {
    this.#deps = deps
  }

  read(header: string): Awaitable<BearerToken | undefined> {
    const version = this.#deps.keysVersion()
    const cached = this.#cache.find(header, version, this.#deps.clock)
    return cached ?? this.#verify(header, version)
  }

  /** @param version of the keys now: they may be replaced during the verification */
  #verify(header: string, version: number): Awaitable<BearerToken | undefined> {
    const { headerTypes, verifyOnce, settings } = this.#deps
    const token = credentialsAfter(headerTypes, header)
    if (token === undefined) return undefined
    const verified = catchError(
      () => verifyOnce(token),
      (error) => rethrowWithTokenTypes(error, settings),
    )
    return andThen(verified, (claims) => {
      requireAcceptedType(claims, settings)
      const bearerToken = bearerTokenOf(header, claims, version, this.#deps)
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
  claims: Claims,
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
    lifetime: seconds(Number(claims.exp) - Number(claims.iat)),
    scopes: frozen(scopesOf(claims)),
    admitted: undefined,
    admittedAt: undefined,
  }
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
  return isForeignSliding ? foreignSessionId(requireJti(claims, settings)) : undefined
}

/** The scopes of a token, separated by spaces in its claim (RFC 8693 §4.2). */
function scopesOf({ scope }: Claims): readonly string[] {
  if (typeof scope !== 'string' || scope === '') return []
  return scope.split(' ')
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
