import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CompiledQuery, QueryResult } from 'kysely'
import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import { LOCK_TIMEOUT, shortPause } from './busy-retry.ts'
import type { Connection } from './connection.ts'
import { isBusy, isUnavailable, storeErrorFrom } from './errors.ts'

interface Statement {
  readonly kind: 'statement'
  readonly query: CompiledQuery
  resolve(result: QueryResult<unknown>): void
  reject(error: unknown): void
  /** When it is rejected if another process still holds the lock, by the monotonic clock. */
  readonly deadline: Milliseconds
}

interface Transaction {
  readonly kind: 'transaction'
  resolve(): void
  reject(error: unknown): void
  readonly deadline: Milliseconds
}

/** Statements that share a commit: more would block the event loop for longer than a commit takes. */
const BATCH = 256

/** How long a batch may fill: the time of a few commits. */
const FILL_TIME = milliseconds(2)

/**
 * The queue of the connection that writes. Making a commit durable takes much longer than a statement, so statements that arrive
 * in one turn of the event loop share one transaction, and each is answered after its commit. A statement that fails does so
 * alone; a commit that fails fails all of them. Transactions of callers run alone, between batches.
 */
export class WriteQueue {
  readonly #connection: Connection
  readonly #lockTimeout: Milliseconds
  readonly #queue: (Statement | Transaction)[] = []
  #working: Promise<void> | undefined
  #transactionEnded: (() => void) | undefined

  /** @param lockTimeout for a lock that another process holds */
  constructor(connection: Connection, lockTimeout = LOCK_TIMEOUT) {
    this.#connection = connection
    this.#lockTimeout = lockTimeout
  }

  run<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult<Row>>()
    this.#add({
      kind: 'statement',
      query,
      resolve: resolve as Statement['resolve'],
      reject,
      deadline: this.#deadline(),
    })
    return promise
  }

  /** Begins a transaction when it is first in the queue; until its `commit` or `rollback` nothing else is written. */
  begin(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#add({ kind: 'transaction', resolve, reject, deadline: this.#deadline() })
    return promise
  }

  /** A statement of the transaction that has begun. */
  runWithin<Row>(query: CompiledQuery): QueryResult<Row> {
    // SQLite rolls back the whole transaction if the disk is full; the rest of it must not be written alone.
    if (!this.#connection.inTransaction)
      throw new AuthError('store_unavailable', 'the transaction was rolled back', {
        retryAfter: 1,
      })
    try {
      return this.#connection.run(query)
    } catch (error) {
      throw storeErrorFrom(error)
    }
  }

  commit(): void {
    try {
      this.#connection.exec('commit')
    } catch (error) {
      throw storeErrorFrom(error)
    }
    this.#transactionEnded?.()
  }

  rollback(): void {
    this.#undo()
    this.#transactionEnded?.()
  }

  /** Resolves when the queue is empty. */
  async idle(): Promise<void> {
    await this.#working
  }

  #deadline(): Milliseconds {
    return milliseconds(monotonicClock() + this.#lockTimeout)
  }

  #add(job: Statement | Transaction): void {
    this.#queue.push(job)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#fill()
      if (!(await this.#lock())) continue
      const [next] = this.#queue
      if (next?.kind === 'transaction') await this.#runTransaction(next)
      else this.#commitTogether(this.#takeBatch())
    }
    this.#working = undefined
  }

  /** Waits until a turn of the event loop adds nothing to the queue. */
  async #fill(): Promise<void> {
    const end = monotonicClock() + FILL_TIME
    let before = 0
    while (before < this.#queue.length && this.#queue.length < BATCH) {
      if (monotonicClock() >= end) return
      before = this.#queue.length
      await nextTurn()
    }
  }

  /** Takes the lock of the database, for which processes compete. @returns `false` if every job was rejected meanwhile */
  async #lock(): Promise<boolean> {
    for (;;) {
      this.#undo()
      try {
        this.#connection.exec('begin immediate')
        return true
      } catch (error) {
        this.#rejectLate(error)
      }
      if (this.#queue.length === 0) return false
      await shortPause()
    }
  }

  /** Rejects the jobs whose deadline has passed, and all of them if waiting does not help. Deadlines are in order. */
  #rejectLate(error: unknown): void {
    const now = monotonicClock()
    const jobs = this.#queue
    while (jobs[0] !== undefined && (!isBusy(error) || jobs[0].deadline <= now))
      jobs.shift()?.reject(storeErrorFrom(error))
  }

  #runTransaction(transaction: Transaction): Promise<void> {
    this.#queue.shift()
    return new Promise((ended) => {
      this.#transactionEnded = ended
      transaction.resolve()
    })
  }

  /** The statements before the next transaction. */
  #takeBatch(): readonly Statement[] {
    const batch: Statement[] = []
    while (this.#queue[0]?.kind === 'statement' && batch.length < BATCH)
      batch.push(this.#queue.shift() as Statement)
    return batch
  }

  #commitTogether(batch: readonly Statement[]): void {
    const answers: (() => void)[] = []
    try {
      for (const statement of batch) answers.push(this.#run(statement))
      this.#connection.exec('commit')
    } catch (error) {
      this.#undo()
      for (const { reject } of batch) reject(storeErrorFrom(error))
      return
    }
    for (const answer of answers) answer()
  }

  /** Runs a statement. @returns its answer, for after the commit @throws an error that fails the whole batch */
  #run({ query, resolve, reject }: Statement): () => void {
    try {
      const result = this.#connection.run(query)
      return () => resolve(result)
    } catch (error) {
      if (isUnavailable(error) || !this.#connection.inTransaction) throw error
      return () => reject(error)
    }
  }

  #undo(): void {
    try {
      if (this.#connection.inTransaction) this.#connection.exec('rollback')
    } catch {
      // Nothing was committed; it is rolled back again before the next transaction begins.
    }
  }
}
