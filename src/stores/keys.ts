import type {
  InsertResult,
  Kysely,
  OnConflictBuilder,
  Selectable,
  Transaction,
  UpdateResult,
} from 'kysely'
import type { KeyRecord, Keys } from '../keys/keys.ts'
import type { KeyTable, Tables } from './tables.ts'

type Row = Selectable<KeyTable>

/** Signing keys in SQL. That at most one is current and at most one next is a constraint of the table. */
export function sqlKeys(db: Kysely<Tables>): Keys {
  return {
    async list() {
      const rows = await db
        .selectFrom('keys')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute()
      return rows.map(recordOf)
    },

    seed(keys) {
      return allOrNothing(db, async (trx) => {
        const taken = await trx.selectFrom('keys').select('id').limit(1).execute()
        if (taken.length > 0 || keys.length === 0) return false
        // A process that saw no keys at the same moment waits here and then writes nothing.
        return isCount(
          keys.length,
          await trx
            .insertInto('keys')
            .values(keys.map(rowOf))
            .onConflict(nothing)
            .execute(),
        )
      })
    },

    rotate({ current, next, fresh, verifiesUntil }) {
      return allOrNothing(db, async (trx) => {
        const retired = await trx
          .updateTable('keys')
          .set({ stage: 'retiring', verifies_until: verifiesUntil })
          .where('id', '=', current)
          .where('stage', '=', 'current')
          .execute()
        if (!isCount(1, retired)) return false
        const raised = await trx
          .updateTable('keys')
          .set({ stage: 'current' })
          .where('id', '=', next)
          .where('stage', '=', 'next')
          .execute()
        if (!isCount(1, raised)) return false
        return isCount(
          1,
          await trx.insertInto('keys').values(rowOf(fresh)).onConflict(nothing).execute(),
        )
      })
    },

    replaceNext(next, fresh) {
      return allOrNothing(db, async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('keys')
          .where('id', '=', next)
          .where('stage', '=', 'next')
          .executeTakeFirst()
        if (numDeletedRows !== 1n) return false
        return isCount(
          1,
          await trx.insertInto('keys').values(rowOf(fresh)).onConflict(nothing).execute(),
        )
      })
    },

    async reseal(id, from, to) {
      const { numUpdatedRows } = await db
        .updateTable('keys')
        .set({ sealed: to })
        .where('id', '=', id)
        .where('sealed', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async extend(tokenLife) {
      await db
        .updateTable('keys')
        .set({ token_life: tokenLife })
        .where('stage', 'in', ['current', 'next'])
        .where('token_life', '<', tokenLife)
        .execute()
    },

    async endRetiring(moment) {
      await db
        .updateTable('keys')
        .set({ verifies_until: moment })
        .where('stage', '=', 'retiring')
        .where('verifies_until', '>', moment)
        .execute()
    },

    async flush(moment) {
      const { numDeletedRows } = await db
        .deleteFrom('keys')
        .where('stage', '=', 'retiring')
        .where('verifies_until', '<', moment)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

/** One transaction, undone where its work comes to `false`. */
async function allOrNothing(
  db: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<boolean>,
): Promise<boolean> {
  const undone = new Error('undone')
  try {
    return await db.transaction().execute(async (trx) => {
      if (await work(trx)) return true
      throw undone
    })
  } catch (error) {
    if (error === undone) return false
    throw error
  }
}

const nothing = (conflict: OnConflictBuilder<Tables, 'keys'>) => conflict.doNothing()

/** Whether so many rows were written. */
const isCount = (
  count: number,
  results: readonly (InsertResult | UpdateResult)[],
): boolean => results.reduce((sum, each) => sum + Number(writtenBy(each)), 0) === count

const writtenBy = (result: InsertResult | UpdateResult): bigint =>
  ('numUpdatedRows' in result
    ? result.numUpdatedRows
    : result.numInsertedOrUpdatedRows) ?? 0n

const rowOf = (key: KeyRecord): Row => ({
  id: key.id,
  algorithm: key.algorithm,
  stage: key.stage,
  public_jwk: JSON.stringify(key.publicJwk),
  sealed: key.sealed,
  created_at: key.createdAt,
  token_life: key.tokenLife,
  verifies_until: key.verifiesUntil ?? null,
})

const recordOf = (row: Row): KeyRecord => ({
  id: row.id,
  algorithm: row.algorithm,
  stage: row.stage,
  publicJwk: JSON.parse(row.public_jwk),
  sealed: row.sealed,
  createdAt: row.created_at,
  tokenLife: row.token_life,
  verifiesUntil: row.verifies_until ?? undefined,
})
