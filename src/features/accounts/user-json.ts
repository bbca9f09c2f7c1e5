import type { StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'

/** A user as their own client sees it: the fields of the option `user` stand beside those of the library. */
export const userJson = (
  user: StoredUser,
  { userFields }: Pick<Core, 'userFields'>,
): object => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  email_verified: user.emailVerifiedAt !== undefined,
  phone: user.phone ?? null,
  phone_verified: user.phoneVerifiedAt !== undefined,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: isoOf(user.joinedAt),
  ...Object.fromEntries(
    Object.keys(userFields).map((name) => [name, user.attributes[name] ?? null]),
  ),
})

/** A moment as ISO 8601 writes it. */
export const isoOf = (moment: number): string =>
  new Date(Math.floor(moment) * 1000).toISOString()
