import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import { forgottenAt } from '../proofs/forgotten.ts'
import type { Proofs } from '../proofs/proofs.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'

/** After so many presentations of a process, twice as many of the values that may be forgotten are deleted. */
const SWEEP_EVERY = 256

/**
 * Values that are accepted once, in SQL. A presentation is one insert.
 *
 * @param skipLocked leaves out rows that another transaction is deleting; `undefined` if the database has one writer at a time
 */
export function sqlProofs(db: Kysely<Tables>, skipLocked?: RawBuilder<unknown>): Proofs {
  const insert = insertStatement(db)
  let presentations = 0

  const flush: Proofs['flush'] = async (moment, limit) => {
    const { numDeletedRows } = await flushQuery(
      db,
      moment,
      limit,
      skipLocked,
    ).executeTakeFirst()
    return Number(numDeletedRows)
  }

  /** Keeps the table small between two runs of `watchword flush`. */
  const sweep = async (now: UnixSeconds): Promise<void> => {
    presentations += 1
    if (presentations % SWEEP_EVERY !== 0) return
    // The presentation is recorded: that older rows stay a while is no fault of it.
    await flush(now, 2 * SWEEP_EVERY).catch(() => 0)
  }

  return {
    async use(key, until, now) {
      const digest = key.toString('base64url')
      const { numAffectedRows } = await insert({ digest, end: forgottenAt(until) })
      await sweep(now)
      return numAffectedRows === 1n
    },
    flush,
  }
}

const insertStatement = (db: Kysely<Tables>) =>
  prepared<{ digest: string; end: UnixSeconds }, never>(db, ({ digest, end }) =>
    db
      .insertInto('proofs')
      .values({ digest, expires_at: end })
      .onConflict((conflict) => conflict.column('digest').doNothing()),
  )

const flushQuery = (
  db: Kysely<Tables>,
  moment: UnixSeconds,
  limit: number,
  skipLocked = sql``,
) =>
  db
    .deleteFrom('proofs')
    .where('digest', 'in', (eb) =>
      eb
        .selectFrom('proofs')
        .select('digest')
        .where('expires_at', '<', moment)
        .orderBy('expires_at')
        .limit(limit)
        .modifyEnd(skipLocked),
    )
