import type { Account } from '../../users/user.ts'
import type { UserField, Users } from '../../users/users.ts'
import { accountOf, type UserRow } from '../users.ts'
import type { Connection } from './connection.ts'

/** Accounts that are remembered of each field at the most: some 20 MB. */
const ACCOUNTS = 20_000

/**
 * Users that are remembered until anybody commits anything.
 *
 * The reading connection writes nothing, so that every commit is another's to it: this process's, too. SQLite is asked for each
 * account whether there was one (some five microseconds, and reading the row some fifteen). Between the question and a read
 * there is no turn of the event loop; what another process commits just then makes the next answer differ.
 *
 * @param reading the connection, once it is open; where there is none, as in memory, nothing is remembered
 */
export function remembered(users: Users, reading: () => Connection | undefined): Users {
  const known = {
    id: new Map<string, Account>(),
    username: new Map<string, Account>(),
    email: new Map<string, Account>(),
  }
  let seen: number | undefined

  /** @throws what SQLite throws, if only that it is busy */
  const read = (field: UserField, value: string, connection: Connection): Account | undefined => {
    const [row] = connection.run<UserRow>({ sql: SELECT[field], parameters: [value] }).rows
    if (row === undefined) return undefined
    const account = frozen(accountOf(row))
    if (known[field].size >= ACCOUNTS) known[field].clear()
    known[field].set(value, account)
    return account
  }

  return {
    ...users,
    find(field, value) {
      const connection = reading()
      const version = connection?.othersVersion()
      if (connection === undefined || version === undefined) return users.find(field, value)
      if (version !== seen) for (const accounts of Object.values(known)) accounts.clear()
      seen = version
      try {
        return known[field].get(value) ?? read(field, value, connection)
      } catch {
        // With patience, or with the refusal that says what is wrong.
        return users.find(field, value)
      }
    },
  }
}

const select = (field: UserField): string => `select * from users where ${field} = ?`
const SELECT = { id: select('id'), username: select('username'), email: select('email') }

/** Whoever is given the account next is given this one. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
