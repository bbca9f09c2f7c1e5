import type { Account } from '../../users/user.ts'
import type { UserField, Users } from '../../users/users.ts'
import { AccountCache } from '../account-cache.ts'
import { accountOf, type UserRow } from '../users.ts'
import type { Connection } from './connection.ts'

/**
 * Milliseconds for which an answer of SQLite's that nothing was committed is taken for good. Asking takes as long as all the rest
 * of a check; a request that follows a change by another process takes longer than this to arrive.
 */
const LOOK = 1

/**
 * Users cached until any connection commits: a change through this store counts at once, one that another
 * process made a millisecond later.
 *
 * The reading connection writes nothing, so that every commit is another's to it: this process's, too. Between the question
 * and a read there is no turn of the event loop; what another process commits just then makes the next answer differ.
 *
 * @param reading the connection, once it is open; without one, as in memory, nothing is cached
 */
export function cachedUsers(users: Users, reading: () => Connection | undefined): Users {
  const known = new AccountCache()
  let seen: number | undefined
  let looked = Number.NEGATIVE_INFINITY
  const forget = (): void => {
    looked = Number.NEGATIVE_INFINITY
    known.forgetAll()
  }
  /** @returns whether what is remembered holds; `false` where SQLite does not say */
  const look = (connection: Connection): boolean => {
    const now = performance.now()
    if (now - looked < LOOK) return true
    const version = connection.othersVersion()
    if (version !== seen) forget()
    seen = version
    if (version === undefined) return false
    looked = now
    return true
  }
  /** A caller that has written reads its own write. */
  const forgetting =
    <Told extends readonly unknown[], Answer>(
      write: (...told: Told) => Promise<Answer>,
    ) =>
    (...told: Told): Promise<Answer> =>
      write(...told).finally(forget)

  /** @throws what SQLite throws, if only that it is busy */
  const read = (
    field: UserField,
    value: string,
    connection: Connection,
  ): Account | undefined => {
    const [row] = connection.run<UserRow>({
      sql: SELECT[field],
      parameters: [value],
    }).rows
    return row && known.keep(accountOf(row))
  }

  return {
    ...users,
    insert: forgetting(users.insert),
    change: forgetting(users.change),
    setPassword: forgetting(users.setPassword),
    upgradeHash: forgetting(users.upgradeHash),
    delete: forgetting(users.delete),
    find(field, value) {
      const connection = reading()
      if (connection === undefined || !look(connection)) return users.find(field, value)
      try {
        return known.find(field, value) ?? read(field, value, connection)
      } catch {
        // With patience, or with the refusal that says what is wrong.
        return users.find(field, value)
      }
    },
  }
}

const select = (field: UserField): string => `select * from users where ${field} = ?`
const SELECT = { id: select('id'), username: select('username'), email: select('email') }
