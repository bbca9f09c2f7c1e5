import type { UserId } from '../../users/user.ts'
import type { Users } from '../../users/users.ts'
import type { AccountCache } from '../account-cache.ts'

/**
 * Users cached until their change is notified: a change through this store counts at once, one of another's within
 * a second.
 *
 * @param isCurrent whether all changes by others are notified; while they are not, every read goes to the database
 */
export function cachedUsers(
  users: Users,
  accounts: AccountCache,
  isCurrent: () => boolean,
): Users {
  /** A caller that has written reads its own write. */
  const forgetting =
    <Told extends readonly unknown[], Answer>(
      write: (id: UserId, ...told: Told) => Promise<Answer>,
    ) =>
    (id: UserId, ...told: Told): Promise<Answer> =>
      write(id, ...told).finally(() => accounts.forget(id))

  return {
    ...users,
    change: forgetting(users.change),
    setPassword: forgetting(users.setPassword),
    upgradeHash: forgetting(users.upgradeHash),
    delete: forgetting(users.delete),
    find(field, value) {
      if (!isCurrent()) return users.find(field, value)
      return accounts.find(field, value) ?? read()

      async function read() {
        const before = accounts.forgettings
        const account = await users.find(field, value)
        // A change notified during the read may be newer than what was read.
        if (account === undefined || before !== accounts.forgettings || !isCurrent())
          return account
        return accounts.keep(account)
      }
    },
  }
}
