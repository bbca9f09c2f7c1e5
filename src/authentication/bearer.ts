import { type Awaitable, andThen, catchError, isPromise } from '../base/awaitable.ts'
import { AuthError, refusedChallengeOf } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { listIf } from '../base/optional.ts'
import type { AuthRequest } from '../http/request.ts'
import { frozen } from '../jwt/cache.ts'
import type { BoundToken } from '../proofs/dpop-requests.ts'
import { dpopChallenge } from '../proofs/proof-algorithms.ts'
import type { SessionId } from '../sessions/session.ts'
import { isPairwise, ownerBySession, type SessionOwner } from '../tokens/pairwise.ts'
import { mayUse, type TokenSettings } from '../tokens/token-settings.ts'
import { findNamedAccount, noUserNamed } from '../tokens/user-of-token.ts'
import type { Account, User } from '../users/user.ts'
import { type BearerToken, withTokenTypes } from './bearer-token.ts'
import {
  type DescribeSecurity,
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
  type SecurityDescription,
} from './scheme.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** `Authorization: Bearer <token>` (RFC 6750 §2.1). The user is read from the store, or its cache, at each request. */
export const bearer = (): Scheme<User> =>
  libraryScheme(
    (deps) => ({
      name: 'bearer',
      ...challengesOfBearer(deps),
      tokenIn: (request) => request.header(deps.headerName),
      identify(request) {
        const header = request.header(deps.headerName)
        if (header === undefined) return undefined
        return identifyBearer(header, deps, request)
      },
    }),
    bearerSecurity,
  )

/**
 * Identifies by an authorization header.
 *
 * @param request the one that has the header, for a token that is bound to a key; without, such a token is refused
 * @returns `undefined` if it has no token
 * @throws AuthError
 */
export const identifyBearer = (
  header: string,
  deps: LibrarySchemeDeps,
  request?: AuthRequest,
): Awaitable<Identity<User> | undefined> =>
  identified(header, request, deps, (token) => identifyUser(token, deps))

/**
 * The same without reading the store: the user is what the token says. Revoked sessions are refused within a second. A token of a pairwise
 * application does not say who its user is: of it, the session is read once.
 *
 * @param options.revocation `false` does not check for revoked sessions: tokens are valid until they expire, as in Simple
 *   JWT (D12)
 */
export const statelessBearer = (
  options: { readonly revocation?: boolean } = {},
): Scheme<TokenUser> => {
  refuseUnknownOptions(options, { revocation: true }, argumentOf('statelessBearer'))
  const scheme = libraryScheme<TokenUser>(
    (deps) => ({
      name: 'bearer',
      ...challengesOfBearer(deps),
      tokenIn: (request) => request.header(deps.headerName),
      identify(request) {
        const header = request.header(deps.headerName)
        if (header === undefined) return undefined
        return identified(header, request, deps, (token) =>
          identifyTokenUser(token, options.revocation !== false, deps),
        )
      },
    }),
    bearerSecurity,
  )
  return Object.assign(scheme, { madeBy: statelessBearer })
}

export const bearerSecurity: DescribeSecurity = (settings) => [
  ...unboundSecurity(settings),
  ...listIf(settings.bindsTokens, DPOP_SECURITY),
]

const DPOP_SECURITY: SecurityDescription = {
  name: 'dpop',
  scheme: {
    type: 'http',
    scheme: 'dpop',
    description: 'A token that is bound to a key, with a proof in the header `DPoP`.',
  },
}

const unboundSecurity: DescribeSecurity = ({ headerTypes, headerName }) => {
  if (isStandard(headerTypes, headerName)) {
    const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const
    return [{ name: 'bearer', scheme }]
  }
  const description = `\`${headerTypes[0]} \` and an access token.`
  const scheme = { type: 'apiKey', in: 'header', name: headerName, description } as const
  return [{ name: 'bearer', scheme }]
}

/** OpenAPI has a name for the usual header alone. */
const isStandard = (types: readonly string[], header: string): boolean =>
  types[0]?.toLowerCase() === 'bearer' && header.toLowerCase() === 'authorization'

/** The challenge of these schemes, and of the token endpoints. */
export const challengeOf = ({
  headerTypes,
}: Pick<LibrarySchemeDeps, 'headerTypes'>): string => `${headerTypes[0]} realm="api"`

export const challengesOfBearer = (deps: LibrarySchemeDeps) => ({
  challenge: challengeOf(deps),
  refusedChallenge: refusedChallengeOf(challengeOf(deps)),
})

function identified<U>(
  header: string,
  request: AuthRequest | undefined,
  deps: LibrarySchemeDeps,
  identify: (token: BearerToken) => Awaitable<Identity<U>>,
): Awaitable<Identity<U> | undefined> {
  const proven = (token: BearerToken): Awaitable<Identity<U>> => {
    if (token.bound === undefined) return identify(token)
    return identifyBound(token.bound, () => identify(token), request, deps)
  }
  const token = readToken(header, deps)
  if (isPromise(token)) return token.then((read) => read && proven(read), challengeBound)
  return token && proven(token)
}

const readToken = (
  header: string,
  deps: LibrarySchemeDeps,
): Awaitable<BearerToken | undefined> =>
  catchError(() => deps.readBearer(header), challengeBound)

/** Adds the challenge of the scheme that the token needs. */
function challengeBound(error: unknown): never {
  if (!(error instanceof AuthError) || error.code !== 'bound_token') throw error
  throw error.withChallenges([dpopChallenge('invalid_token')])
}

/** The proof is checked last: that of a request which is refused anyway is not used up. */
async function identifyBound<U>(
  bound: BoundToken,
  identify: () => Awaitable<Identity<U>>,
  request: AuthRequest | undefined,
  deps: LibrarySchemeDeps,
): Promise<Identity<U>> {
  if (request === undefined) return challengeBound(new AuthError('bound_token'))
  const identity = await identify()
  const dpop = await deps.dpop()
  await dpop.check(request, bound)
  return identity
}

/** Reads the user of a token. @throws AuthError if the user may not make requests, or the session has ended */
function identifyUser(
  token: BearerToken,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<User>> {
  if (token.isOfClient) return identifyClient(token, true, deps)
  const version = deps.users.version()
  if (version !== undefined && version === token.admittedAt)
    return admitUser(token.admitted as User, token, deps)
  if (token.userId === undefined) return identifyOwner(token, deps)
  const found = findNamedAccount(token.claims, deps, token.userId)
  if (isPromise(found))
    return found.then((account) =>
      admitUser(requireUser(account, token, deps), token, deps),
    )
  const user = requireUser(found, token, deps)
  if (isLasting(deps.settings)) {
    token.admitted = user
    token.admittedAt = version
  }
  return admitUser(user, token, deps)
}

/** The same for a token that names its user by its session alone. */
const identifyOwner = (
  token: BearerToken,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<User>> =>
  andThen(ownerOf(token, deps), ({ userId }) =>
    andThen(deps.users.find('id', userId), (account) =>
      admitUser(requireUser(account, token, deps), token, deps),
    ),
  )

/** The session is read once. @throws AuthError `invalid_claim` if the token is not pairwise; `user_not_found` */
function ownerOf(token: BearerToken, deps: LibrarySchemeDeps): Awaitable<SessionOwner> {
  if (!isPairwise(token.claims)) throw noUserNamed()
  if (token.owner !== undefined) return token.owner
  return ownerBySession(token.claims, deps).then((owner) => {
    if (owner === undefined) throw new AuthError('user_not_found')
    token.owner = owner
    return owner
  })
}

/** Whether a user who may make a request may make the next one until the account changes. A rule may decide otherwise at any time. */
const isLasting = ({ rule, ruleOnRequest }: TokenSettings): boolean =>
  rule === undefined || !ruleOnRequest

function admitUser(
  user: User,
  token: BearerToken,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<User>> {
  const identity = identityOf(user, token)
  const revoked = isRevoked(token, deps)
  if (revoked === false) return identity
  return andThen(revoked, (is) => (is ? refuseRevoked(token.sessionId, deps) : identity))
}

function requireUser(
  account: Account | undefined,
  token: BearerToken,
  deps: LibrarySchemeDeps,
): User {
  if (account === undefined) throw new AuthError('user_not_found')
  const { user } = account
  const { settings } = deps
  if (!mayUse(user, settings)) throw userInactive(user)
  if (settings.checkRevoke === 'claim' && !isOfPassword(token, account, deps))
    throw new AuthError('password_changed')
  return user
}

/** Whether the password has not changed since. A pairwise token has no revoke claim, which would be the same for all applications. */
function isOfPassword(
  { claims, owner }: BearerToken,
  account: Account,
  { settings, isRevokeClaimOf }: LibrarySchemeDeps,
): boolean {
  if (owner !== undefined) return owner.epoch === account.user.epoch
  return isRevokeClaimOf(claims[settings.revokeClaimName], account)
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
  token: BearerToken,
  checksRevocation: boolean,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<TokenUser>> {
  if (token.isOfClient) return identifyClient(token, checksRevocation, deps)
  if (token.user !== undefined)
    return admitTokenUser(token.user, token, checksRevocation, deps)
  return andThen(ownerOf(token, deps), ({ userId: id }) => {
    const user = frozen({ ...tokenUser(token.claims, deps.settings), id })
    return admitTokenUser(user, token, checksRevocation, deps)
  })
}

function admitTokenUser(
  user: TokenUser,
  token: BearerToken,
  checksRevocation: boolean,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<TokenUser>> {
  const identity = identityOf(user, token)
  const revoked = checksRevocation && isRevoked(token, deps)
  if (revoked === false) return identity
  return andThen(revoked, (is) => {
    if (is) throw blacklisted(deps.settings)
    return identity
  })
}

const identityOf = <U>(
  user: U,
  { claims, sessionId, scopes, client }: BearerToken,
): Identity<U> => ({ user, scheme: 'bearer', token: claims, sessionId, scopes, client })

/**
 * An application that comes for itself. It has no user, despite the type: only guards with `clients: true` admit it.
 *
 * @throws AuthError `revoked`
 */
function identifyClient<U>(
  token: BearerToken,
  checksRevocation: boolean,
  deps: LibrarySchemeDeps,
): Awaitable<Identity<U>> {
  const identity = identityOf(undefined as U, token)
  return andThen(checksRevocation && isRevoked(token, deps), (is) => {
    if (is) throw blacklisted(deps.settings)
    return identity
  })
}

const isRevoked = (
  { sessionId, clientSessionId, lifetime }: BearerToken,
  { sessions }: LibrarySchemeDeps,
): Awaitable<boolean> => {
  if (sessionId === undefined || sessions === undefined) return false
  const revoked = sessions.isRevoked(sessionId, lifetime)
  if (clientSessionId === undefined) return revoked
  return andThen(revoked, (is) => is || sessions.isRevoked(clientSessionId, lifetime))
}

const blacklisted = (settings: TokenSettings): AuthError =>
  withTokenTypes(new AuthError('revoked'), settings)
