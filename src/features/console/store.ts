import { type Kysely, sql } from 'kysely'
import type { StoreExtension } from '../../stores/extension.ts'
import { filledUp } from '../../stores/filled-up.ts'
import type { Tables } from '../../stores/tables.ts'
import type { UserId } from '../../users/user.ts'
import type { OutboxTable } from '../mail/sql.ts'
import type { ConsoleReads, Count } from './listing.ts'
import { type ActivityTable, addActivity, listActivity } from './sql/activity.ts'
import { findApiTokens } from './sql/api-tokens.ts'
import { countEvents, findEvents } from './sql/events.ts'
import { dropMessage, findMessage, findMessages, retryMessage } from './sql/messages.ts'
import { CONSOLE_MIGRATIONS } from './sql/migrations.ts'
import { countUpTo } from './sql/scan.ts'
import {
  COUNTED,
  countActiveSessions,
  countSessions,
  findSessions,
} from './sql/sessions.ts'
import { findUsers } from './sql/users.ts'

/** The indexes of the console's lists, the table of its chart, and the port to them. */
export const consoleStore: StoreExtension<{ readonly console: ConsoleReads }> = {
  name: 'console',
  migrations: CONSOLE_MIGRATIONS,
  ports: (db) => ({ console: sqlConsole(db) }),
}

function sqlConsole(db: Kysely<Tables>): ConsoleReads {
  const activity = db.withTables<{ activity: ActivityTable }>()
  const messages = db.withTables<{ outbox: OutboxTable }>()
  return {
    findUsers: (filter, after) => findUsers(db, filter, after),
    countSessions: (ids, now) => countSessions(db, ids, now),
    listFactorKinds: (ids) => listFactorKinds(db, ids),
    findNames: (ids) => findNames(db, ids),
    findSessions: (filter, now, after) => findSessions(db, filter, now, after),
    countActiveSessions: (now) => countActiveSessions(db, now),
    findApiTokens: (filter, now, after) => findApiTokens(db, filter, now, after),
    findEvents: (filter, after, limit) => findEvents(db, filter, after, limit),
    countEvents: (filter) => countEvents(db, filter),
    countUsers: () => countAll(db, 'users'),
    addActivity: (counts) => addActivity(activity, counts),
    listActivity: (since, length) => listActivity(activity, since, length),
    findMessages: (after) => findMessages(messages, after),
    findMessage: (id) => findMessage(messages, id),
    retryMessage: (id, now) => retryMessage(messages, id, now),
    dropMessage: (id) => dropMessage(messages, id),
    countMessages: () => countAll(db, 'outbox'),
  }
}

async function countAll(db: Kysely<Tables>, table: string): Promise<Count> {
  const count = await countUpTo(db, table, [], COUNTED + 1)
  return { count: Math.min(count, COUNTED), isMore: count > COUNTED }
}

async function findNames(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('users')
    .select(['id', 'username'])
    .where('id', 'in', filledUp(ids as readonly UserId[]))
    .execute()
  return new Map(rows.map(({ id, username }) => [id, username]))
}

async function listFactorKinds(
  db: Kysely<Tables>,
  ids: readonly UserId[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ readonly user_id: string; readonly kind: string }>`
    select distinct user_id, kind from credentials
    where user_id in (${sql.join(filledUp(ids))}) and
      (kind = 'passkey' or (kind = 'totp' and confirmed_at is not null))`.execute(db)
  const kinds = new Map<string, readonly string[]>()
  for (const { user_id: id, kind } of rows)
    kinds.set(id, [...(kinds.get(id) ?? []), kind])
  return kinds
}
