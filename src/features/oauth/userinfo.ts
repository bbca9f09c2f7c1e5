import type { Principal } from '../../permissions/permission.ts'
import { isPairwise } from '../../tokens/pairwise.ts'
import { claimsOfScopes, userClaims } from './user-claims.ts'

/**
 * What an application learns of the user: by its scopes (OpenID Connect Core 1.0 §5.3), and by the parameter `claims` of its request
 * (§5.5), which the token has.
 */
export function userInfoOf({
  user,
  scopes,
  token,
}: Pick<Principal, 'user' | 'scopes' | 'token'>): object {
  const asked = (token?.userinfo_claims ?? []) as readonly string[]
  const sub = token !== undefined && isPairwise(token) ? token.sub : user.id
  return { sub, ...userClaims(user, [...claimsOfScopes(scopes), ...asked]) }
}
