import { type Kysely, sql } from 'kysely'
import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
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
import { codeOf, isConnectionLost, storeUnavailable } from './errors.ts'

/** Rotations of one statement, and statements of a process at a time: more rotations gather while these run. */
const BATCH = 64
const CONCURRENT = 4

/** How long a rotation may wait to be sent: after that, its client has given up. */
const LONGEST_WAIT = milliseconds(1_000)

interface Waiting<Each> {
  readonly rotation: Each
  /** The monotonic time at which it began to wait. */
  readonly since: Milliseconds
  resolve(session: RotatedSession | undefined): void
  reject(error: unknown): void
}

/**
 * Rotations that arrive together become one statement with one commit, each under its own conditions: sending a statement and
 * making it durable takes longer than running it. Of several for the same generation of a session one succeeds.
 */
export function batchedSessions(
  sessions: Sessions,
  db: Kysely<Tables>,
  deadline: Deadline,
): Sessions {
  const rotations = new RotationQueue<Rotation>(
    sessions.rotate,
    preparedRotations(db, deadline),
  )
  const recoveries = new RotationQueue<Recovery>(
    sessions.recover,
    preparedRecoveries(db, deadline),
  )
  return {
    ...sessions,
    rotate: (rotation) => rotations.add(rotation),
    recover: (recovery) => recoveries.add(recovery),
  }
}

/** @returns the rows that were swapped */
type RunAll<Each> = (rotations: readonly Each[]) => Promise<readonly Row[]>

class RotationQueue<Each extends Rotation> {
  readonly #runOne: (rotation: Each) => Promise<RotatedSession | undefined>
  readonly #runAll: RunAll<Each>
  readonly #waiting: Waiting<Each>[] = []
  #running = 0
  #isScheduled = false

  constructor(
    runOne: (rotation: Each) => Promise<RotatedSession | undefined>,
    runAll: RunAll<Each>,
  ) {
    this.#runOne = runOne
    this.#runAll = runAll
  }

  async add(rotation: Each): Promise<RotatedSession | undefined> {
    // No row holds such a string, and PostgreSQL would reject the whole batch for it.
    if (!isStorable(rotation.id) || !isStorable(rotation.jti)) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rotation, since: monotonicClock(), resolve, reject })
      this.#schedule()
    })
  }

  /** Rotations of the same turn of the event loop join the batch. */
  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    if (this.#running >= CONCURRENT) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#rejectLate()
      while (this.#waiting.length > 0 && this.#running < CONCURRENT)
        void this.#run(this.#waiting.splice(0, BATCH))
    })
  }

  #rejectLate(): void {
    const oldest = monotonicClock() - LONGEST_WAIT
    while ((this.#waiting[0]?.since ?? oldest) < oldest)
      this.#waiting.shift()?.reject(storeUnavailable('too many refreshes wait'))
  }

  async #run(batch: readonly Waiting<Each>[]): Promise<void> {
    this.#running += 1
    if (batch.length === 1) await this.#rotateEach(batch)
    else await this.#rotateTogether(batch)
    this.#running -= 1
    this.#schedule()
  }

  async #rotateEach(batch: readonly Waiting<Each>[]): Promise<void> {
    const rotate = ({ rotation, resolve, reject }: Waiting<Each>) =>
      this.#runOne(rotation).then(resolve, reject)
    await Promise.all(batch.map(rotate))
  }

  async #rotateTogether(batch: readonly Waiting<Each>[]): Promise<void> {
    try {
      settle(batch, await this.#runAll(batch.map(({ rotation }) => rotation)))
    } catch (error) {
      // The server rejected the whole batch for one of them, such as one whose row is locked.
      if (isRejection(error)) return this.#rotateEach(batch)
      for (const { reject } of batch) reject(error)
    }
  }
}

type Row = RotatedRow

/** Gives each row to the rotation whose `jti` it now has; the others did not find theirs. */
function settle(batch: readonly Waiting<Rotation>[], rows: readonly Row[]): void {
  const keyOf = (id: string, jti: string): string => `${id} ${jti}`
  const swapped = new Map(rows.map((row) => [keyOf(row.id, row.jti), row]))
  for (const { rotation, resolve } of batch) {
    const key = keyOf(rotation.id, rotation.newJti)
    const row = swapped.get(key)
    swapped.delete(key)
    resolve(row && rotatedOf(row))
  }
}

/** Whether the server has answered with an error, so that nothing was done; otherwise the outcome is unknown. */
function isRejection(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown }).cause ?? error
  return codeOf(cause) !== undefined && !isConnectionLost(cause)
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
