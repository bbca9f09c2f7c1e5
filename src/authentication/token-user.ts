import type { Claims } from '../jwt/index.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'

/**
 * A user as a token tells of them, without a look at the store (specification 5.3). What it says of staff and superuser
 * was true when the token was signed.
 */
export interface TokenUser {
  /** The user id claim as it stands: text, or a number that an older issuer wrote. */
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

/** A user of the store has no claims. */
export const isTokenUser = (user: unknown): user is TokenUser =>
  typeof user === 'object' && user !== null && 'claims' in user
