import type { DatabaseSync } from 'node:sqlite'
import type { Json, JsonObject } from './recording.ts'

/** What a store holds, so that the effects of a request can be seen. */
export interface State {
  readonly users: { readonly [id: string]: JsonObject }
  readonly counts: { readonly [name: string]: number }
}

type Row = Record<string, string | number | null>

/** The state of the database and the application: users in the format of the recordings, sessions in that of watchword. */
export function stateOf(db: DatabaseSync, notes: ReadonlyMap<number, string>): State {
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
  const tokens = db.prepare('select count(*) as auth_tokens from tokens').get() as Record<
    string,
    number
  >
  return {
    users,
    counts: { users: rows.length, ...sessions, ...tokens, notes: notes.size },
  }
}

/** What changed between two states; what stayed is left out. */
export function effectsOf(before: State, after: State): JsonObject {
  const effects: Record<string, Json> = {}
  for (const [name, count] of Object.entries(before.counts)) {
    const change = (after.counts[name] ?? 0) - count
    if (change !== 0) effects[name] = change
  }
  const created: Json[] = []
  const changed: Record<string, Json> = {}
  for (const [id, user] of Object.entries(after.users)) {
    const old = before.users[id]
    if (old === undefined) created.push(stored(user))
    else if (JSON.stringify(old) !== JSON.stringify(user)) {
      const news = Object.entries(user).filter(([name, value]) => old[name] !== value)
      changed[String(old.username ?? old.email)] = stored(Object.fromEntries(news))
    }
  }
  const gone = Object.entries(before.users).filter(
    ([id]) => after.users[id] === undefined,
  )
  if (created.length > 0) effects.created = created
  if (Object.keys(changed).length > 0) effects.changed = changed
  if (gone.length > 0)
    effects.deleted = gone.map(([, user]) => String(user.username ?? user.email))
  return effects
}

function stored(values: JsonObject): JsonObject {
  const out: Record<string, Json> = { ...values }
  if (typeof out.password === 'string') {
    out.password = out.password.includes('$')
      ? `<hash:${out.password.split('$')[0]}>`
      : '<unusable>'
  }
  for (const name of ['last_login', 'date_joined'])
    if (out[name]) out[name] = '<datetime>'
  return out
}
