import type { AuthRequest } from '../http/request.ts'
import { type Decision, denied, granted } from './decision.ts'
import { rule } from './description.ts'
import { naming } from './named-rights.ts'
import { namingScopes } from './named-scopes.ts'
import { type Permission, type PermissionContext, signedIn } from './permission.ts'

type AnyPermission = Permission<unknown, unknown>

/** Grants every request, anonymous ones too. Wrong credentials are still answered with 401. */
export const allowAny: AnyPermission = rule('anybody', '', () => granted)

/** Grants authenticated users. */
export const isAuthenticated = rule(
  'signed in',
  'the request is anonymous',
  signedIn<AnyPermission>(({ identity }) =>
    grantIf(identity !== undefined, 'not signed in'),
  ),
)

/** Grants users with `staff`; superusers need it too (Django REST framework's `IsAdminUser`). */
export const isStaff = rule(
  'staff',
  'the user is not staff',
  signedIn<AnyPermission>(({ identity }) => {
    const user = identity?.user as { readonly staff?: unknown } | undefined
    return grantIf(user?.staff === true, 'not staff')
  }),
)

/** Whether a request's method is safe (RFC 9110 §9.2.1). */
export const isSafe = ({ method }: AuthRequest): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** Grants safe methods: GET, HEAD and OPTIONS. */
export const isReadOnly: AnyPermission = rule(
  'a safe method',
  'the method is none of GET, HEAD and OPTIONS',
  ({ request }: PermissionContext<unknown, unknown>) =>
    grantIf(isSafe(request), `${request.method} is not a safe method`),
)

/** Grants users with a permission string through a role, and superusers: `has('posts.change')`. */
export const has = <const Right extends string>(right: Right) =>
  rule(
    nameOf(right),
    right.startsWith('role:') ? 'the user does not have this role' : 'no role grants it',
    naming(
      [right],
      signedIn<Permission<unknown, unknown, Right>>(({ identity }) =>
        grantIf(identity?.can(right) === true, `does not have "${right}"`),
      ),
    ),
  )

function nameOf(right: string): string {
  if (right.startsWith('role:')) return `role "${right.slice(5)}"`
  return `has "${right}"`
}

/** Grants users with a role: `hasRole('editor')`. Superusers need it too. */
export const hasRole = <const Role extends string>(role: Role) => has(`role:${role}`)

/**
 * Grants credentials with a scope: `hasScope('posts:write')`. Tokens from a password sign-in have none. Tokens of applications pass only
 * guards that name a scope.
 */
export const hasScope = (scope: string) =>
  namingScopes(
    [scope],
    rule(
      `scope "${scope}"`,
      'the credentials lack it',
      signedIn<AnyPermission>(({ identity }) => {
        if (identity?.scopes.includes(scope) === true) return granted
        return denied(`the credentials lack the scope "${scope}"`, {
          as: 'insufficient_scope',
        })
      }),
    ),
  )

/**
 * Grants users who have signed in with the instance itself, and denies tokens of applications:
 * `anyOf(hasScope('posts:read'), isFirstParty)` is for both.
 */
export const isFirstParty = namingScopes(
  [],
  rule(
    'no application',
    'the token belongs to an application',
    signedIn<AnyPermission>(({ identity }) => {
      if (identity === undefined) return denied('not signed in')
      if (identity.client === undefined) return granted
      return denied('the token belongs to an application', { as: 'insufficient_scope' })
    }),
  ),
)

/**
 * Grants users who act for themselves. Denies those as whom another acts (`auth.signIn(user, { actor })`), so that the other cannot
 * change a password, an address or a factor.
 */
export const isNotImpersonated = rule(
  'not impersonated',
  'another user acts as this one',
  signedIn<AnyPermission>(({ identity }) => {
    if (identity === undefined) return denied('not signed in')
    if (identity.actor === undefined) return granted
    return denied(`${identity.actor} acts as the user`, { detail: IMPERSONATED })
  }),
)

const IMPERSONATED = 'Another user who acts as you cannot do this.'

const grantIf = (condition: boolean, reason: string): Decision =>
  condition ? granted : denied(reason)
