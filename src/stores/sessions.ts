import type { Kysely, Selectable } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import type {
  NewSession,
  RevokeReason,
  SessionId,
  Sessions,
  StoredSession,
} from '../sessions/session.ts'
import { prepared } from './prepared.ts'
import { type Deadline, type Swap, swapOf, swapQuery } from './session-swap.ts'
import type { Flag, SessionTable, Tables } from './tables.ts'

type Row = Selectable<SessionTable>
type StateRow = Row & {
  readonly user_active: Flag | null
  readonly user_epoch: number | null
}

/** Reasons that concern the user; one that concerns the token replaces them. */
const USER_REASONS: readonly RevokeReason[] = ['password', 'inactive', 'deleted']

/**
 * Sessions in SQL. Every verb is one statement, and the condition stands in the statement that changes the row.
 */
export function sqlSessions(db: Kysely<Tables>, deadline?: Deadline): Sessions {
  const insert = prepared<NewSession, never>(db, (its) =>
    db.insertInto('sessions').values(rowOf(its)),
  )

  const insertIfMissing = prepared<NewSession, never>(db, (its) =>
    db
      .insertInto('sessions')
      .values(rowOf(its))
      .onConflict((conflict) => conflict.column('id').doNothing()),
  )

  const swap = prepared<Swap, Row>(db, (its) =>
    swapQuery(db, its, deadline).returningAll(),
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
      await insertIfMissing(session)
    },

    async rotate(rotation) {
      const { rows } = await swap(swapOf(rotation, deadline))
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
          USER_REASONS.includes(reason)
            ? its('ended_at', 'is', null)
            : its.or([
                its('ended_at', 'is', null),
                its('end_reason', 'in', USER_REASONS),
              ]),
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

    async revokedSince({ revokedAt, id = '' as SessionId }, limit) {
      const rows = await db
        .selectFrom('sessions')
        .select(['id', 'ended_at'])
        .where('ended_at', '>=', revokedAt)
        .where((its) => its.or([its('ended_at', '>', revokedAt), its('id', '>', id)]))
        .orderBy('ended_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id, ended_at }) => ({ id, revokedAt: ended_at as UnixSeconds }))
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

export const sessionOf = (row: Row): StoredSession => ({
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
  revokedAt: row.ended_at ?? undefined,
  revokeReason: row.end_reason ?? undefined,
})
