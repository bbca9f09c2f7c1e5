import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CompiledQuery, QueryResult } from 'kysely'
import { AuthError } from '../../base/errors.ts'
import { PATIENCE, shortly } from './busy-retry.ts'
import type { Connection } from './connection.ts'
import { isBusy, isUnavailable, storeErrorFrom } from './errors.ts'

interface Statement {
  readonly kind: 'statement'
  readonly query: CompiledQuery
  resolve(result: QueryResult<unknown>): void
  reject(error: unknown): void
  /** When its patience with a lock that others hold is over, by `performance.now()`. */
  readonly until: number
}

interface Transaction {
  readonly kind: 'transaction'
  resolve(): void
  reject(error: unknown): void
  readonly until: number
}

/** Statements that share a commit: more would hold up the event loop for longer than a commit takes. */
const GROUP = 256

/** Milliseconds for which a group is gathered at the most: a few commits' time. */
const GATHERING = 2

/**
 * The one who writes. Making a commit durable takes much longer than a statement, so statements that arrive in one turn of
 * the event loop share one transaction, and each is answered after its commit. A statement that fails does so alone; a
 * commit that fails does so for all. Transactions proper have the writer to themselves, between groups.
 */
export class Writer {
  readonly #connection: Connection
  readonly #patience: number
  readonly #queue: (Statement | Transaction)[] = []
  #working: Promise<void> | undefined
  #transactionEnded: (() => void) | undefined

  /** @param patience milliseconds for which a lock that another process holds is waited for */
  constructor(connection: Connection, patience: number = PATIENCE) {
    this.#connection = connection
    this.#patience = patience
  }

  run<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      const until = performance.now() + this.#patience
      this.#add({
        kind: 'statement',
        query,
        resolve: resolve as Statement['resolve'],
        reject,
        until,
      })
    })
  }

  /** Waits for its turn and begins a transaction; until its `commit` or `rollback` no other writer runs. */
  begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#add({
        kind: 'transaction',
        resolve,
        reject,
        until: performance.now() + this.#patience,
      })
    })
  }

  /** A statement of the transaction that has begun. */
  runWithin<Row>(query: CompiledQuery): QueryResult<Row> {
    // A full disk undoes a whole transaction; what follows must not be written on its own.
    if (!this.#connection.inTransaction)
      throw new AuthError('store_unavailable', 'the transaction is gone', {
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

  /** When all that was asked has been answered. */
  async idle(): Promise<void> {
    await this.#working
  }

  #add(job: Statement | Transaction): void {
    this.#queue.push(job)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      if (!(await this.#lock())) continue
      const [next] = this.#queue
      if (next?.kind === 'transaction') await this.#handOver(next)
      else this.#commitTogether(this.#takeStatements())
    }
    this.#working = undefined
  }

  /** Lets turns of the event loop go by until one brings nothing new, so that what is on its way comes along. */
  async #gather(): Promise<void> {
    const until = performance.now() + GATHERING
    for (
      let before = 0;
      before < this.#queue.length &&
      this.#queue.length < GROUP &&
      performance.now() < until;
    ) {
      before = this.#queue.length
      await nextTurn()
    }
  }

  /** Takes the lock on the database, for which processes compete. @returns `false` if no caller waits for it any more */
  async #lock(): Promise<boolean> {
    for (;;) {
      this.#undo()
      try {
        this.#connection.exec('begin immediate')
        return true
      } catch (error) {
        this.#refuse(isBusy(error) ? performance.now() : Number.POSITIVE_INFINITY, error)
      }
      if (this.#queue.length === 0) return false
      await shortly()
    }
  }

  /** Refuses those who have waited until `now`. */
  #refuse(now: number, error: unknown): void {
    const tired = this.#queue.findIndex((job) => job.until > now)
    for (const job of this.#queue.splice(0, tired === -1 ? this.#queue.length : tired))
      job.reject(storeErrorFrom(error))
  }

  #handOver(transaction: Transaction): Promise<void> {
    this.#queue.shift()
    return new Promise((ended) => {
      this.#transactionEnded = ended
      transaction.resolve()
    })
  }

  #takeStatements(): readonly Statement[] {
    const end = this.#queue.slice(0, GROUP).findIndex((job) => job.kind !== 'statement')
    return this.#queue.splice(0, end === -1 ? GROUP : end) as Statement[]
  }

  #commitTogether(group: readonly Statement[]): void {
    const done: (() => void)[] = []
    try {
      for (const statement of group) done.push(this.#outcomeOf(statement))
      this.#connection.exec('commit')
    } catch (error) {
      this.#undo()
      for (const { reject } of group) reject(storeErrorFrom(error))
      return
    }
    for (const answer of done) answer()
  }

  /** Runs a statement. @returns what is to be answered after the commit @throws what ends the whole group */
  #outcomeOf({ query, resolve, reject }: Statement): () => void {
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
      // Nothing was committed; it is tried again before the next transaction begins.
    }
  }
}
