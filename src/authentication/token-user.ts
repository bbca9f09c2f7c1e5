import type { Claims } from '../jwt/index.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'

/**
 * A user as a token describes it, without reading the store. `staff` and `superuser` are as of the token's issue.
 */
export interface TokenUser {
  /**
   * The user id claim, unchanged: a string, or a number from an older issuer. If `tokens.userIdField` is a field that can change, another
   * user may have it by now: `claims.ww_uid` is the id that never changes. Of a token of a pairwise application, the id of the user of its
   * session.
   */
  readonly id: unknown
  readonly username: string
  readonly active: true
  readonly staff: unknown
  readonly superuser: unknown
  readonly claims: Claims
}

export const tokenUser = (
  claims: Claims,
  { userIdClaim }: Pick<TokenSettings, 'userIdClaim'>,
): TokenUser => ({
  id: claims[userIdClaim],
  username: typeof claims.username === 'string' ? claims.username : '',
  active: true,
  staff: claims.is_staff ?? false,
  superuser: claims.is_superuser ?? false,
  claims,
})

/** Users of the store have no `claims`. */
export const isTokenUser = (user: unknown): user is TokenUser =>
  typeof user === 'object' && user !== null && 'claims' in user
