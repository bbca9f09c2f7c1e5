import { seconds } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { type AuthRequest, type Awaitable, isPromise } from '../http/request.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { SessionId } from '../sessions/session.ts'
import { jtiOf, noId, noUserNamed, typeFault, userIdIn } from '../tokens/user-of-token.ts'
import { mayUse, type TokenTerms } from '../tokens/token-settings.ts'
import type { Account, User } from '../users/user.ts'
import { tokenAfter } from './header.ts'
import type { Authentication, AuthenticationWorld, Identity, Scheme } from './scheme.ts'
import { type TokenUser, tokenUser } from './token-user.ts'

/** `Authorization: Bearer <token>` (RFC 6750 §2.1), and the user behind it, read once a request. */
export const bearer =
  (): Scheme<User> =>
  (world): Authentication => ({
    challenge: challengeOf(world),
    identify(request) {
      const claims = claimsIn(request, world)
      if (claims === undefined) return undefined
      return isPromise(claims) ? claims.then((known) => known && principalOf(known, world)) : principalOf(claims, world)
    },
  })

/**
 * The same without a look at the store: the user is what the token says (specification 5.3). That its session has ended is
 * seen in the set of ended sessions, within a second of the end; `revocation: false` leaves even that to expiry, as
 * Simple JWT does (D12).
 */
export const statelessBearer =
  (options: { readonly revocation?: boolean } = {}): Scheme<TokenUser> =>
  (world): Authentication => ({
    challenge: challengeOf(world),
    identify(request) {
      const claims = claimsIn(request, world)
      if (claims === undefined) return undefined
      return isPromise(claims)
        ? claims.then((known) => known && statelessPrincipal(known, options.revocation !== false, world))
        : statelessPrincipal(claims, options.revocation !== false, world)
    },
  })

/** What a challenge of these schemes says: also the token endpoints' own (specification 1). */
export const challengeOf = ({ headerTypes }: Pick<AuthenticationWorld, 'headerTypes'>): string =>
  `${headerTypes[0]} realm="api"`

/** The claims of the token that a request bears. @throws Refusal whose body has one message a token type (5.2) */
function claimsIn(request: AuthRequest, world: AuthenticationWorld): Awaitable<Claims | undefined> {
  const token = tokenAfter(world.headerTypes, request.header(world.headerName))
  if (token === undefined) return undefined
  let claims: Awaitable<Claims>
  try {
    claims = world.verify(token)
  } catch (error) {
    return refuseForEachType(error, world.terms)
  }
  if (!isPromise(claims)) return ofAcceptedType(claims, world)
  return claims.then(
    (known) => ofAcceptedType(known, world),
    (error) => refuseForEachType(error, world.terms),
  )
}

function ofAcceptedType(claims: Claims, { terms }: AuthenticationWorld): Claims {
  if (!Object.hasOwn(claims, terms.jtiClaim)) throw notForAnyType(terms, () => noId())
  const faults: Refusal[] = []
  for (const type of terms.types) {
    const fault = typeFault(claims, type, terms)
    if (fault === undefined) return claims
    faults.push(fault)
  }
  throw notForAnyType(terms, (i) => faults[i]!)
}

function principalOf(claims: Claims, world: AuthenticationWorld): Awaitable<Identity<User>> {
  const { terms } = world
  const id = userIdIn(claims, terms)
  if (id === undefined) throw noUserNamed()
  const account = world.users.find(terms.userIdField, id)
  return isPromise(account)
    ? account.then((found) => identityOf(found, claims, world))
    : identityOf(account, claims, world)
}

function identityOf(
  account: Account | undefined,
  claims: Claims,
  world: AuthenticationWorld,
): Awaitable<Identity<User>> {
  const { terms } = world
  if (account === undefined) throw new Refusal('user_not_found')
  const { user } = account
  if (!mayUse(user, terms)) throw new Refusal('user_inactive', user.active ? 'refused by the rule (D11)' : undefined)
  if (terms.checkRevoke === 'claim' && !world.isRevokeClaimOf(claims[terms.revokeClaimName], account)) {
    throw new Refusal('password_changed')
  }
  const sessionId = sessionIdOf(claims, world)
  const identity = { user, scheme: 'bearer', token: claims, sessionId, scopes: scopesIn(claims) }
  if (sessionId === undefined) return identity
  const ended = hasEnded(claims, sessionId, world)
  if (ended === false) return identity
  return unlessEnded(ended, sessionId, world).then(() => identity)
}

/** @throws Refusal that says why, where a session has ended */
async function unlessEnded(
  ended: Awaitable<boolean>,
  id: SessionId,
  { sessions, terms }: AuthenticationWorld,
): Promise<void> {
  if (!(await ended)) return
  const state = await sessions?.find(id)
  if (terms.checkRevoke === 'session' && state?.session.endReason === 'password') throw new Refusal('password_changed')
  throw blacklisted(terms)
}

function statelessPrincipal(
  claims: Claims,
  revocation: boolean,
  world: AuthenticationWorld,
): Awaitable<Identity<TokenUser>> {
  // Nobody is looked up, so nobody finds out that what is no text names no user.
  if (!userIdIn(claims, world.terms)) throw noUserNamed()
  const sessionId = sessionIdOf(claims, world)
  const principal = {
    user: tokenUser(claims, world.terms),
    scheme: 'bearer',
    token: claims,
    sessionId,
    scopes: scopesIn(claims),
  }
  if (!revocation || sessionId === undefined) return principal
  const ended = hasEnded(claims, sessionId, world)
  if (isPromise(ended)) {
    return ended.then((is) => {
      if (is) throw blacklisted(world.terms)
      return principal
    })
  }
  if (ended) throw blacklisted(world.terms)
  return principal
}

/** The scopes of a token (RFC 8693 §4.2): words with a blank between them. */
const scopesIn = ({ scope }: Claims): readonly string[] =>
  typeof scope === 'string' && scope !== '' ? scope.split(' ') : NONE
const NONE: readonly string[] = []

/** The session that a token belongs to: by its claim, or a foreign sliding token's by its `jti`. */
function sessionIdOf(claims: Claims, { sessions, terms }: AuthenticationWorld): SessionId | undefined {
  if (sessions === undefined) return undefined
  const { sid } = claims
  if (typeof sid === 'string') return sid as SessionId
  const isForeignSliding = terms.adoptForeign && claims[terms.typeClaim] === 'sliding'
  return isForeignSliding ? foreignSessionId(jtiOf(claims, terms)) : undefined
}

/** Whether a token's session has ended, its life taken from what it says (other terms, another issuer). */
const hasEnded = ({ exp, iat }: Claims, id: SessionId, { sessions }: AuthenticationWorld): Awaitable<boolean> =>
  sessions?.hasEnded(id, seconds(Number(exp) - Number(iat))) ?? false

const CLASSES = { access: 'AccessToken', sliding: 'SlidingToken' } as const

/** The body of specification 5.2: one message a token type tried. */
function notForAnyType(terms: TokenTerms, faultOf: (index: number) => Refusal): Refusal {
  const messages = terms.types.map((type, i) => ({
    token_class: CLASSES[type],
    token_type: type,
    message: faultOf(i).detail,
  }))
  const { code, message, cause } = faultOf(0)
  const detail = 'Given token not valid for any token type'
  return new Refusal(code, message, { cause, body: { detail, code: 'token_not_valid', messages } })
}

function refuseForEachType(error: unknown, terms: TokenTerms): never {
  throw error instanceof Refusal && error.status === 401 ? notForAnyType(terms, () => error) : error
}

const blacklisted = (terms: TokenTerms): Refusal => notForAnyType(terms, () => new Refusal('revoked'))
