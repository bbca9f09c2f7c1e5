import { type Kysely, sql } from 'kysely'
import { prepared } from '../prepared.ts'
import { type InsertProof, insertProof, type StoredProof } from '../proofs.ts'
import type { Tables } from '../tables.ts'
import { BatchQueue, type Waiting } from './batch-queue.ts'
import { isRejection } from './errors.ts'

type WaitingProof = Waiting<StoredProof, boolean>

/** Values that are presented together become one statement with one commit. Of several presentations of one value one is the first. */
export function batchedProofs(db: Kysely<Tables>): InsertProof {
  const insertOne = insertProof(db)
  const insertAll = insertStatement(db)
  const insertEach = async (batch: readonly WaitingProof[]): Promise<void> => {
    await Promise.all(
      batch.map(({ value, resolve, reject }) => insertOne(value).then(resolve, reject)),
    )
  }
  const insertTogether = async (batch: readonly WaitingProof[]): Promise<void> => {
    try {
      settle(batch, await insertAll(batch.map(({ value }) => value)))
    } catch (error) {
      // The server rejected the whole batch for one of them, such as one whose row is locked.
      if (isRejection(error)) return insertEach(batch)
      // What has become of any of them is not known: none is accepted.
      for (const { reject } of batch) reject(error)
    }
  }
  const queue = new BatchQueue<StoredProof, boolean>('one-time values', (batch) =>
    batch.length === 1 ? insertEach(batch) : insertTogether(batch),
  )
  return (proof) => queue.add(proof)
}

/** @param inserted the digests that were not there before */
function settle(batch: readonly WaitingProof[], inserted: Set<string>): void {
  for (const { value, resolve } of batch) resolve(inserted.delete(value.digest))
}

/** Sorted, in every process, so that no two deadlock on each other's rows. @returns the digests that were not there before */
function insertStatement(db: Kysely<Tables>) {
  interface Columns {
    readonly digests: readonly string[]
    readonly ends: readonly number[]
  }
  const insert = prepared<Columns, { digest: string }>(db, ({ digests, ends }) =>
    db
      .insertInto('proofs')
      .columns(['digest', 'expires_at'])
      .expression(
        db
          .selectFrom(
            sql<{
              digest: string
              expires_at: number
            }>`unnest(${digests}::text[], ${ends}::float8[])`.as<'proof'>(
              sql`proof (digest, expires_at)`,
            ),
          )
          .select(['digest', 'expires_at'])
          .orderBy('digest'),
      )
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .returning('digest'),
  )
  return async (proofs: readonly StoredProof[]): Promise<Set<string>> => {
    const digests = proofs.map(({ digest }) => digest)
    const ends = proofs.map(({ end }) => end)
    const { rows } = await insert({ digests, ends })
    return new Set(rows.map(({ digest }) => digest))
  }
}
