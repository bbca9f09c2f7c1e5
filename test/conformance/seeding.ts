import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../src/base/clock.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { UserId } from '../../src/users/user.ts'
import type { State } from './conversation.ts'
import { DATA, type JsonObject, readJson } from './recording.ts'

interface SeedRow {
  readonly id: number
  readonly username: string
  readonly email: string
  readonly uuid?: string
  readonly is_active?: boolean
  readonly is_staff?: boolean
  readonly is_superuser?: boolean
  readonly groups?: readonly string[]
}

/**
 * Makes a database that holds the users of the recorded servers, with the password hashes that Django wrote.
 *
 * @param byEmail a user model whose key is a UUID and whose name is the address: users without a UUID are left out
 */
export async function seed(file: string, { byEmail }: { readonly byEmail: boolean }): Promise<void> {
  const { users } = readJson<{ users: readonly SeedRow[] }>(new URL('seed.json', DATA))
  const hashes = readJson<{ [username: string]: string }>(new URL('passwords.json', DATA))
  const store = sqliteStore({ file })
  for (const row of users) {
    if (byEmail && row.uuid === undefined) continue
    const username = byEmail ? row.email : row.username
    const inserted = await store.users.insert({
      id: (byEmail ? row.uuid : String(row.id)) as UserId,
      username,
      usernameKey: username.normalize('NFKC').toLowerCase(),
      email: row.email,
      hash: hashes[row.username]!,
      active: row.is_active ?? true,
      staff: row.is_staff ?? false,
      superuser: row.is_superuser ?? false,
      joinedAt: systemClock(),
      attributes: { groups: row.groups ?? [] },
    })
    if (!inserted) throw new Error(`${username} could not be seeded`)
  }
  await store.close()
}

type Row = Record<string, string | number | null>

/** What the database holds, users in the recordings' words and sessions in ours. */
export function stateOf(db: DatabaseSync): State {
  const rows = db.prepare('select * from users order by id').all() as Row[]
  const users: Record<string, JsonObject> = {}
  for (const row of rows) {
    users[String(row.id)] = {
      username: row.username!,
      email: row.email!,
      password: row.hash!,
      is_active: row.active === 1,
      is_staff: row.staff === 1,
      is_superuser: row.superuser === 1,
      last_login: row.last_login_at!,
    }
  }
  const sessions = db
    .prepare(
      'select count(*) as opened, coalesce(sum(generation), 0) as rotated, count(ended_at) as ended from sessions',
    )
    .get() as Record<string, number>
  return { users, counts: { users: rows.length, ...sessions } }
}
