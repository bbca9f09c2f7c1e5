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
export function swapQuery(
  db: Kysely<Tables>,
  operands: SwapOperands,
  deadline?: Deadline,
) {
  const swap = db
    .updateTable('sessions')
    .set((eb) => ({
      generation: eb('sessions.generation', '+', 1),
      previous_jti: eb.ref('sessions.jti'),
      jti: operands.newJti,
      rotated_at: operands.now,
      idle_expires_at: sql<UnixSeconds>`case when sessions.expires_at < ${operands.idleEnd} then sessions.expires_at else ${operands.idleEnd} end`,
    }))
    .where('sessions.id', '=', operands.id)
    .where('sessions.generation', '=', operands.generation)
    .where('sessions.jti', '=', operands.jti)
    .where('sessions.ended_at', 'is', null)
    .where('sessions.expires_at', '>', operands.alive)
    .where('sessions.idle_expires_at', '>', operands.alive)
    .where(mayContinue(operands))
  return deadline === undefined ? swap : swap.where(deadline.isAhead(operands.until))
}

/** Whether the session's user is what the rotation requires. */
const mayContinue = ({ userless, anyActive, anyEpoch }: SwapOperands) => sql<SqlBool>`(
  (sessions.user_id is null and ${userless} = 1)
  or exists (
    select 1 from users
    where users.id = sessions.user_id
      and (users.active = 1 or ${anyActive} = 1)
      and (users.epoch = sessions.epoch or ${anyEpoch} = 1)
  )
)`
