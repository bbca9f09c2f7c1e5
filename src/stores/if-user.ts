import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { UserId } from '../users/user.ts'
import { type Flag, flag, type Tables } from './tables.ts'

/** What a user must still be for a write that follows slow work, such as a password hash. */
export interface UserCondition {
  readonly id: UserId
  /** The epoch that was read before. Without it, any. */
  readonly epoch?: number | undefined
  /** 1: active. Default 0: active or not. */
  readonly leastActive?: Flag
}

/**
 * What a statement ends with that reads a user: it waits for a change of the user that is under way, and holds off later ones
 * until it has committed. `undefined` if the database runs statements that write one after the other.
 */
export type UserLock = RawBuilder<unknown> | undefined

/** The user, if the condition is met: a query for `exists (…)`, or the source of an insert. */
export function ifUser(
  db: Kysely<Tables>,
  { id, epoch, leastActive = flag(false) }: UserCondition,
  lock: UserLock,
) {
  const user = db
    .selectFrom('users')
    .where('users.id', '=', id)
    .where('users.active', '>=', leastActive)
  const current = epoch === undefined ? user : user.where('users.epoch', '=', epoch)
  return lock === undefined ? current : current.modifyEnd(lock)
}

const FOR_NO_KEY_UPDATE = sql`for no key update`

/**
 * Waits until no other transaction holds the user, and holds it until this one ends: the statements after it see what the others wrote.
 * A transaction whose later statements depend on what its earlier ones read or deleted begins with it.
 *
 * @returns `false` if the condition is not met
 */
export async function holdUser(
  trx: Kysely<Tables>,
  condition: UserCondition,
  lock: UserLock,
): Promise<boolean> {
  const user = ifUser(trx, condition, lock && FOR_NO_KEY_UPDATE)
  return (await user.select('users.id').executeTakeFirst()) !== undefined
}

/** The values of a row as a query that returns them only if the condition is met: `insert into … select …`. */
export const rowIfUser = <Row extends object>(
  db: Kysely<Tables>,
  row: Row,
  condition: UserCondition,
  lock: UserLock,
) =>
  ifUser(db, condition, lock).select((eb) =>
    Object.entries(row).map(([name, value]) => eb.val(value).as(name)),
  )
