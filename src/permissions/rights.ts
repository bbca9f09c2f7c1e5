import { isTokenUser } from '../authentication/token-user.ts'

/** Roles and the permission strings of each; `*` stands for all. */
export type Roles = Readonly<Record<string, readonly string[]>>

/** What the permissions of an instance may name: the permission strings of its roles, and `role:` before their names. */
export type RightsOf<R extends Roles> = string extends keyof R
  ? string
  : Named<R[keyof R][number]> | `role:${keyof R & string}`

/** Where a role says `*` alone, its instance's permission strings are told nowhere. */
type Named<P extends string> = [P] extends ['*'] ? string : Exclude<P, '*'>

/** Whether a user has a permission string, or a role after `role:`. */
export type Rights = (user: unknown, right: string) => boolean

const ROLE = 'role:'

/**
 * Rights by role. Whoever is known from a token alone has none, whatever it says (specification 5.3); a superuser has every
 * permission string, and the roles that were given.
 */
export function rightsOf(roles: Roles): Rights {
  const byRole = new Map(
    Object.entries(roles).map(([role, strings]) => [role, new Set(strings)]),
  )
  return (user, right) => {
    if (typeof user !== 'object' || user === null || isTokenUser(user)) return false
    const { active, superuser, roles: has } = user as Standing
    if (active === false) return false
    const names = Array.isArray(has) ? (has as readonly unknown[]) : []
    if (right.startsWith(ROLE)) return names.includes(right.slice(ROLE.length))
    if (superuser === true) return true
    return names.some((name) => {
      const strings = byRole.get(name as string)
      return strings !== undefined && (strings.has(right) || strings.has('*'))
    })
  }
}

/** What is looked at in a user, of whatever kind a scheme's users are. */
interface Standing {
  readonly active?: unknown
  readonly superuser?: unknown
  readonly roles?: unknown
}
