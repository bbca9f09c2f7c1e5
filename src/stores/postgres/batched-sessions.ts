import { type Kysely, sql } from 'kysely'
import { isStorable } from '../../base/storable.ts'
import type {
  Recovery,
  RotatedSession,
  Rotation,
  Sessions,
} from '../../sessions/session.ts'
import { prepared } from '../prepared.ts'
import {
  type Deadline,
  type Operands,
  type RecoverySwap,
  recoveryQuery,
  recoverySwapOf,
  type Swap,
  swapOf,
  swapQuery,
} from '../session-swap.ts'
import { ROTATED, type RotatedRow, rotatedOf } from '../sessions.ts'
import type { Tables } from '../tables.ts'
import { BatchQueue, type Waiting } from './batch-queue.ts'
import { isRejection } from './errors.ts'

type WaitingRotation<Each> = Waiting<Each, RotatedSession | undefined>

/**
 * Rotations that arrive together become one statement with one commit, each under its own conditions: sending a statement and
 * making it durable takes longer than running it. Of several for the same generation of a session one succeeds.
 */
export function batchedSessions(
  sessions: Sessions,
  db: Kysely<Tables>,
  deadline: Deadline,
): Sessions {
  const rotate = rotatedTogether(sessions.rotate, preparedRotations(db, deadline))
  const recover = rotatedTogether(sessions.recover, preparedRecoveries(db, deadline))
  return { ...sessions, rotate, recover }
}

/** @returns the rows that were swapped */
type RunAll<Each> = (rotations: readonly Each[]) => Promise<readonly Row[]>

function rotatedTogether<Each extends Rotation>(
  rotate: (rotation: Each) => Promise<RotatedSession | undefined>,
  rotateAll: RunAll<Each>,
): typeof rotate {
  const rotateEach = async (batch: readonly WaitingRotation<Each>[]): Promise<void> => {
    await Promise.all(
      batch.map(({ value, resolve, reject }) => rotate(value).then(resolve, reject)),
    )
  }
  const rotateTogether = async (
    batch: readonly WaitingRotation<Each>[],
  ): Promise<void> => {
    try {
      settle(batch, await rotateAll(batch.map(({ value }) => value)))
    } catch (error) {
      // The server rejected the whole batch for one of them, such as one whose row is locked.
      if (isRejection(error)) return rotateEach(batch)
      for (const { reject } of batch) reject(error)
    }
  }
  const queue = new BatchQueue<Each, RotatedSession | undefined>('refreshes', (batch) =>
    batch.length === 1 ? rotateEach(batch) : rotateTogether(batch),
  )
  return async (rotation) => {
    // No row holds such a string, and PostgreSQL would reject the whole batch for it.
    if (!isStorable(rotation.id) || !isStorable(rotation.jti)) return undefined
    return queue.add(rotation)
  }
}

type Row = RotatedRow

/** Gives each row to the rotation whose `jti` it now has; the others did not find theirs. */
function settle(batch: readonly WaitingRotation<Rotation>[], rows: readonly Row[]): void {
  const keyOf = (id: string, jti: string): string => `${id} ${jti}`
  const swapped = new Map(rows.map((row) => [keyOf(row.id, row.jti), row]))
  for (const { value, resolve } of batch) {
    const key = keyOf(value.id, value.newJti)
    const row = swapped.get(key)
    swapped.delete(key)
    resolve(row && rotatedOf(row))
  }
}

type ColumnType = 'text' | 'integer' | 'float8'
type Columns<Values> = Readonly<Record<keyof Values, ColumnType>>

/** The columns of a list of swaps, as arrays for `unnest`. */
const COLUMNS: Columns<Swap> = {
  id: 'text',
  generation: 'integer',
  jti: 'text',
  newJti: 'text',
  now: 'float8',
  liveAfter: 'float8',
  idleEnd: 'float8',
  executeBefore: 'float8',
  allowUserless: 'integer',
  allowInactive: 'integer',
  allowOtherEpoch: 'integer',
}

const RECOVERY_COLUMNS: Columns<RecoverySwap> = {
  ...COLUMNS,
  unusedGeneration: 'integer',
  unusedJti: 'text',
  spentSince: 'float8',
}

/** The statement that swaps a list of sessions, each under the conditions of a single swap. */
function preparedRotations(db: Kysely<Tables>, deadline: Deadline): RunAll<Rotation> {
  const run = preparedForAll(db, COLUMNS, (operands) => swapQuery(db, operands, deadline))
  return (rotations) => run(rotations.map((rotation) => swapOf(rotation, deadline)))
}

function preparedRecoveries(db: Kysely<Tables>, deadline: Deadline): RunAll<Recovery> {
  const run = preparedForAll(db, RECOVERY_COLUMNS, (operands) =>
    recoveryQuery(db, operands, deadline),
  )
  return (recoveries) =>
    run(recoveries.map((recovery) => recoverySwapOf(recovery, deadline)))
}

type Arrays<Values> = { readonly [Name in keyof Values]: readonly Values[Name][] }

function preparedForAll<Values extends Swap>(
  db: Kysely<Tables>,
  types: Columns<Values>,
  queryOf: (operands: Operands<Values>) => ReturnType<typeof swapQuery>,
): (swaps: readonly Values[]) => Promise<readonly Row[]> {
  const names = Object.keys(types) as readonly (keyof Values & string)[]
  const references = names.map((name) => [name, sql.ref(`swap.${name}`)])
  const operands = Object.fromEntries(references) as Operands<Values>
  const run = prepared<Arrays<Values>, Row>(db, (arrays) => {
    const columns = names.map((name) => sql`${arrays[name]}::${sql.raw(types[name])}[]`)
    const list = sql`unnest(${sql.join(columns)})`
    const columnNames = sql.join(names.map((name) => sql.ref(name)))
    return queryOf(operands)
      .from(list.as<'swap'>(sql`swap (${columnNames})`))
      .returning(ROTATED)
  })
  return async (swaps) => (await run(arraysOf(names, swaps))).rows
}

/** Sorted by id, in every process, so that no two deadlock on each other's rows. */
function arraysOf<Values extends Swap>(
  names: readonly (keyof Values)[],
  swaps: readonly Values[],
): Arrays<Values> {
  const sorted = swaps.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const entries = names.map((name) => [name, sorted.map((swap) => swap[name])])
  return Object.fromEntries(entries) as Arrays<Values>
}
