import { type Kysely, type Selectable, sql } from 'kysely'
import { type Milliseconds, milliseconds, monotonicClock } from '../../base/clock.ts'
import type { Rotation, Sessions, StoredSession } from '../../sessions/session.ts'
import { prepared } from '../prepared.ts'
import {
  type Deadline,
  type Swap,
  type SwapOperands,
  swapOf,
  swapQuery,
} from '../session-swap.ts'
import { sessionOf } from '../sessions.ts'
import type { SessionTable, Tables } from '../tables.ts'
import { codeOf, isConnectionLost, isStorable, storeUnavailable } from './errors.ts'

/** Rotations of one statement, and statements of a process at a time: more rotations gather while these run. */
const BATCH = 64
const CONCURRENT = 4

/** How long a rotation may wait to be sent: after that, its client has given up. */
const LONGEST_WAIT = milliseconds(1_000)

interface WaitingRotation {
  readonly rotation: Rotation
  /** The monotonic time at which it began to wait. */
  readonly since: Milliseconds
  resolve(session: StoredSession | undefined): void
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
  const queue = new RotationQueue(sessions, db, deadline)
  return {
    ...sessions,
    async rotate(rotation) {
      // No row holds such a string, and PostgreSQL would reject the whole batch for it.
      if (!isStorable(rotation.id) || !isStorable(rotation.jti)) return undefined
      return queue.add(rotation)
    },
  }
}

class RotationQueue {
  readonly #sessions: Sessions
  readonly #deadline: Deadline
  readonly #swapAll: ReturnType<typeof preparedSwapAll>
  readonly #waiting: WaitingRotation[] = []
  #running = 0
  #isScheduled = false

  constructor(sessions: Sessions, db: Kysely<Tables>, deadline: Deadline) {
    this.#sessions = sessions
    this.#deadline = deadline
    this.#swapAll = preparedSwapAll(db, deadline)
  }

  add(rotation: Rotation): Promise<StoredSession | undefined> {
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

  async #run(batch: readonly WaitingRotation[]): Promise<void> {
    this.#running += 1
    if (batch.length === 1) await this.#rotateEach(batch)
    else await this.#rotateTogether(batch)
    this.#running -= 1
    this.#schedule()
  }

  async #rotateEach(batch: readonly WaitingRotation[]): Promise<void> {
    const rotate = ({ rotation, resolve, reject }: WaitingRotation) =>
      this.#sessions.rotate(rotation).then(resolve, reject)
    await Promise.all(batch.map(rotate))
  }

  async #rotateTogether(batch: readonly WaitingRotation[]): Promise<void> {
    try {
      const swaps = batch.map(({ rotation }) => swapOf(rotation, this.#deadline))
      settle(batch, (await this.#swapAll(swaps)).rows)
    } catch (error) {
      // The server rejected the whole batch for one of them, such as one whose row is locked.
      if (isRejection(error)) return this.#rotateEach(batch)
      for (const { reject } of batch) reject(error)
    }
  }
}

type Row = Selectable<SessionTable>

/** Gives each row to the rotation whose `jti` it now has; the others did not find theirs. */
function settle(batch: readonly WaitingRotation[], rows: readonly Row[]): void {
  const keyOf = (id: string, generation: number, jti: string): string =>
    `${id} ${generation} ${jti}`
  const swapped = new Map(
    rows.map((row) => [keyOf(row.id, row.generation, row.jti), row]),
  )
  for (const { rotation, resolve } of batch) {
    const key = keyOf(rotation.id, rotation.generation + 1, rotation.newJti)
    const row = swapped.get(key)
    swapped.delete(key)
    resolve(row && sessionOf(row))
  }
}

/** Whether the server has answered with an error, so that nothing was done; otherwise the outcome is unknown. */
function isRejection(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown }).cause ?? error
  return codeOf(cause) !== undefined && !isConnectionLost(cause)
}

/** The columns of a list of swaps, as arrays for `unnest`. */
const COLUMNS: Readonly<Record<keyof Swap, 'text' | 'integer' | 'float8'>> = {
  id: 'text',
  generation: 'integer',
  jti: 'text',
  newJti: 'text',
  now: 'float8',
  alive: 'float8',
  idleEnd: 'float8',
  until: 'float8',
  userless: 'integer',
  anyActive: 'integer',
  anyEpoch: 'integer',
}
const NAMES = Object.keys(COLUMNS) as readonly (keyof Swap)[]

type Arrays = { readonly [Name in keyof Swap]: readonly Swap[Name][] }

const OPERANDS = Object.fromEntries(
  NAMES.map((name) => [name, sql.ref(`swap.${name}`)]),
) as unknown as SwapOperands

/** The statement that swaps a list of sessions, each under the conditions of a single swap. */
function preparedSwapAll(db: Kysely<Tables>, deadline: Deadline) {
  const run = prepared<Arrays, Row>(db, (arrays) => {
    const columns = NAMES.map((name) => sql`${arrays[name]}::${sql.raw(COLUMNS[name])}[]`)
    const names = NAMES.map((name) => sql.ref(name))
    const list = sql`unnest(${sql.join(columns)})`
    return swapQuery(db, OPERANDS, deadline)
      .from(list.as<'swap'>(sql`swap (${sql.join(names)})`))
      .returningAll('sessions')
  })
  return (swaps: readonly Swap[]) => run(arraysOf(swaps))
}

/** Sorted by id, in every process, so that no two deadlock on each other's rows. */
function arraysOf(swaps: readonly Swap[]): Arrays {
  const sorted = swaps.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const entries = NAMES.map((name) => [name, sorted.map((swap) => swap[name])])
  return Object.fromEntries(entries) as Arrays
}
