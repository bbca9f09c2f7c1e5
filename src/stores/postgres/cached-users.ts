import type { Account, UserId } from '../../users/user.ts'
import type { UserField, Users } from '../../users/users.ts'
import { type AccountCache, invalidatingWrite } from '../account-cache.ts'

/**
 * Users cached until their change is notified: a change through this store counts at once, one by another process
 * within a second.
 *
 * @param isCurrent whether all changes by others are notified; while they are not, every read goes to the database
 */
export function cachedUsers(
  users: Users,
  accounts: AccountCache,
  isCurrent: () => boolean,
): Users {
  const invalidate = (id: UserId): void => accounts.invalidate(id)

  const read = async (field: UserField, value: string): Promise<Account | undefined> => {
    const before = accounts.invalidations
    const account = await users.find(field, value)
    // A change notified during the read may be newer than what was read.
    const isOutdated = before !== accounts.invalidations || !isCurrent()
    if (account === undefined || isOutdated) return account
    return accounts.add(account)
  }

  return {
    ...users,
    change: invalidatingWrite(users.change, invalidate),
    verify: invalidatingWrite(users.verify, invalidate),
    setPassword: invalidatingWrite(users.setPassword, invalidate),
    upgradeHash: invalidatingWrite(users.upgradeHash, invalidate),
    delete: invalidatingWrite(users.delete, invalidate),
    find(field, value) {
      if (!isCurrent()) return users.find(field, value)
      return accounts.find(field, value) ?? read(field, value)
    },
    version: () => (isCurrent() ? accounts.invalidations : undefined),
  }
}
