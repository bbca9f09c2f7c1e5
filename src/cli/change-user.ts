import { assertFound } from '../command/errors.ts'
import { quoted } from '../command/format.ts'
import type { Admin } from '../instance/admin.ts'
import type { User } from '../users/user.ts'

/** @throws CommandError if the user was deleted meanwhile */
export async function changeUser(
  { users }: Pick<Admin, 'users'>,
  { id, username }: User,
  change: Parameters<Admin['users']['change']>[1],
  options: Parameters<Admin['users']['change']>[2] = {},
): Promise<User> {
  const changed = await users.change(id, change, options)
  assertFound(changed, deletedMeanwhile(username))
  return changed
}

/** For commands that may remove the last active superuser. */
export const FORCE = {
  force: {
    type: 'boolean',
    help: 'allows the change for the last active superuser, too',
  },
} as const

export const deletedMeanwhile = (username: string): string =>
  `The user ${quoted(username)} was deleted by another process; nothing was changed.`
