import { type CompiledQuery, type Kysely, sql } from 'kysely'
import type { UserId } from '../users/user.ts'
import type { NewUser, Users } from '../users/users.ts'
import { filledUp } from './filled-up.ts'
import type { Tables } from './tables.ts'
import { rowOf, type UserRow } from './user-rows.ts'

/** @returns `false` if a user has the id, the name or an address */
export async function insert(db: Kysely<Tables>, user: NewUser): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values(rowOf(user))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * One transaction of two statements: the second sees all that was committed before the former user was deleted, and until it
 * commits nothing can be written for the new one.
 */
export async function insertIfNothingRemains(
  db: Kysely<Tables>,
  user: NewUser,
  ofUsers: readonly string[],
): Promise<'inserted' | 'taken' | 'remains'> {
  const rolledBack = new Error('rolled back')
  try {
    return await db.transaction().execute(async (trx) => {
      if (!(await insert(trx, user))) return 'taken'
      if (await hasRemains(trx, user.id, ofUsers)) throw rolledBack
      return 'inserted'
    })
  } catch (error) {
    if (error === rolledBack) return 'remains'
    throw error
  }
}

async function hasRemains(
  db: Kysely<Tables>,
  id: UserId,
  ofUsers: readonly string[],
): Promise<boolean> {
  const remains = [
    sql`select 1 from sessions where user_id = ${id} and ended_at is null`,
    ...ofUsers.map(
      (table) => sql`select 1 from ${sql.table(table)} where user_id = ${id}`,
    ),
  ]
  for (const query of remains) {
    const { rows } = await sql`${query} limit 1`.execute(db)
    if (rows.length > 0) return true
  }
  return false
}

/** Rows per statement. Few sizes, so that databases keep few statements prepared. */
const BULK_SIZES = [500, 100, 10, 1] as const

/** Inserts many rows with statements that are compiled once: that takes longer than running them. */
export function bulkInsert(
  db: Kysely<Tables>,
  ofUsers: readonly string[],
): Users['insertAll'] {
  const compiled = new Map<number, CompiledQuery<Pick<UserRow, 'id'>>>()
  const statementOf = (rows: readonly UserRow[]): CompiledQuery<Pick<UserRow, 'id'>> => {
    const known = compiled.get(rows.length) ?? insertManyQuery(db, rows).compile()
    compiled.set(rows.length, known)
    // `rowOf` lists the columns of each row in one order.
    return { ...known, parameters: rows.flatMap((row) => Object.values(row)) }
  }
  return (users) =>
    db.transaction().execute(async (trx) => {
      const inserted = new Set<UserId>()
      for (const rows of inBulks(users.map(rowOf))) {
        const result = await trx.executeQuery(statementOf(rows))
        for (const { id } of result.rows) inserted.add(id)
      }
      const remains = await withRemains(trx, [...inserted], ofUsers)
      if (remains.size > 0)
        await trx
          .deleteFrom('users')
          .where('id', 'in', filledUp([...remains]))
          .execute()
      for (const id of remains) inserted.delete(id)
      return { inserted, remains }
    })
}

function* inBulks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let done = 0; done < items.length; ) {
    const size = BULK_SIZES.find((each) => each <= items.length - done) ?? 1
    yield items.slice(done, done + size)
    done += size
  }
}

const insertManyQuery = (db: Kysely<Tables>, rows: readonly UserRow[]) =>
  db
    .insertInto('users')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')

/** Those of the ids that rows of deleted users name. */
async function withRemains(
  db: Kysely<Tables>,
  ids: readonly UserId[],
  ofUsers: readonly string[],
): Promise<Set<UserId>> {
  const found = new Set<UserId>()
  if (ids.length === 0) return found
  const rowsOf = (table: string) =>
    db
      .selectFrom(table as 'sessions')
      .select('user_id')
      .where('user_id', 'in', filledUp(ids))
  const queries = [
    rowsOf('sessions').where('ended_at', 'is', null),
    ...ofUsers.map(rowsOf),
  ]
  for (const query of queries)
    for (const { user_id: id } of await query.execute()) if (id !== null) found.add(id)
  return found
}
