import { ownMember } from '../../base/optional.ts'
import { rightsOf } from '../../permissions/rights.ts'
import type { StoredUser } from '../../users/user.ts'
import type { StaffVisit } from './pages/staff-visit.ts'
import { consoleStore } from './store.ts'

/** Whether the visitor may change this user. Only superusers change staff, so that no visitor can raise their own rights. */
export const mayChange = (user: StoredUser, { visitor, can }: StaffVisit): boolean =>
  can('watchword.change') && (visitor.user.superuser || !(user.staff || user.superuser))

/** Whether the visitor may act as this user, who must not have more rights than the visitor. */
export const mayImpersonate = (user: StoredUser, visit: StaffVisit): boolean =>
  visit.can('watchword.impersonate') &&
  user.active &&
  user.id !== visit.visitor.user.id &&
  !user.superuser &&
  (visit.visitor.user.superuser || !user.staff) &&
  hasRightsOf(user, visit)

/**
 * Whether the visitor may change the credentials and addresses of this user. Otherwise a visitor could set the password of a user with
 * more rights, and sign in as that user.
 */
export const mayTakeOver = (user: StoredUser, visit: StaffVisit): boolean =>
  mayChange(user, visit) && hasRightsOf(user, visit)

/** Whether the visitor has each permission that the roles of a user give. */
const hasRightsOf = (user: StoredUser, visit: StaffVisit): boolean =>
  user.roles.every((role) => mayGive(role, visit))

/** Whether the visitor may give or take a role: only if the visitor has all its permissions. */
export function mayGive(role: string, { visitor, core }: StaffVisit): boolean {
  if (visitor.user.superuser) return true
  const strings = ownMember(core.roles, role) ?? []
  const has = rightsOf(core.roles)
  return strings.every((right) => right !== '*' && has(visitor.user, right, []))
}

/** Whether the visitor may revoke sessions and API tokens of these users, by their ids: for the buttons of a list. */
export async function revocableOf(
  ids: readonly (string | undefined)[],
  { visitor, can, core }: StaffVisit,
): Promise<(id: string | undefined) => boolean> {
  if (!can('watchword.change')) return () => false
  if (visitor.user.superuser) return () => true
  const others = new Set(ids.flatMap((id) => id ?? []))
  others.delete(visitor.user.id)
  const staff = await core.ports(consoleStore).console.findStaff([...others])
  return (id) => id === undefined || !staff.has(id)
}

/** Whether the visitor may revoke sessions and API tokens of this user: those of a user who was deleted, too. */
export const mayRevoke = (user: StoredUser | undefined, visit: StaffVisit): boolean => {
  if (user === undefined) return visit.can('watchword.change')
  return user.id === visit.visitor.user.id || mayChange(user, visit)
}
