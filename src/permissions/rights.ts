import { isTokenUser } from '../authentication/token-user.ts'

/** Roles and the permission strings of each; `*` stands for all. */
export type Roles = Readonly<Record<string, readonly string[]>>

/** What the permissions of an instance may name: the permission strings of its roles, and `role:` before each role. */
export type RightsOf<R extends Roles> = string extends keyof R
  ? string
  : ListedRight<R[keyof R][number]> | `role:${keyof R & string}`

/** If the roles hold nothing but `*`, no permission string is listed, and any may be named. */
type ListedRight<P extends string> = [P] extends ['*'] ? string : Exclude<P, '*'>

/**
 * Whether a user has a permission string, or a role after `role:`.
 *
 * @param scopes of the credentials; empty: they are not limited
 */
export type Rights = (user: unknown, right: string, scopes: readonly string[]) => boolean

const ROLE = 'role:'

/**
 * Rights through roles. Inactive users and users known from a token alone have none, even if the token names some. Superusers
 * have every permission string, but only the roles that they were given; through credentials with scopes, only the permission
 * strings that the scopes name or their roles grant.
 */
export function rightsOf(roles: Roles): Rights {
  const stringsByRole = new Map<unknown, ReadonlySet<string>>(
    Object.entries(roles).map(([role, strings]) => [role, new Set(strings)]),
  )
  const grants = (role: unknown, right: string): boolean => {
    const strings = stringsByRole.get(role)
    return strings !== undefined && (strings.has(right) || strings.has('*'))
  }
  return (user, right, scopes) => {
    if (typeof user !== 'object' || user === null || isTokenUser(user)) return false
    const { active, superuser, roles: given } = user as RightsFields
    if (active === false) return false
    const userRoles: readonly unknown[] = Array.isArray(given) ? given : []
    if (right.startsWith(ROLE)) return userRoles.includes(right.slice(ROLE.length))
    const isUnlimited = scopes.length === 0 || scopes.includes(right)
    return (
      (superuser === true && isUnlimited) || userRoles.some((role) => grants(role, right))
    )
  }
}

/** The fields that rights depend on. Users of a custom scheme may lack them. */
interface RightsFields {
  readonly active?: unknown
  readonly superuser?: unknown
  readonly roles?: unknown
}
