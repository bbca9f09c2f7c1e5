import { type Expression, type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import type {
  NewSession,
  RevokeReason,
  Rotation,
  Session,
  SessionId,
  Sessions,
} from '../sessions/session.ts'
import { prepared } from './prepared.ts'
import { type Flag, flag, type SessionTable, type Tables } from './tables.ts'

type Row = Selectable<SessionTable>
type StateRow = Row & {
  readonly user_active: Flag | null
  readonly user_epoch: number | null
}

/** Reasons said of the user; one said of the token takes their place. */
const OF_THE_USER: readonly RevokeReason[] = ['password', 'inactive', 'deleted']

/** Where a database may do what it was asked when whoever asked has long been told that it could not. */
export interface ClockCheck {
  /** Until when what is asked now may be done, by the database's clock. */
  until(): UnixSeconds
  /** Whether that is still to come, in SQL. */
  isInTime(until: UnixSeconds): Expression<SqlBool>
}

/**
 * Sessions in SQL. Every verb is one statement, and the condition stands in the statement that changes the row.
 *
 * @param lateness a rotation that comes late is not done: its overlap would be over when its token is presented again
 */
export function sqlSessions(db: Kysely<Tables>, lateness?: ClockCheck): Sessions {
  const insert = prepared<NewSession, never>(db, (its) =>
    db.insertInto('sessions').values(rowOf(its)),
  )

  const insertUnlessThere = prepared<NewSession, never>(db, (its) =>
    db
      .insertInto('sessions')
      .values(rowOf(its))
      .onConflict((conflict) => conflict.column('id').doNothing()),
  )

  const swap = prepared<Swap, Row>(db, (its) =>
    db
      .updateTable('sessions')
      .set((session) => ({
        generation: session('generation', '+', 1),
        previous_jti: session.ref('jti'),
        jti: its.newJti,
        rotated_at: its.now,
        idle_expires_at: sql<UnixSeconds>`case when expires_at < ${its.idleEnd} then expires_at else ${its.idleEnd} end`,
      }))
      .where('id', '=', its.id)
      .where('generation', '=', its.generation)
      .where('jti', '=', its.jti)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', its.alive)
      .where('idle_expires_at', '>', its.alive)
      .$if(lateness !== undefined, (query) => query.where(lateness!.isInTime(its.until)))
      .where((session) =>
        session.or([
          session.and([
            session('user_id', 'is', null),
            sql<boolean>`${its.userless} = 1`,
          ]),
          session.exists(
            session
              .selectFrom('users')
              .select('users.id')
              .whereRef('users.id', '=', 'sessions.user_id')
              .where(sql<boolean>`(users.active = 1 or ${its.anyActive} = 1)`)
              .where(sql<boolean>`(users.epoch = sessions.epoch or ${its.anyEpoch} = 1)`),
          ),
        ]),
      )
      .returningAll(),
  )

  const find = prepared<{ id: SessionId }, StateRow>(db, (its) =>
    db
      .selectFrom('sessions')
      .leftJoin('users', 'users.id', 'sessions.user_id')
      .selectAll('sessions')
      .select(['users.active as user_active', 'users.epoch as user_epoch'])
      .where('sessions.id', '=', its.id),
  )

  return {
    async open(session) {
      await insert(session)
    },

    async adopt(session) {
      await insertUnlessThere(session)
    },

    async rotate(rotation) {
      const { rows } = await swap(swapOf(rotation, lateness))
      return rows[0] && sessionOf(rows[0])
    },

    async find(id) {
      const [row] = (await find({ id })).rows
      if (row === undefined) return undefined
      const { user_active: active, user_epoch: epoch } = row
      const user =
        active === null || epoch === null ? undefined : { active: active === 1, epoch }
      return { session: sessionOf(row), user }
    },

    async revoke(id, reason, now) {
      const { numUpdatedRows } = await db
        .updateTable('sessions')
        .set((its) => ({
          ended_at: its.fn.coalesce('ended_at', its.val(now)),
          end_reason: reason,
        }))
        .where('id', '=', id)
        .where((its) =>
          OF_THE_USER.includes(reason)
            ? its('ended_at', 'is', null)
            : its.or([its('ended_at', 'is', null), its('end_reason', 'in', OF_THE_USER)]),
        )
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async revokeAll(userId, reason, now, except) {
      const all = db
        .updateTable('sessions')
        .set({ ended_at: now, end_reason: reason })
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .returning('id')
      const ended = await (except === undefined
        ? all
        : all.where('id', '<>', except)
      ).execute()
      return ended.map(({ id }) => id)
    },

    async list(userId) {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(sessionOf)
    },

    async revokedSince({ endedAt, id = '' as SessionId }, limit) {
      const rows = await db
        .selectFrom('sessions')
        .select(['id', 'ended_at'])
        .where('ended_at', '>=', endedAt)
        .where((its) => its.or([its('ended_at', '>', endedAt), its('id', '>', id)]))
        .orderBy('ended_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id, ended_at }) => ({ id, endedAt: ended_at as UnixSeconds }))
    },

    async flush(moment, limit) {
      const dead = db
        .selectFrom('sessions')
        .select('id')
        .where('expires_at', '<', moment)
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('id', 'in', dead)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** The values of the swap: what it compares, what it writes, and which of its conditions are waived. */
export interface Swap {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
  readonly newJti: string
  readonly now: UnixSeconds
  /** Whatever ends after this counts as alive. */
  readonly alive: UnixSeconds
  readonly idleEnd: UnixSeconds
  readonly until: UnixSeconds
  readonly userless: Flag
  readonly anyActive: Flag
  readonly anyEpoch: Flag
}

export const swapOf = (
  { id, generation, jti, newJti, idle, leeway, now, require }: Rotation,
  lateness: ClockCheck | undefined,
): Swap => ({
  id,
  generation,
  jti,
  newJti,
  now,
  alive: (now - leeway) as UnixSeconds,
  idleEnd: (now + idle) as UnixSeconds,
  until: lateness?.until() ?? now,
  userless: flag(!require.user),
  anyActive: flag(!require.active),
  anyEpoch: flag(!require.epoch),
})

const rowOf = (session: NewSession): Row => ({
  id: session.id,
  user_id: session.userId ?? null,
  generation: 0,
  jti: session.jti,
  previous_jti: null,
  rotated_at: null,
  created_at: session.createdAt,
  expires_at: session.expiresAt,
  idle_expires_at: session.idleExpiresAt,
  epoch: session.epoch,
  ended_at: null,
  end_reason: null,
})

export const sessionOf = (row: Row): Session => ({
  id: row.id,
  userId: row.user_id ?? undefined,
  generation: row.generation,
  jti: row.jti,
  previousJti: row.previous_jti ?? undefined,
  rotatedAt: row.rotated_at ?? undefined,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  idleExpiresAt: row.idle_expires_at,
  epoch: row.epoch,
  endedAt: row.ended_at ?? undefined,
  endReason: row.end_reason ?? undefined,
})
