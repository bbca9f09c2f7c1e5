import { fieldError, LAST_SUPERUSER } from '../users/field-errors.ts'
import type { UserId } from '../users/user.ts'
import type { UserChange, Users } from '../users/users.ts'

/** Whether a change may leave no active superuser. */
export const removesSuperuser = ({
  active,
  superuser,
}: Pick<UserChange, 'active' | 'superuser'>): boolean =>
  active === false || superuser === false

/** Says why nothing was written. @throws AuthError `invalid` if the user is the last active superuser */
export async function refuseLastSuperuser(
  id: UserId,
  { users }: { readonly users: Users },
): Promise<void> {
  const found = await users.read('id', id)
  if (found === undefined || !found.user.superuser || !found.user.active) return
  if (await users.hasOtherSuperuser(id)) return
  throw fieldError({ superuser: [LAST_SUPERUSER] })
}
