import { type Awaitable, isPromise } from '../base/awaitable.ts'
import { seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { SessionId } from '../sessions/session.ts'
import { mayUse, type TokenSettings } from '../tokens/token-settings.ts'
import {
  noId,
  noUserNamed,
  requireJti,
  typeFault,
  userIdIn,
} from '../tokens/user-of-token.ts'
import type { Account, User } from '../users/user.ts'
import { credentialsAfter } from './header.ts'
import type { Authentication, Identity, Scheme, SchemeDeps } from './scheme.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** `Authorization: Bearer <token>` (RFC 6750 §2.1), and the user behind it, read once a request. */
export const bearer =
  (): Scheme<User> =>
  (deps): Authentication => ({
    challenge: challengeOf(deps),
    identify(request) {
      const claims = claimsIn(request, deps)
      if (claims === undefined) return undefined
      return isPromise(claims)
        ? claims.then((known) => known && principalOf(known, deps))
        : principalOf(claims, deps)
    },
  })

/**
 * The same without a look at the store: the user is what the token says (specification 5.3). That its session has ended is
 * seen in the set of ended sessions, within a second of the end; `revocation: false` leaves even that to expiry, as
 * Simple JWT does (D12).
 */
export const statelessBearer =
  (options: { readonly revocation?: boolean } = {}): Scheme<TokenUser> =>
  (deps): Authentication => ({
    challenge: challengeOf(deps),
    identify(request) {
      const claims = claimsIn(request, deps)
      if (claims === undefined) return undefined
      return isPromise(claims)
        ? claims.then(
            (known) =>
              known && statelessPrincipal(known, options.revocation !== false, deps),
          )
        : statelessPrincipal(claims, options.revocation !== false, deps)
    },
  })

/** What a challenge of these schemes says: also the token endpoints' own (specification 1). */
export const challengeOf = ({ headerTypes }: Pick<SchemeDeps, 'headerTypes'>): string =>
  `${headerTypes[0]} realm="api"`

/** The claims of the token that a request bears. @throws AuthError whose body has one message a token type (5.2) */
function claimsIn(request: AuthRequest, deps: SchemeDeps): Awaitable<Claims | undefined> {
  const token = credentialsAfter(deps.headerTypes, request.header(deps.headerName))
  if (token === undefined) return undefined
  let claims: Awaitable<Claims>
  try {
    claims = deps.verify(token)
  } catch (error) {
    return refuseForEachType(error, deps.terms)
  }
  if (!isPromise(claims)) return ofAcceptedType(claims, deps)
  return claims.then(
    (known) => ofAcceptedType(known, deps),
    (error) => refuseForEachType(error, deps.terms),
  )
}

function ofAcceptedType(claims: Claims, { terms }: SchemeDeps): Claims {
  if (!Object.hasOwn(claims, terms.jtiClaim)) throw notForAnyType(terms, () => noId())
  const faults: AuthError[] = []
  for (const type of terms.types) {
    const fault = typeFault(claims, type, terms)
    if (fault === undefined) return claims
    faults.push(fault)
  }
  throw notForAnyType(terms, (i) => faults[i]!)
}

function principalOf(claims: Claims, deps: SchemeDeps): Awaitable<Identity<User>> {
  const { terms } = deps
  const id = userIdIn(claims, terms)
  if (id === undefined) throw noUserNamed()
  const account = deps.users.find(terms.userIdField, id)
  return isPromise(account)
    ? account.then((found) => identityOf(found, claims, deps))
    : identityOf(account, claims, deps)
}

function identityOf(
  account: Account | undefined,
  claims: Claims,
  deps: SchemeDeps,
): Awaitable<Identity<User>> {
  const { terms } = deps
  if (account === undefined) throw new AuthError('user_not_found')
  const { user } = account
  if (!mayUse(user, terms))
    throw new AuthError(
      'user_inactive',
      user.active ? 'refused by the rule (D11)' : undefined,
    )
  if (
    terms.checkRevoke === 'claim' &&
    !deps.isRevokeClaimOf(claims[terms.revokeClaimName], account)
  ) {
    throw new AuthError('password_changed')
  }
  const sessionId = sessionIdOf(claims, deps)
  const identity = {
    user,
    scheme: 'bearer',
    token: claims,
    sessionId,
    scopes: scopesIn(claims),
  }
  if (sessionId === undefined) return identity
  const ended = hasEnded(claims, sessionId, deps)
  if (ended === false) return identity
  return unlessEnded(ended, sessionId, deps).then(() => identity)
}

/** @throws AuthError that says why, where a session has ended */
async function unlessEnded(
  ended: Awaitable<boolean>,
  id: SessionId,
  { sessions, terms }: SchemeDeps,
): Promise<void> {
  if (!(await ended)) return
  const state = await sessions?.find(id)
  if (terms.checkRevoke === 'session' && state?.session.endReason === 'password')
    throw new AuthError('password_changed')
  throw blacklisted(terms)
}

function statelessPrincipal(
  claims: Claims,
  revocation: boolean,
  deps: SchemeDeps,
): Awaitable<Identity<TokenUser>> {
  // Nobody is looked up, so nobody finds out that what is no text names no user.
  if (!userIdIn(claims, deps.terms)) throw noUserNamed()
  const sessionId = sessionIdOf(claims, deps)
  const principal = {
    user: tokenUser(claims, deps.terms),
    scheme: 'bearer',
    token: claims,
    sessionId,
    scopes: scopesIn(claims),
  }
  if (!revocation || sessionId === undefined) return principal
  const ended = hasEnded(claims, sessionId, deps)
  if (isPromise(ended)) {
    return ended.then((is) => {
      if (is) throw blacklisted(deps.terms)
      return principal
    })
  }
  if (ended) throw blacklisted(deps.terms)
  return principal
}

/** The scopes of a token (RFC 8693 §4.2): words with a blank between them. */
const scopesIn = ({ scope }: Claims): readonly string[] =>
  typeof scope === 'string' && scope !== '' ? scope.split(' ') : NONE
const NONE: readonly string[] = []

/** The session that a token belongs to: by its claim, or a foreign sliding token's by its `jti`. */
function sessionIdOf(
  claims: Claims,
  { sessions, terms }: SchemeDeps,
): SessionId | undefined {
  if (sessions === undefined) return undefined
  const { sid } = claims
  if (typeof sid === 'string') return sid as SessionId
  const isForeignSliding = terms.adoptForeign && claims[terms.typeClaim] === 'sliding'
  return isForeignSliding ? foreignSessionId(requireJti(claims, terms)) : undefined
}

/** Whether a token's session has ended, its life taken from what it says (other terms, another issuer). */
const hasEnded = (
  { exp, iat }: Claims,
  id: SessionId,
  { sessions }: SchemeDeps,
): Awaitable<boolean> =>
  sessions?.isRevoked(id, seconds(Number(exp) - Number(iat))) ?? false

const CLASSES = { access: 'AccessToken', sliding: 'SlidingToken' } as const

/** The body of specification 5.2: one message a token type tried. */
function notForAnyType(
  terms: TokenSettings,
  faultOf: (index: number) => AuthError,
): AuthError {
  const messages = terms.types.map((type, i) => ({
    token_class: CLASSES[type],
    token_type: type,
    message: faultOf(i).detail,
  }))
  const { code, message, cause } = faultOf(0)
  const detail = 'Given token not valid for any token type'
  return new AuthError(code, message, {
    cause,
    body: { detail, code: 'token_not_valid', messages },
  })
}

function refuseForEachType(error: unknown, terms: TokenSettings): never {
  throw error instanceof AuthError && error.status === 401
    ? notForAnyType(terms, () => error)
    : error
}

const blacklisted = (terms: TokenSettings): AuthError =>
  notForAnyType(terms, () => new AuthError('revoked'))
