import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { UnixSeconds } from '../base/clock.ts'
import { forgottenAt } from '../proofs/forgotten.ts'
import type { Proofs } from '../proofs/proofs.ts'
import { prepared } from './prepared.ts'
import type { Tables } from './tables.ts'

/** After so many presentations of a process, twice as many of the values that may be forgotten are deleted. */
const SWEEP_EVERY = 256

/** A row. */
export interface StoredProof {
  readonly digest: string
  /** When it may be deleted. */
  readonly end: UnixSeconds
}

/** Records a value. @returns whether it was not there before */
export type InsertProof = (proof: StoredProof) => Promise<boolean>

export interface SqlProofsOptions {
  /** Leaves out rows that another transaction is deleting; `undefined` if the database has one writer at a time. */
  readonly skipLocked?: RawBuilder<unknown>
  /** Default: `insertProof`. */
  readonly insert?: InsertProof
}

/** Values that are accepted once, in SQL. A presentation is one insert. */
export function sqlProofs(
  db: Kysely<Tables>,
  { skipLocked, insert = insertProof(db) }: SqlProofsOptions = {},
): Proofs {
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
      const isFirst = await insert({ digest, end: forgottenAt(until) })
      await sweep(now)
      return isFirst
    },
    flush,
  }
}

/** One statement for each value. */
export function insertProof(db: Kysely<Tables>): InsertProof {
  const insert = prepared<StoredProof, never>(db, ({ digest, end }) =>
    db
      .insertInto('proofs')
      .values({ digest, expires_at: end })
      .onConflict((conflict) => conflict.column('digest').doNothing()),
  )
  return async (proof) => (await insert(proof)).numAffectedRows === 1n
}

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
