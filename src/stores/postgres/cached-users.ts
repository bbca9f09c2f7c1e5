import type { UserId } from '../../users/user.ts'
import type { Users } from '../../users/users.ts'
import type { AccountCache } from '../account-cache.ts'

/**
 * Users that are remembered until their change is told of: a change through this store counts at once, one of another's within
 * a second.
 *
 * @param isCurrent whether all changes of others are told of; while they are not, each question is asked
 */
export function cachedUsers(
  users: Users,
  accounts: AccountCache,
  isCurrent: () => boolean,
): Users {
  /** Whoever is told that something was written finds it. */
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
        // What was told of on the way may be what was read too early.
        if (account === undefined || before !== accounts.forgettings || !isCurrent())
          return account
        return accounts.keep(account)
      }
    },
  }
}
