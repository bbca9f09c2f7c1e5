import {
  type AbortableQueryOptions,
  type Compilable,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  isCompilable,
  Kysely,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { isStorable } from '../../base/storable.ts'
import { withUnstorable } from '../unstorable.ts'
import { retryWhileBusy } from './busy-retry.ts'
import type { Connection } from './connection.ts'
import { storeErrorFrom } from './errors.ts'
import { WriteQueue } from './write-queue.ts'

/** An open database; `reading` is `undefined` if there can be only one connection, as to a database in memory. */
export interface OpenDatabase {
  readonly writing: Connection
  readonly reading: Connection | undefined
}

/** Kysely on SQLite: reads see committed state, writes share commits (see `WriteQueue`). */
export class SqliteKysely<Tables> extends Kysely<Tables> {
  readonly #driver: SqliteDriver

  /** @param open is called at first use */
  constructor(open: () => Promise<OpenDatabase>) {
    const driver = new SqliteDriver(open)
    super({ dialect: dialectOf(driver) })
    this.#driver = driver
  }

  /** A compiled query goes straight to the database: acquiring a connection would take longer than the statement. */
  override executeQuery<Row>(
    query: CompiledQuery<Row> | Compilable<Row>,
    options?: AbortableQueryOptions,
  ): Promise<QueryResult<Row>> {
    const { direct } = this.#driver
    if (direct === undefined || options !== undefined || isCompilable(query))
      return super.executeQuery(query, options)
    return direct.executeQuery(query)
  }
}

const dialectOf = (driver: SqliteDriver): Dialect => ({
  createAdapter: () => new Adapter(),
  createDriver: () => driver,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

class Adapter extends SqliteAdapter {
  /** Otherwise Kysely would run one statement at a time, and none could share a commit. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #open: () => Promise<OpenDatabase>
  #opened: OpenDatabase | undefined
  #writes: WriteQueue | undefined
  #direct: StatementRunner | undefined

  constructor(open: () => Promise<OpenDatabase>) {
    this.#open = open
  }

  /** Runs statements outside of transactions; `undefined` before the first use and after the last one. */
  get direct(): StatementRunner | undefined {
    return this.#direct
  }

  async init(): Promise<void> {
    this.#opened = await this.#open()
    this.#writes = new WriteQueue(this.#opened.writing)
    this.#direct = await this.acquireConnection()
  }

  async acquireConnection(): Promise<StatementRunner> {
    return new StatementRunner(this.#writes!, this.#opened!.reading)
  }

  beginTransaction(runner: StatementRunner): Promise<void> {
    return runner.begin()
  }

  async commitTransaction(runner: StatementRunner): Promise<void> {
    runner.commit()
  }

  async rollbackTransaction(runner: StatementRunner): Promise<void> {
    runner.rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#direct = undefined
    await this.#writes?.idle()
    this.#opened?.reading?.close()
    this.#opened?.writing.close()
  }
}

/** A connection as Kysely sees it: runs each statement, or one transaction. */
class StatementRunner implements DatabaseConnection {
  readonly #writes: WriteQueue
  readonly #reading: Connection | undefined
  #inTransaction = false

  constructor(writes: WriteQueue, reading: Connection | undefined) {
    this.#writes = writes
    this.#reading = reading
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!query.parameters.every(isStorable)) return withUnstorable(query)
    if (this.#inTransaction) return this.#writes.runWithin(query)
    if (this.#reading !== undefined && SelectQueryNode.is(query.query))
      return read(this.#reading, query)
    return this.#writes.run(query)
  }

  // biome-ignore lint/correctness/useYield: no query of this package is streamed
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries of this dialect cannot be streamed')
  }

  async begin(): Promise<void> {
    await this.#writes.begin()
    this.#inTransaction = true
  }

  commit(): void {
    this.#writes.commit()
    this.#inTransaction = false
  }

  rollback(): void {
    if (!this.#inTransaction) return
    this.#inTransaction = false
    this.#writes.rollback()
  }
}

async function read<Row>(
  connection: Connection,
  query: CompiledQuery,
): Promise<QueryResult<Row>> {
  try {
    return await retryWhileBusy(() => connection.run<Row>(query))
  } catch (error) {
    throw storeErrorFrom(error)
  }
}
