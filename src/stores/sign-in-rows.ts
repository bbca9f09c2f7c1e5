import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { JointWrite } from '../users/joint-write.ts'
import type { UserId } from '../users/user.ts'
import { holdUser, type UserLock } from './if-user.ts'
import { makeJointWrite } from './joint-writes.ts'
import type { Tables } from './tables.ts'

/** Rows of a table with `id` and `user_id`, each of which signs its user in. */
export interface SignInRows {
  readonly table: string
  /** What a column has: one of these texts, or null. */
  readonly where: Readonly<Record<string, readonly string[] | null>>
}

export interface Removal {
  readonly id: string
  readonly userId: UserId
  readonly from: SignInRows
  /** The rows of which one stays; `undefined`: the user can sign in without them. */
  readonly ways: readonly SignInRows[] | undefined
  /** Made in the same transaction, once the row is removed. */
  readonly joint?: JointWrite | undefined
}

export type RemovalOutcome = 'removed' | 'last' | 'unknown'

/** Removes a row that signs a user in, but not the last: of two that are removed at once, also of two tables, one stays. */
export const removeSignInRow = (
  db: Kysely<Tables>,
  { id, userId, from, ways, joint }: Removal,
  lock: UserLock,
): Promise<RemovalOutcome> =>
  db.transaction().execute(async (trx) => {
    await holdUser(trx, { id: userId }, lock)
    const isLast =
      ways !== undefined && !(await hasRow(trx, ways, userId, sql`id <> ${id}`))
    const isKnown = !isLast || (await hasRow(trx, [from], userId, sql`id = ${id}`))
    if (isLast && isKnown) return 'last'
    const { numAffectedRows } = await sql`delete from ${sql.table(from.table)}
      where id = ${id} and ${conditions(from, userId)}`.execute(trx)
    if (numAffectedRows !== 1n) return 'unknown'
    await makeJointWrite(trx, joint)
    return 'removed'
  })

async function hasRow(
  trx: Kysely<Tables>,
  all: readonly SignInRows[],
  userId: UserId,
  which: RawBuilder<unknown>,
): Promise<boolean> {
  for (const each of all) {
    const { rows } = await sql`select id from ${sql.table(each.table)}
      where ${which} and ${conditions(each, userId)} limit 1`.execute(trx)
    if (rows.length > 0) return true
  }
  return false
}

const conditions = ({ where }: SignInRows, userId: UserId): RawBuilder<unknown> =>
  sql.join(
    [
      sql`user_id = ${userId}`,
      ...Object.entries(where).map(([column, values]) => condition(column, values)),
    ],
    sql` and `,
  )

function condition(
  column: string,
  values: readonly string[] | null,
): RawBuilder<unknown> {
  if (values === null) return sql`${sql.ref(column)} is null`
  return sql`${sql.ref(column)} in (${sql.join(values)})`
}
