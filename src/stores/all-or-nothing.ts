import type { Kysely, Transaction } from 'kysely'

/** Runs a transaction, which is rolled back if its work resolves to `false`. @returns what the work resolves to */
export async function allOrNothing<Tables>(
  db: Kysely<Tables>,
  work: (trx: Transaction<Tables>) => Promise<boolean>,
): Promise<boolean> {
  const rolledBack = new Error('rolled back')
  try {
    return await db.transaction().execute(async (trx) => {
      if (await work(trx)) return true
      throw rolledBack
    })
  } catch (error) {
    if (error === rolledBack) return false
    throw error
  }
}
