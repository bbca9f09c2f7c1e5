import type { AuthRequest } from '../http/request.ts'
import { type Decision, denied, granted } from './decision.ts'
import { type Permission, signedIn } from './permission.ts'

type Anybody = Permission<unknown, unknown>

/** Grants whoever asks; credentials that are wrong are refused all the same. */
export const allowAny: Anybody = () => granted

/** Grants whoever has signed in. */
export const isAuthenticated = signedIn<Anybody>(({ identity }) =>
  grantIf(identity !== undefined, 'not signed in'),
)

/** Grants staff. A superuser who is not staff is not (`IsAdminUser`). */
export const isStaff = signedIn<Anybody>(({ identity }) =>
  grantIf(
    (identity?.user as { staff?: unknown } | undefined)?.staff === true,
    'not staff',
  ),
)

/** A request that changes nothing (RFC 9110 §9.2.1). */
export const isSafe = ({ method }: AuthRequest): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** Grants requests that change nothing: GET, HEAD and OPTIONS. */
export const isReadOnly: Anybody = ({ request }) =>
  grantIf(isSafe(request), `${request.method} changes things`)

/** Grants who has a permission string through a role, and superusers: `has('posts.change')`. */
export const has = <const Right extends string>(right: Right) =>
  signedIn<Permission<unknown, unknown, Right>>(({ identity }) =>
    grantIf(identity?.can(right) === true, `has not "${right}"`),
  )

/** Grants who was given a role: `hasRole('editor')`. */
export const hasRole = <const Role extends string>(role: Role) => has(`role:${role}`)

/** Grants whose token is for a scope: `hasScope('posts:write')`. Signing in with a password is for none. */
export const hasScope = (scope: string) =>
  signedIn<Anybody>(({ identity }) =>
    grantIf(
      identity?.scopes.includes(scope) === true,
      `the credentials are not for the scope "${scope}"`,
    ),
  )

const grantIf = (yes: boolean, because: string): Decision =>
  yes ? granted : denied(because)
