import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import { isStorable } from '../../base/storable.ts'
import type { Account } from '../../users/user.ts'
import type { UserField, Users } from '../../users/users.ts'
import { AccountCache, invalidatingWrite } from '../account-cache.ts'
import { accountOf, type UserRow } from '../user-rows.ts'
import type { Connection } from './connection.ts'

/**
 * For how long the last answer of SQLite, that nothing was committed, is trusted. Asking takes as long as the rest of a check; a
 * request that follows a change by another process takes longer than this to arrive.
 */
const TRUST = milliseconds(1)

const NEVER = milliseconds(Number.NEGATIVE_INFINITY)

/**
 * Users cached until any connection commits: a change through this store counts at once, one by another process a millisecond
 * later.
 *
 * @param reading the reading connection, once it is open; without one, as in memory, nothing is cached
 */
export function cachedUsers(users: Users, reading: () => Connection | undefined): Users {
  const cache = new CommittedAccounts()
  const invalidate = (): void => cache.clear()

  return {
    ...users,
    insert: invalidatingWrite(users.insert, invalidate),
    insertWithId: invalidatingWrite(users.insertWithId, invalidate),
    insertAll: invalidatingWrite(users.insertAll, invalidate),
    change: invalidatingWrite(users.change, invalidate),
    verify: invalidatingWrite(users.verify, invalidate),
    setPassword: invalidatingWrite(users.setPassword, invalidate),
    upgradeHash: invalidatingWrite(users.upgradeHash, invalidate),
    delete: invalidatingWrite(users.delete, invalidate),
    find(field, value) {
      const connection = reading()
      if (connection === undefined || !isStorable(value)) return users.find(field, value)
      try {
        if (!cache.isCurrent(connection)) return users.find(field, value)
        const account = cache.find(field, value) ?? cache.read(field, value, connection)
        // The address may be written in another letter case: the port finds it.
        if (account === undefined && field === 'email') return users.find(field, value)
        return account
      } catch {
        // SQLite is busy or out of order: the port waits, or throws the error that says which.
        return users.find(field, value)
      }
    },
    version() {
      const connection = reading()
      if (connection === undefined) return undefined
      try {
        if (!cache.isCurrent(connection)) return undefined
        return cache.invalidations
      } catch {
        return undefined
      }
    },
  }
}

/**
 * Accounts as of the last commit. The reading connection writes nothing, so that every commit is another connection's to it,
 * also one of this process. Between the check and a read there is no turn of the event loop; what another process commits just
 * then changes the next check.
 */
class CommittedAccounts {
  readonly #accounts = new AccountCache()
  #version: number | undefined
  #checkedAt: Milliseconds = NEVER

  clear(): void {
    this.#checkedAt = NEVER
    this.#accounts.clear()
  }

  /** Drops the accounts if something was committed. @returns `false` if SQLite cannot say */
  isCurrent(connection: Connection): boolean {
    const now = monotonicClock()
    if (now - this.#checkedAt < TRUST) return true
    const version = connection.othersVersion()
    if (version !== this.#version) this.clear()
    this.#version = version
    if (version === undefined) return false
    this.#checkedAt = now
    return true
  }

  get invalidations(): number {
    return this.#accounts.invalidations
  }

  find(field: UserField, value: string): Account | undefined {
    return this.#accounts.find(field, value)
  }

  /** @throws what SQLite throws, also that it is busy */
  read(field: UserField, value: string, connection: Connection): Account | undefined {
    const query = { sql: SELECT[field], parameters: [value] }
    const [row] = connection.run<UserRow>(query).rows
    return row && this.#accounts.add(accountOf(row))
  }
}

const select = (field: UserField): string => `select * from users where ${field} = ?`
const SELECT = {
  id: select('id'),
  username: select('username'),
  email: select('email'),
  phone: select('phone'),
}
