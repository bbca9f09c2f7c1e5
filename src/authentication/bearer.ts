import { type Awaitable, andThen, catchError } from '../base/awaitable.ts'
import { seconds } from '../base/clock.ts'
import { AuthError, refusedChallengeOf } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { SessionId } from '../sessions/session.ts'
import { mayUse, type TokenSettings } from '../tokens/token-settings.ts'
import {
  findNamedAccount,
  hasType,
  noId,
  noUserNamed,
  requireJti,
  typeError,
  userIdIn,
} from '../tokens/user-of-token.ts'
import type { Account, User } from '../users/user.ts'
import { credentialsAfter } from './header.ts'
import {
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from './scheme.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** `Authorization: Bearer <token>` (RFC 6750 §2.1). The user is read from the store, or its cache, at each request. */
export const bearer = (): Scheme<User> =>
  libraryScheme((deps) => ({
    ...challengesOfBearer(deps),
    identify: (request) =>
      andThen(claimsOf(request, deps), (claims) => claims && identifyUser(claims, deps)),
  }))

/**
 * The same without reading the store: the user is what the token says. Revoked sessions are refused within a second.
 *
 * @param options.revocation `false` does not check for revoked sessions: tokens are valid until they expire, as in Simple
 *   JWT (D12)
 */
export const statelessBearer = (
  options: { readonly revocation?: boolean } = {},
): Scheme<TokenUser> => {
  refuseUnknownOptions(options, { revocation: true }, argumentOf('statelessBearer'))
  return libraryScheme((deps) => ({
    ...challengesOfBearer(deps),
    identify: (request) =>
      andThen(
        claimsOf(request, deps),
        (claims) =>
          claims && identifyTokenUser(claims, options.revocation !== false, deps),
      ),
  }))
}

/** The challenge of these schemes, and of the token endpoints. */
export const challengeOf = ({
  headerTypes,
}: Pick<LibrarySchemeDeps, 'headerTypes'>): string => `${headerTypes[0]} realm="api"`

const challengesOfBearer = (deps: LibrarySchemeDeps) => ({
  challenge: challengeOf(deps),
  refusedChallenge: refusedChallengeOf(challengeOf(deps)),
})

/** The verified claims of a request's token. @returns `undefined` if it has none @throws AuthError */
function claimsOf(
  request: AuthRequest,
  deps: LibrarySchemeDeps,
): Awaitable<Claims | undefined> {
  const token = credentialsAfter(deps.headerTypes, request.header(deps.headerName))
  if (token === undefined) return undefined
  const claims = catchError(
    () => deps.verify(token),
    (error) => failForEachType(error, deps.settings),
  )
  return andThen(claims, (verified) => requireAcceptedType(verified, deps.settings))
}

function failForEachType(error: unknown, settings: TokenSettings): never {
  if (error instanceof AuthError && error.status === 401)
    throw notForAnyType(error, settings)
  throw error
}

function requireAcceptedType(claims: Claims, settings: TokenSettings): Claims {
  if (!Object.hasOwn(claims, settings.jtiClaim)) throw notForAnyType(noId(), settings)
  if (settings.types.some((type) => hasType(claims, type, settings))) return claims
  throw notForAnyType(typeError(claims, settings), settings)
}

/** Reads the user of a token. @throws AuthError if the user may not make requests, or the session has ended */
function identifyUser(
  claims: Claims,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<User>> {
  if (userIdIn(claims, deps.settings) === undefined) throw noUserNamed()
  return andThen(findNamedAccount(claims, deps), (account) => {
    const user = requireUser(account, claims, deps)
    const identity = identityOf(user, claims, deps)
    return andThen(isRevoked(identity.sessionId, claims, deps), (revoked) => {
      if (revoked) return refuseRevoked(identity.sessionId, deps)
      return identity
    })
  })
}

function requireUser(
  account: Account | undefined,
  claims: Claims,
  { settings, isRevokeClaimOf }: LibrarySchemeDeps,
): User {
  if (account === undefined) throw new AuthError('user_not_found')
  const { user } = account
  if (!mayUse(user, settings)) throw userInactive(user)
  const { checkRevoke, revokeClaimName } = settings
  if (checkRevoke === 'claim' && !isRevokeClaimOf(claims[revokeClaimName], account))
    throw new AuthError('password_changed')
  return user
}

const userInactive = ({ active }: User): AuthError =>
  new AuthError('user_inactive', active ? 'refused by users.rule (D11)' : undefined)

/** @throws AuthError with the reason for which the session was revoked */
async function refuseRevoked(
  id: SessionId | undefined,
  { sessions, settings }: LibrarySchemeDeps,
): Promise<never> {
  const state = id && (await sessions?.find(id))
  const isByPassword = state && state.session.revokeReason === 'password'
  if (isByPassword && settings.checkRevoke === 'session')
    throw new AuthError('password_changed')
  throw blacklisted(settings)
}

function identifyTokenUser(
  claims: Claims,
  checksRevocation: boolean,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<TokenUser>> {
  const { settings } = deps
  // `''` is an id of a wrong type: no look-up would find out that it names no user.
  if (!userIdIn(claims, settings)) throw noUserNamed()
  const identity = identityOf(tokenUser(claims, settings), claims, deps)
  if (!checksRevocation) return identity
  return andThen(isRevoked(identity.sessionId, claims, deps), (revoked) => {
    if (revoked) throw blacklisted(settings)
    return identity
  })
}

interface TokenIdentity<U> extends Identity<U> {
  readonly sessionId: SessionId | undefined
}

const identityOf = <U>(
  user: U,
  claims: Claims,
  deps: LibrarySchemeDeps,
): TokenIdentity<U> => ({
  user,
  scheme: 'bearer',
  token: claims,
  sessionId: sessionIdOf(claims, deps),
  scopes: scopesOf(claims),
})

/** The scopes of a token, separated by spaces in its claim (RFC 8693 §4.2). */
function scopesOf({ scope }: Claims): readonly string[] {
  if (typeof scope !== 'string' || scope === '') return NO_SCOPES
  return scope.split(' ')
}
const NO_SCOPES: readonly string[] = []

/** The session of a token: named by its claim; of a foreign sliding token, derived from its `jti`. */
function sessionIdOf(
  claims: Claims,
  { sessions, settings }: LibrarySchemeDeps,
): SessionId | undefined {
  if (sessions === undefined) return undefined
  const { sid } = claims
  if (typeof sid === 'string') return sid as SessionId
  const isForeignSliding =
    settings.adoptForeign && claims[settings.typeClaim] === 'sliding'
  return isForeignSliding ? foreignSessionId(requireJti(claims, settings)) : undefined
}

/** The token's life is read from its claims: other settings, or another issuer, may have issued it. */
function isRevoked(
  id: SessionId | undefined,
  { exp, iat }: Claims,
  { sessions }: LibrarySchemeDeps,
): Awaitable<boolean> {
  if (id === undefined || sessions === undefined) return false
  return sessions.isRevoked(id, seconds(Number(exp) - Number(iat)))
}

const CLASSES = { access: 'AccessToken', sliding: 'SlidingToken' } as const

/** Simple JWT's body: one message for each accepted token type. */
function notForAnyType(error: AuthError, settings: TokenSettings): AuthError {
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

const blacklisted = (settings: TokenSettings): AuthError =>
  notForAnyType(new AuthError('revoked'), settings)
