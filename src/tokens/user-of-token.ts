import { AuthError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import type { Account } from '../users/user.ts'
import type { TokenType } from './claims.ts'
import { isAllowed, type TokenDeps, type TokenSettings } from './token-settings.ts'

/** Spec 1.2, row 15. @throws AuthError `invalid_claim` "Token has no id" */
export function requireJti(
  claims: Claims,
  { jtiClaim }: Pick<TokenSettings, 'jtiClaim'>,
): string {
  const jti = claims[jtiClaim]
  if (jti === undefined) throw noId()
  if (typeof jti !== 'string' || jti === '')
    throw new AuthError('invalid_claim', `${jtiClaim} is no text that names it`)
  return jti
}

export const noId = (): AuthError =>
  new AuthError('invalid_claim', undefined, { detail: 'Token has no id' })

/** Spec 1.2, rows 16 and 17: the fault in a token's type, if there is one. */
export function typeFault(
  claims: Claims,
  type: TokenType,
  { typeClaim }: Pick<TokenSettings, 'typeClaim'>,
): AuthError | undefined {
  if (!Object.hasOwn(claims, typeClaim)) {
    return new AuthError('wrong_type', undefined, { detail: 'Token has no type' })
  }
  return claims[typeClaim] === type ? undefined : new AuthError('wrong_type')
}

/**
 * The user that a token names, as text; `undefined` where it names none (spec 1.3 row 3). Numbers are what Simple JWT
 * before 5.5.1 wrote. Other types name nobody that could be found: `''`, which no user's id is.
 */
export function userIdIn(
  claims: Claims,
  { userIdClaim }: Pick<TokenSettings, 'userIdClaim'>,
): string | undefined {
  const id = Object.hasOwn(claims, userIdClaim) ? claims[userIdClaim] : undefined
  if (id === undefined) return undefined
  if (typeof id === 'string') return id
  return Number.isSafeInteger(id) ? String(id) : ''
}

/**
 * The account behind a token that is to be exchanged: known, allowed by the rule, its password unchanged.
 *
 * @returns `undefined` only where a token without a user is allowed (D13)
 * @throws AuthError `invalid_claim`, `account_gone`, `password_changed`
 */
export async function accountOf(
  claims: Claims,
  deps: TokenDeps,
): Promise<Account | undefined> {
  const { terms, users } = deps
  if (namesNobody(claims, terms)) {
    if (terms.allowUserlessRefresh) return undefined
    throw noUserNamed()
  }
  const account = await users.find(terms.userIdField, userIdIn(claims, terms) ?? '')
  if (!isAllowed(account?.user, terms)) throw new AuthError('account_gone')
  if (account === undefined) return undefined
  if (
    terms.checkRevoke === 'claim' &&
    !deps.isRevokeClaimOf(claims[terms.revokeClaimName], account)
  ) {
    throw passwordChanged()
  }
  return account
}

/** What Simple JWT takes for "no user" (spec 1.3 row 3). */
const namesNobody = (claims: Claims, { userIdClaim }: TokenSettings): boolean => {
  const id = Object.hasOwn(claims, userIdClaim) ? claims[userIdClaim] : undefined
  return id === undefined || id === null || id === '' || id === 0
}

export const noUserNamed = (): AuthError =>
  new AuthError('invalid_claim', undefined, {
    detail: 'Token contained no recognizable user identification',
  })

/** The endpoints' form: no `code` on the wire (spec 1.8, C). */
export const passwordChanged = (): AuthError => {
  const detail = "The user's password has been changed."
  return new AuthError('password_changed', undefined, { body: { detail } })
}
