import type { Kysely, Selectable } from 'kysely'
import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { KeyRecord, Keys } from '../keys/keys.ts'
import { allOrNothing } from './all-or-nothing.ts'
import type { KeyTable, Tables } from './tables.ts'

type Row = Selectable<KeyTable>

type Db = Kysely<Tables>

/** Signing keys in SQL. A constraint of the table allows one current and one next key at most. */
export function sqlKeys(db: Db): Keys {
  return {
    async list() {
      return (await listQuery(db).execute()).map(recordOf)
    },

    seed: (keys) =>
      allOrNothing(db, async (trx) => {
        if (keys.length === 0 || (await hasKeys(trx))) return false
        // A process that saw no keys at the same moment waits here and then writes nothing.
        return insert(trx, keys)
      }),

    rotate: ({ current, next, fresh, verifiesUntil }) =>
      allOrNothing(
        db,
        async (trx) =>
          (await retire(trx, current, verifiesUntil)) &&
          (await promote(trx, next)) &&
          (await insert(trx, [fresh])),
      ),

    replaceNext: (next, fresh) =>
      allOrNothing(
        db,
        async (trx) => (await deleteNext(trx, next)) && (await insert(trx, [fresh])),
      ),

    async reseal(id, from, to) {
      const { numUpdatedRows } = await resealQuery(db, id, from, to).executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async extend(tokenLife) {
      await extendQuery(db, tokenLife).execute()
    },

    async endRetiring(moment) {
      await endRetiringQuery(db, moment).execute()
    },

    async flush(moment) {
      const { numDeletedRows } = await flushQuery(db, moment).executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const listQuery = (db: Db) =>
  db.selectFrom('keys').selectAll().orderBy('created_at', 'desc').orderBy('id')

async function hasKeys(db: Db): Promise<boolean> {
  const keys = await db.selectFrom('keys').select('id').limit(1).execute()
  return keys.length > 0
}

/** @returns whether all keys were inserted: a stage may be taken */
async function insert(db: Db, keys: readonly KeyRecord[]): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('keys')
    .values(keys.map(rowOf))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows) === keys.length
}

/** @returns `false` if the key is not the current one any more */
async function retire(db: Db, id: string, verifiesUntil: UnixSeconds): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('keys')
    .set({ stage: 'retiring', verifies_until: verifiesUntil })
    .where('id', '=', id)
    .where('stage', '=', 'current')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** @returns `false` if the key is not the next one any more */
async function promote(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('keys')
    .set({ stage: 'current' })
    .where('id', '=', id)
    .where('stage', '=', 'next')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** @returns `false` if the key is not the next one any more */
async function deleteNext(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('keys')
    .where('id', '=', id)
    .where('stage', '=', 'next')
    .executeTakeFirst()
  return numDeletedRows === 1n
}

const resealQuery = (db: Db, id: string, from: string, to: string) =>
  db
    .updateTable('keys')
    .set({ sealed: to })
    .where('id', '=', id)
    .where('sealed', '=', from)

const extendQuery = (db: Db, tokenLife: Seconds) =>
  db
    .updateTable('keys')
    .set({ token_life: tokenLife })
    .where('stage', 'in', ['current', 'next'])
    .where('token_life', '<', tokenLife)

const endRetiringQuery = (db: Db, moment: UnixSeconds) =>
  db
    .updateTable('keys')
    .set({ verifies_until: moment })
    .where('stage', '=', 'retiring')
    .where('verifies_until', '>', moment)

const flushQuery = (db: Db, moment: UnixSeconds) =>
  db
    .deleteFrom('keys')
    .where('stage', '=', 'retiring')
    .where('verifies_until', '<', moment)

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
