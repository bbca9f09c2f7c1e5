import { AuthError } from '../../base/errors.ts'
import { hasAllScopes } from '../../features/accounts/own-account.ts'
import type { Core } from '../../features/core.ts'
import {
  allowAny,
  isAuthenticated,
  isNotImpersonated,
} from '../../permissions/basic-permissions.ts'
import { allOf } from '../../permissions/compose.ts'
import { denied, granted } from '../../permissions/decision.ts'
import {
  type Permission,
  type Principal,
  signedIn,
} from '../../permissions/permission.ts'
import type { Account, User } from '../../users/user.ts'
import type { DjoserPermission, DjoserSettings } from './options.ts'

/** Grants users access to their own account, and staff to all: Djoser's `CurrentUserOrAdmin`. */
const isSelfOrStaff = signedIn<Permission<User | undefined>>(({ identity, resource }) => {
  if (identity === undefined) return denied('not signed in')
  const { user } = identity
  if (resource === undefined || user.staff || resource.id === user.id) return granted
  return denied('neither the user nor staff')
})

type AnyPermission = Permission<never>

const DEFAULTS: Readonly<Record<DjoserPermission, AnyPermission>> = {
  activation: allowAny,
  passwordReset: allowAny,
  passwordResetConfirm: allowAny,
  setPassword: isSelfOrStaff,
  usernameReset: allowAny,
  usernameResetConfirm: allowAny,
  setUsername: isSelfOrStaff,
  userCreate: allowAny,
  userDelete: isSelfOrStaff,
  user: isSelfOrStaff,
  userList: isSelfOrStaff,
  tokenCreate: allowAny,
  tokenDestroy: isAuthenticated,
}

/** The option `permissions`, or what Djoser has. */
export const permissionFor = (
  name: DjoserPermission,
  { permissions }: DjoserSettings,
): AnyPermission => (permissions[name] as AnyPermission | undefined) ?? DEFAULTS[name]

/** The same without impersonated users and credentials that are limited to scopes. */
export const ownerPermissionFor = (
  name: DjoserPermission,
  settings: DjoserSettings,
): AnyPermission =>
  allOf(permissionFor(name, settings), hasAllScopes, isNotImpersonated) as never

/**
 * The account that a path names, if the client may have it.
 *
 * @param named in the path; `undefined`: the client's own
 * @throws AuthError `not_found`, with `hideUsers` also if it is another's; `permission_denied`
 */
export async function accountAt(
  named: string | undefined,
  permission: AnyPermission,
  principal: Principal,
  { idField, hideUsers }: DjoserSettings,
  { users }: Core,
): Promise<Account> {
  const account =
    named === undefined
      ? await users.read('id', principal.user.id)
      : await users.read(idField, decoded(named))
  if (account === undefined) throw noSuchUser(hideUsers)
  try {
    await principal.authorize(permission as Permission<User>, account.user)
  } catch (error) {
    if (hideUsers && error instanceof AuthError && error.code === 'permission_denied')
      throw noSuchUser(hideUsers)
    throw error
  }
  return account
}

/**
 * Staff could otherwise take over a superuser's account: by changing its address, and resetting the password there.
 *
 * @throws AuthError `permission_denied`
 */
export function requireMayWrite({ user }: Principal, { user: other }: Account): void {
  if (!other.superuser || user.superuser || user.id === other.id) return
  throw new AuthError('permission_denied', 'only superusers may change superusers')
}

/** With `hideUsers` also the answer for a hidden user. */
const noSuchUser = (hideUsers: boolean): AuthError =>
  new AuthError('not_found', 'no such user', {
    ...(!hideUsers && { detail: 'No User matches the given query.' }),
  })

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
