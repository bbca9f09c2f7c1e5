import type { DatabaseSync } from 'node:sqlite'
import type { KeptMessage } from '../../src/features/mail/mailbox.ts'
import type { Neighbour, Row, UserRow } from './neighbours/neighbour.ts'
import type { Json, JsonObject } from './recording.ts'

/** What a store holds, so that the effects of a request can be seen. */
export interface State {
  readonly users: { readonly [id: string]: JsonObject }
  readonly counts: { readonly [name: string]: number }
  /** The rows of neighbours, by the names of their effects. */
  readonly rows: { readonly [effect: string]: ReadonlyMap<string, Row> }
  /** That were sent so far. */
  readonly messages: readonly JsonObject[]
  /** To whom mails were sent of which only that is compared; `undefined` each if not even that is. */
  readonly mails: readonly (string | undefined)[]
}

/** The state of the database and the application: users in the format of the recordings, sessions in that of watchword. */
export function stateOf(
  db: DatabaseSync,
  notes: ReadonlyMap<number, string>,
  neighbours: readonly Neighbour[],
  messages: readonly KeptMessage[],
): State {
  const rows = db.prepare('select * from users order by id').all() as UserRow[]
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
      ...Object.assign({}, ...neighbours.map((each) => each.userMembers?.(row))),
    }
  }
  const sessions = db
    .prepare(
      'select count(*) as opened, coalesce(sum(generation), 0) as rotated, count(ended_at) as ended from sessions where user_id is not null or client_id is null',
    )
    .get() as Record<string, number>
  const tokens = db
    .prepare('select count(*) as auth_tokens from tokens where kind is null')
    .get() as Record<string, number>
  return {
    users,
    counts: { users: rows.length, ...sessions, ...tokens, notes: notes.size },
    rows: Object.fromEntries(neighbours.map((each) => [each.effect, each.rows(db)])),
    messages: messages.map(messageShown),
    mails: [],
  }
}

/** A message as the recordings show one: without its code, and without the name of the application below a mail. */
function messageShown(message: KeptMessage): JsonObject {
  const body = message.text.replace(/\n\n-- \n.*$/s, '').replace(/[0-9]{6}/, '<code>')
  if (message.channel === 'sms') return { from: 'sms', to: [message.to], body }
  const { to, subject } = message
  return { to: [to], subject, body, alternatives: ['text/html'] }
}

/** What changed between two states; what stayed is left out. @param now in seconds */
export function effectsOf(before: State, after: State, now: number): JsonObject {
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
  for (const [name, rows] of Object.entries(after.rows)) {
    const changes = rowChanges(before.rows[name] ?? new Map(), rows, now)
    if (Object.keys(changes).length > 0) effects[name] = changes
  }
  const messages = after.messages.slice(before.messages.length)
  if (messages.length > 0) Object.assign(effects, { mail: messages.length, messages })
  const sent = after.mails.slice(before.mails.length)
  if (sent.length > 0) effects.mail = sent.length
  const addresses = sent.flatMap((to) => to ?? [])
  if (addresses.length > 0) effects.messages = addresses
  if (created.length > 0) effects.created = created
  if (Object.keys(changed).length > 0) effects.changed = changed
  if (gone.length > 0)
    effects.deleted = gone.map(([, user]) => String(user.username ?? user.email))
  return effects
}

type Rows = ReadonlyMap<string, Row>

function rowChanges(before: Rows, after: Rows, now: number): JsonObject {
  const created = [...after].flatMap(([id, row]) => (before.has(id) ? [] : [row]))
  const deleted = [...before].flatMap(([id, { user = null }]) =>
    after.has(id) ? [] : [{ user }],
  )
  const changed = [...after].flatMap(([id, row]) => {
    const old = before.get(id)
    const news = Object.entries(row).filter(
      ([name, value]) => String(old?.[name]) !== String(value),
    )
    if (old === undefined || news.length === 0) return []
    return [{ user: row.user ?? null, ...Object.fromEntries(news) }]
  })
  const shown = Object.entries({ created, changed, deleted }).map(
    ([change, rows]): [string, Json] => [change, rows.map((row) => rowShown(row, now))],
  )
  return Object.fromEntries(shown.filter(([, rows]) => (rows as Json[]).length > 0))
}

const rowShown = (row: Row, now: number): JsonObject =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, valueShown(value, now)]),
  )

function valueShown(value: Row[string], now: number): Json {
  if (!(value instanceof Date)) return value ?? null
  const offset = Math.round(value.getTime() / 1000 - now)
  return `<now${offset < 0 ? '' : '+'}${offset}>`
}

function stored(values: JsonObject): JsonObject {
  const out: Record<string, Json> = { ...values }
  if (typeof out.password === 'string') {
    out.password = out.password.includes('$')
      ? `<hash:${out.password.split('$')[0]}>`
      : '<unusable>'
  }
  if (/^[0-9a-f]{32}$/.test(String(out.username))) out.username = '<hex32>'
  for (const name of ['last_login', 'date_joined'])
    if (out[name]) out[name] = '<datetime>'
  return out
}
