import type { User } from '../../users/user.ts'

type Claims = Readonly<Record<string, unknown>>

interface UserClaim {
  /** The scope that has it (OpenID Connect Core 1.0 §5.4). */
  readonly scope: string
  /** `undefined` if the user has none. */
  readonly valueOf: (user: User) => unknown
}

/** The claims about a user, by their names. */
const USER_CLAIMS: Readonly<Record<string, UserClaim>> = {
  preferred_username: { scope: 'profile', valueOf: ({ username }) => username },
  email: { scope: 'email', valueOf: ({ email }) => email },
  email_verified: {
    scope: 'email',
    valueOf: ({ email, emailVerifiedAt }) =>
      email === undefined ? undefined : emailVerifiedAt !== undefined,
  },
  phone_number: { scope: 'phone', valueOf: ({ phone }) => phone },
  phone_number_verified: {
    scope: 'phone',
    valueOf: ({ phone, phoneVerifiedAt }) =>
      phone === undefined ? undefined : phoneVerifiedAt !== undefined,
  },
}

export const USER_CLAIM_NAMES: readonly string[] = Object.keys(USER_CLAIMS)

/** The scope that has a claim; `undefined` for other names. */
export const scopeOfClaim = (name: string): string | undefined =>
  Object.hasOwn(USER_CLAIMS, name) ? USER_CLAIMS[name]?.scope : undefined

/** The names of the claims that scopes have. */
export const claimsOfScopes = (scopes: readonly string[]): readonly string[] =>
  Object.entries(USER_CLAIMS)
    .filter(([, { scope }]) => scopes.includes(scope))
    .map(([name]) => name)

/** Claims by their names. Those that the user does not have are left out. */
export function userClaims(user: User, names: readonly string[]): Claims {
  const found = USER_CLAIM_NAMES.filter((name) => names.includes(name)).map(
    (name) => [name, USER_CLAIMS[name]?.valueOf(user)] as const,
  )
  return Object.fromEntries(found.filter(([, value]) => value !== undefined))
}
