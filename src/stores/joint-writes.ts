import type { Kysely } from 'kysely'
import type { JointWrite, StoreTransaction } from '../users/joint-write.ts'
import type { Tables } from './tables.ts'

/**
 * Makes a write, and another one with it if there is one: in one transaction then.
 *
 * @param write returns `false` or `undefined` if it wrote nothing: the other one is left out then
 */
export function withJointWrite<Database extends Tables, Written>(
  db: Kysely<Database>,
  write: (db: Kysely<Database>) => Promise<Written>,
  joint: JointWrite | undefined,
): Promise<Written> {
  if (joint === undefined) return write(db)
  return db.transaction().execute(async (trx) => {
    const written = await write(trx)
    if (written !== false && written !== undefined) await makeJointWrite(trx, joint)
    return written
  })
}

/** Makes a write in the transaction of another one. */
export const makeJointWrite = async <Database extends Tables>(
  trx: Kysely<Database>,
  joint: JointWrite | undefined,
): Promise<void> => joint?.(trx as unknown as StoreTransaction)

/** The transaction of a joint write, typed with the feature's own tables. */
export const tablesIn = <Own extends object>(
  transaction: StoreTransaction,
): Kysely<Tables & Own> => transaction as unknown as Kysely<Tables & Own>
