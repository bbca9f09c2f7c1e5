import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { UnixSeconds } from '../../../base/clock.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import { sessionOf } from '../../../stores/sessions.ts'
import type { SessionTable, Tables } from '../../../stores/tables.ts'
import type { UserId } from '../../../users/user.ts'
import type { Count, Cursor, Page, Place, SessionFilter } from '../listing.ts'
import { beginsWith, countUpTo, type Order, scan } from './scan.ts'

const NEWEST: Order = { columns: ['created_at', 'id'], direction: 'desc' }

/** A page of sessions, the newest sign-in first. */
export async function findSessions(
  db: Kysely<Tables>,
  filter: SessionFilter,
  now: UnixSeconds,
  cursor?: Cursor<Place>,
): Promise<Page<StoredSession, Place>> {
  const { userId, sessionId } = filter
  const named: RawBuilder<unknown>[] = []
  if (userId !== undefined) named.push(sql`user_id = ${userId}`)
  if (sessionId !== undefined) named.push(sql`id = ${sessionId}`)
  const found = await scan<Selectable<SessionTable>>(db, {
    table: 'sessions',
    order: NEWEST,
    within: named,
    matching: checksOf(filter, now),
    cursor,
  })
  return { ...found, rows: found.rows.map(sessionOf) }
}

function checksOf(
  { address, state, usedSince, usedBefore }: SessionFilter,
  now: UnixSeconds,
): readonly RawBuilder<unknown>[] {
  const checks: RawBuilder<unknown>[] = []
  const used = sql`coalesce(last_used_at, rotated_at, created_at)`
  if (address !== undefined) checks.push(beginsWith('address', address))
  if (state === 'active') checks.push(isActive(now))
  if (state === 'ended') checks.push(sql`not ${isActive(now)}`)
  if (usedSince !== undefined) checks.push(sql`${used} >= ${usedSince}`)
  if (usedBefore !== undefined) checks.push(sql`${used} < ${usedBefore}`)
  return checks
}

const isActive = (now: UnixSeconds): RawBuilder<unknown> =>
  sql`(ended_at is null and idle_expires_at > ${now} and expires_at > ${now})`

/** Sessions that are looked at to count the active ones: some ten milliseconds. */
const MAX_COUNTED = 20_000

/** More are not counted. */
export const COUNTED = 10_000

/** Active sessions, of those that end last: the index of ends finds them. */
export async function countActiveSessions(
  db: Kysely<Tables>,
  now: UnixSeconds,
): Promise<Count> {
  const { rows } = await sql<{ readonly active: number; readonly read: number }>`
    select count(*) as read,
      coalesce(sum(case when ended_at is null and idle_expires_at > ${now} then 1 else 0 end), 0)
        as active
    from (
      select ended_at, idle_expires_at from sessions where expires_at > ${now}
      order by expires_at desc limit ${sql.lit(MAX_COUNTED)}
    ) as living`.execute(db)
  const { active = 0, read = 0 } = rows[0] ?? {}
  return { count: Number(active), isMore: Number(read) === MAX_COUNTED }
}

/** Active sessions of each user, up to a hundred. */
export async function countSessions(
  db: Kysely<Tables>,
  ids: readonly UserId[],
  now: UnixSeconds,
): Promise<ReadonlyMap<string, number>> {
  const counts = await Promise.all(
    ids.map((id) =>
      countUpTo(db, 'sessions', [sql`user_id = ${id}`, isActive(now)], MOST_PER_USER),
    ),
  )
  return new Map(ids.map((id, index) => [id, counts[index] ?? 0]))
}

const MOST_PER_USER = 100
