import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import type { Rotation, SessionId } from '../sessions/session.ts'
import { type Flag, flag, type Tables } from './tables.ts'

/** The values that a refresh compares and writes, and which of its conditions do not apply. */
export interface Swap {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
  readonly newJti: string
  readonly now: UnixSeconds
  /** A session that ends after this is live. */
  readonly alive: UnixSeconds
  readonly idleEnd: UnixSeconds
  /** See `Deadline`. */
  readonly until: UnixSeconds
  readonly userless: Flag
  readonly anyActive: Flag
  readonly anyEpoch: Flag
}

/** The values of one swap, or the columns that hold them in a list of swaps. */
export type SwapOperands = {
  readonly [Name in keyof Swap]: Swap[Name] | Expression<Swap[Name]>
}

/** Keeps a database that hung from rotating a session after its client has given up and the overlap is over. */
export interface Deadline {
  /** The moment, by the database's clock, after which the swap must not be executed. */
  next(): UnixSeconds
  isAhead(until: UnixSeconds | Expression<UnixSeconds>): Expression<SqlBool>
}

export const swapOf = (
  { id, generation, jti, newJti, idle, leeway, now, require }: Rotation,
  deadline: Deadline | undefined,
): Swap => ({
  id,
  generation,
  jti,
  newJti,
  now,
  alive: (now - leeway) as UnixSeconds,
  idleEnd: (now + idle) as UnixSeconds,
  until: deadline?.next() ?? now,
  userless: flag(!require.user),
  anyActive: flag(!require.active),
  anyEpoch: flag(!require.epoch),
})

/** The compare-and-swap of a refresh: its conditions stand in the statement that changes the row. */
export function swapQuery(db: Kysely<Tables>, its: SwapOperands, deadline?: Deadline) {
  const swap = db
    .updateTable('sessions')
    .set((session) => ({
      generation: session('sessions.generation', '+', 1),
      previous_jti: session.ref('sessions.jti'),
      jti: its.newJti,
      rotated_at: its.now,
      idle_expires_at: sql<UnixSeconds>`case when sessions.expires_at < ${its.idleEnd} then sessions.expires_at else ${its.idleEnd} end`,
    }))
    .where('sessions.id', '=', its.id)
    .where('sessions.generation', '=', its.generation)
    .where('sessions.jti', '=', its.jti)
    .where('sessions.ended_at', 'is', null)
    .where('sessions.expires_at', '>', its.alive)
    .where('sessions.idle_expires_at', '>', its.alive)
    .where(mayGoOn(its))
  return deadline === undefined ? swap : swap.where(deadline.isAhead(its.until))
}

/** Whether the session's user is what the rotation requires. */
const mayGoOn = ({ userless, anyActive, anyEpoch }: SwapOperands) => sql<SqlBool>`(
  (sessions.user_id is null and ${userless} = 1)
  or exists (
    select 1 from users
    where users.id = sessions.user_id
      and (users.active = 1 or ${anyActive} = 1)
      and (users.epoch = sessions.epoch or ${anyEpoch} = 1)
  )
)`
