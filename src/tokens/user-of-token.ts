import { type Awaitable, andThen } from '../base/awaitable.ts'
import { AuthError } from '../base/errors.ts'
import { ownMember } from '../base/optional.ts'
import { isId } from '../jwt/claims.ts'
import type { Claims } from '../jwt/index.ts'
import type { SessionId } from '../sessions/session.ts'
import type { Account } from '../users/user.ts'
import type { TokenType } from './claims.ts'
import { isPairwise, ownerBySession } from './pairwise.ts'
import {
  isAllowed,
  namesUserByField,
  type TokenDeps,
  type TokenSettings,
} from './token-settings.ts'

/** @throws AuthError `invalid_claim` "Token has no id" */
export function requireJti(
  claims: Claims,
  { jtiClaim }: Pick<TokenSettings, 'jtiClaim'>,
): string {
  const jti = claims[jtiClaim]
  if (jti === undefined) throw noId()
  if (isId(jti)) return jti
  throw new AuthError(
    'invalid_claim',
    `the claim ${jtiClaim} is not a string, is empty, or is too long`,
  )
}

export const noId = (): AuthError =>
  new AuthError('invalid_claim', undefined, { detail: 'Token has no id' })

/** Whether a token's type claim is this type. */
export const hasType = (
  claims: Claims,
  type: TokenType,
  { typeClaim }: Pick<TokenSettings, 'typeClaim'>,
): boolean => Object.hasOwn(claims, typeClaim) && claims[typeClaim] === type

/** The error of a token without a type, or of another one than was expected. */
export function typeError(
  claims: Claims,
  { typeClaim }: Pick<TokenSettings, 'typeClaim'>,
): AuthError {
  if (Object.hasOwn(claims, typeClaim)) return new AuthError('wrong_type')
  return new AuthError('wrong_type', undefined, { detail: 'Token has no type' })
}

/** Whether a token is an application's own, which has no user (RFC 9068 §2.2). */
export const isOfClient = ({ client_id: id, sub }: Claims): boolean =>
  typeof id === 'string' && sub === id

/**
 * Requires that a token is the user's own: what was given to an application is exchanged and checked at the endpoints for applications.
 *
 * @throws AuthError `wrong_type`
 */
export function refuseApplications(claims: Claims): void {
  if (Object.hasOwn(claims, 'client_id'))
    throw new AuthError('wrong_type', 'the token was issued to an application')
}

/** @returns the error if a token has no type, or another one */
export function typeFault(
  claims: Claims,
  type: TokenType,
  settings: Pick<TokenSettings, 'typeClaim'>,
): AuthError | undefined {
  if (hasType(claims, type, settings)) return undefined
  return typeError(claims, settings)
}

/**
 * The user id claim as a string. Simple JWT before 5.5.1 wrote numbers.
 *
 * @returns `undefined` if the claim is absent, or the token is pairwise; `''`, which is no user's id, if it has another type
 */
export function userIdIn(
  claims: Claims,
  { userIdClaim }: Pick<TokenSettings, 'userIdClaim'>,
): string | undefined {
  // The claim may be `sub`, which is no user id then.
  if (isPairwise(claims)) return undefined
  const id = ownMember(claims, userIdClaim)
  if (id === undefined || typeof id === 'string') return id
  if (Number.isSafeInteger(id)) return String(id)
  return ''
}

/**
 * The account of a token to be exchanged: it exists, may sign in, and its password has not changed.
 *
 * @returns `undefined` only if tokens without a user are allowed (D13)
 * @throws AuthError `invalid_claim`, `account_gone`, `password_changed`
 */
export async function accountOf(
  claims: Claims,
  deps: TokenDeps,
): Promise<Account | undefined> {
  const { settings } = deps
  if (isPairwise(claims)) return accountBySession(claims, deps)
  if (hasNoUser(claims, settings)) {
    if (settings.allowUserlessRefresh) return undefined
    throw noUserNamed()
  }
  const account = await findNamedAccount(claims, deps)
  if (!isAllowed(account?.user, settings)) throw new AuthError('account_gone')
  if (account === undefined) return undefined
  if (
    settings.checkRevoke === 'claim' &&
    !deps.isRevokeClaimOf(claims[settings.revokeClaimName], account)
  ) {
    throw passwordChanged()
  }
  return account
}

/** The same for a pairwise token: the epoch of its session replaces the revoke claim, which would be the same for all applications. */
async function accountBySession(claims: Claims, deps: TokenDeps): Promise<Account> {
  const { settings, users } = deps
  const owner = await ownerBySession(claims, deps)
  const account = owner && (await users.find('id', owner.userId))
  if (account === undefined || !isAllowed(account.user, settings))
    throw new AuthError('account_gone')
  if (settings.checkRevoke === 'claim' && owner?.epoch !== account.user.epoch)
    throw passwordChanged()
  return account
}

/**
 * The account that a token names. If it is named by its username or email, that must still be the one of the user to whom
 * the token was issued: another user may have it now.
 */
export function findNamedAccount(
  claims: Claims,
  deps: Pick<TokenDeps, 'settings' | 'users' | 'sessions'>,
  id = userIdIn(claims, deps.settings) ?? '',
): Awaitable<Account | undefined> {
  const { settings, users } = deps
  const named = users.find(settings.userIdField, id)
  if (!namesUserByField(settings)) return named
  return andThen(named, (account) =>
    andThen(ownerOf(claims, deps), (owner) =>
      owner === undefined || owner === account?.user.id ? account : undefined,
    ),
  )
}

/**
 * The id of the user to whom a token was issued; of a token without `ww_uid`, as release 0.1.0 issued them, that of its session.
 *
 * @returns `undefined` if another issuer signed the token, and nothing but the name is known
 */
function ownerOf(
  { ww_uid: uid, sid }: Claims,
  { sessions }: Pick<TokenDeps, 'sessions'>,
): Awaitable<string | undefined> {
  if (typeof uid === 'string') return uid
  if (typeof sid !== 'string') return undefined
  // Of a session that has no row any more, nothing is known: it has no user.
  return sessions?.find(sid as SessionId).then((state) => state?.session.userId ?? '')
}

/** The id of a token's user, as the token or its session names it. */
export async function userIdOf(
  claims: Claims,
  deps: Pick<TokenDeps, 'settings' | 'sessions'>,
): Promise<string | undefined> {
  const owner = namesUserByField(deps.settings) ? await ownerOf(claims, deps) : undefined
  return owner ?? userIdIn(claims, deps.settings)
}

/** Simple JWT treats falsy ids as no user. */
const hasNoUser = (claims: Claims, { userIdClaim }: TokenSettings): boolean => {
  if (!Object.hasOwn(claims, userIdClaim)) return true
  const id = claims[userIdClaim]
  return id === undefined || id === null || id === '' || id === 0
}

export const noUserNamed = (): AuthError =>
  new AuthError('invalid_claim', undefined, {
    detail: 'Token contained no recognizable user identification',
  })

/** The error of the token endpoints, whose body has no `code`. */
export const passwordChanged = (): AuthError => {
  const detail = "The user's password has been changed."
  return new AuthError('password_changed', undefined, { body: { detail } })
}
