import { type Kysely, sql } from 'kysely'
import { filledUp } from '../../../stores/filled-up.ts'
import type { Tables } from '../../../stores/tables.ts'
import type { UserId } from '../../../users/user.ts'
import type { OutboxTable } from '../../mail/sql.ts'
import type { ConsoleReads, Count } from '../listing.ts'
import { type ActivityTable, addActivity, listActivity } from './activity.ts'
import { findApiTokens } from './api-tokens.ts'
import { countEvents, findEvents } from './events.ts'
import { dropMessage, findMessage, findMessages, retryMessage } from './messages.ts'
import { countUpTo } from './scan.ts'
import { COUNTED, countActiveSessions, countSessions, findSessions } from './sessions.ts'
import { findUsers } from './users.ts'

/** The port over SQL. */
export function sqlConsole(db: Kysely<Tables>): ConsoleReads {
  const activity = db.withTables<{ activity: ActivityTable }>()
  const messages = db.withTables<{ outbox: OutboxTable }>()
  return {
    findUsers: (filter, cursor, limit) => findUsers(db, filter, cursor, limit),
    countSessions: (ids, now) => countSessions(db, ids, now),
    listFactorKinds: (ids) => listFactorKinds(db, ids),
    findNames: (ids) => findNames(db, ids),
    findStaff: (ids) => findStaff(db, ids),
    findSessions: (filter, now, cursor) => findSessions(db, filter, now, cursor),
    countActiveSessions: (now) => countActiveSessions(db, now),
    findApiTokens: (filter, now, cursor) => findApiTokens(db, filter, now, cursor),
    findEvents: (filter, cursor, limit) => findEvents(db, filter, cursor, limit),
    countEvents: (filter) => countEvents(db, filter),
    countUsers: () => countAll(db, 'users'),
    addActivity: (counts) => addActivity(activity, counts),
    listActivity: (since, length) => listActivity(activity, since, length),
    findMessages: (cursor) => findMessages(messages, cursor),
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

async function findStaff(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('id', 'in', filledUp(ids as readonly UserId[]))
    .where((eb) => eb.or([eb('staff', '=', 1), eb('superuser', '=', 1)]))
    .execute()
  return new Set(rows.map(({ id }) => id))
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
