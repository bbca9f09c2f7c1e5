import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import type { Recovery, Rotation, SessionId } from '../sessions/session.ts'
import { type Flag, flag, type Tables } from './tables.ts'

/** The values that a refresh compares and writes, and which of its conditions do not apply. */
export interface Swap {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
  readonly newJti: string
  readonly now: UnixSeconds
  /** A session that ends after this is live. */
  readonly liveAfter: UnixSeconds
  readonly idleEnd: UnixSeconds
  /** See `Deadline`. */
  readonly executeBefore: UnixSeconds
  readonly allowUserless: Flag
  readonly allowInactive: Flag
  readonly allowOtherEpoch: Flag
}

/** The same for a lost answer: `generation` and `jti` are those of the token that was spent before. */
export interface RecoverySwap extends Swap {
  readonly unusedGeneration: number
  readonly unusedJti: string
  readonly spentSince: UnixSeconds
}

/** Values, or the columns that hold them in a list of swaps. */
export type Operands<Values> = {
  readonly [Name in keyof Values]: Values[Name] | Expression<Values[Name]>
}

/** Prevents a delayed statement from rotating a session after the client has given up and the overlap is over. */
export interface Deadline {
  /** The moment, by the database's clock, after which the swap must not be executed. */
  next(): UnixSeconds
  isAhead(moment: UnixSeconds | Expression<UnixSeconds>): Expression<SqlBool>
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
  liveAfter: (now - leeway) as UnixSeconds,
  idleEnd: (now + idle) as UnixSeconds,
  executeBefore: deadline?.next() ?? now,
  allowUserless: flag(!require.user),
  allowInactive: flag(!require.active),
  allowOtherEpoch: flag(!require.epoch),
})

export const recoverySwapOf = (
  { unused, spentSince, ...rotation }: Recovery,
  deadline: Deadline | undefined,
): RecoverySwap => ({
  ...swapOf(rotation, deadline),
  unusedGeneration: unused.generation,
  unusedJti: unused.jti,
  spentSince,
})

/** The compare-and-swap of a refresh: its conditions stand in the statement that changes the row. */
export const swapQuery = (
  db: Kysely<Tables>,
  operands: Operands<Swap>,
  deadline?: Deadline,
) =>
  nextGeneration(db, operands, deadline)
    .set((eb) => ({ previous_jti: eb.ref('sessions.jti'), lost_answers: 0 }))
    .where('sessions.generation', '=', operands.generation)
    .where('sessions.jti', '=', operands.jti)

/**
 * The compare-and-swap of a lost answer. The previous token and the moment when it was first spent stay as they are, so that a
 * repeated request finds the new successor, and repetitions do not move the limit.
 */
export const recoveryQuery = (
  db: Kysely<Tables>,
  operands: Operands<RecoverySwap>,
  deadline?: Deadline,
) =>
  nextGeneration(db, operands, deadline)
    .set((eb) => ({
      lost_answers: eb('sessions.lost_answers', '+', 1),
      spent_at: FIRST_SPENT,
    }))
    .where('sessions.generation', '=', operands.unusedGeneration)
    .where('sessions.jti', '=', operands.unusedJti)
    .where('sessions.previous_jti', '=', operands.jti)
    .where(sql`sessions.generation - 1 - sessions.lost_answers`, '=', operands.generation)
    .where(FIRST_SPENT, '>=', operands.spentSince)

const FIRST_SPENT = sql<UnixSeconds>`case when sessions.lost_answers = 0 then sessions.rotated_at else sessions.spent_at end`

/** What both write, and the conditions of both: the session is live, and its user may continue. */
function nextGeneration(
  db: Kysely<Tables>,
  operands: Operands<Swap>,
  deadline: Deadline | undefined,
) {
  const swap = db
    .updateTable('sessions')
    .set((eb) => ({
      generation: eb('sessions.generation', '+', 1),
      jti: operands.newJti,
      rotated_at: operands.now,
      idle_expires_at: sql<UnixSeconds>`case when sessions.expires_at < ${operands.idleEnd} then sessions.expires_at else ${operands.idleEnd} end`,
    }))
    .where('sessions.id', '=', operands.id)
    .where('sessions.ended_at', 'is', null)
    .where('sessions.expires_at', '>', operands.liveAfter)
    .where('sessions.idle_expires_at', '>', operands.liveAfter)
    .where(mayContinue(operands))
  if (deadline === undefined) return swap
  return swap.where(deadline.isAhead(operands.executeBefore))
}

/** Whether the session's user is what the rotation requires. */
const mayContinue = ({
  allowUserless,
  allowInactive,
  allowOtherEpoch,
}: Operands<Swap>) => sql<SqlBool>`(
  (sessions.user_id is null and ${allowUserless} = 1)
  or exists (
    select 1 from users
    where users.id = sessions.user_id
      and (users.active = 1 or ${allowInactive} = 1)
      and (users.epoch = sessions.epoch or ${allowOtherEpoch} = 1)
  )
)`
