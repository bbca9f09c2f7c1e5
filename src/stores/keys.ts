import type { Kysely, Selectable } from 'kysely'
import type { KeyRecord, Keys } from '../keys/keys.ts'
import type { KeyTable, Tables } from './tables.ts'

type Row = Selectable<KeyTable>

/** Signing keys in SQL. That at most one is current and at most one next is a constraint of the table. */
export function sqlKeys(db: Kysely<Tables>): Keys {
  return {
    async list() {
      const rows = await db.selectFrom('keys').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
      return rows.map(recordOf)
    },

    seed(keys) {
      return db.transaction().execute(async (trx) => {
        const taken = await trx.selectFrom('keys').select('id').limit(1).execute()
        if (taken.length > 0 || keys.length === 0) return false
        await trx.insertInto('keys').values(keys.map(rowOf)).execute()
        return true
      })
    },

    async rotate({ current, next, fresh, verifiesUntil }) {
      return db.transaction().execute(async (trx) => {
        const stages = await trx.selectFrom('keys').select(['id', 'stage']).where('id', 'in', [current, next]).execute()
        const isStill = (id: string, stage: string) => stages.some((key) => key.id === id && key.stage === stage)
        if (!isStill(current, 'current') || !isStill(next, 'next')) return false
        await trx
          .updateTable('keys')
          .set({ stage: 'retiring', verifies_until: verifiesUntil })
          .where('id', '=', current)
          .execute()
        await trx.updateTable('keys').set({ stage: 'current' }).where('id', '=', next).execute()
        await trx.insertInto('keys').values(rowOf(fresh)).execute()
        return true
      })
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
