import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { retryWhileBusy } from './busy-retry.ts'
import type { Connection } from './connection.ts'
import { storeErrorFrom } from './errors.ts'
import { Writer } from './writer.ts'

/** An open database: `reader` is missing if there can be only one connection, as to one in memory. */
export interface Opened {
  readonly writing: Connection
  readonly reading: Connection | undefined
}

/** SQLite for Kysely: reads see what is committed, writes share commits (see `Writer`). */
export const sqliteDialect = (open: () => Promise<Opened>): Dialect => ({
  createAdapter: () => new Adapter(),
  createDriver: () => new SqliteDriver(open),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

class Adapter extends SqliteAdapter {
  /** Else Kysely would let in one statement at a time, and none could share a commit. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #open: () => Promise<Opened>
  #opened: Opened | undefined
  #writer: Writer | undefined

  constructor(open: () => Promise<Opened>) {
    this.#open = open
  }

  async init(): Promise<void> {
    this.#opened = await this.#open()
    this.#writer = new Writer(this.#opened.writing)
  }

  async acquireConnection(): Promise<Visit> {
    return new Visit(this.#writer!, this.#opened!.reading)
  }

  beginTransaction(visit: Visit): Promise<void> {
    return visit.begin()
  }

  async commitTransaction(visit: Visit): Promise<void> {
    visit.commit()
  }

  async rollbackTransaction(visit: Visit): Promise<void> {
    visit.rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#writer?.idle()
    this.#opened?.reading?.close()
    this.#opened?.writing.close()
  }
}

/** What Kysely takes for a connection: one statement, or one transaction. */
class Visit implements DatabaseConnection {
  readonly #writer: Writer
  readonly #reading: Connection | undefined
  #inTransaction = false

  constructor(writer: Writer, reading: Connection | undefined) {
    this.#writer = writer
    this.#reading = reading
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#inTransaction) return this.#writer.runWithin(query)
    if (this.#reading !== undefined && SelectQueryNode.is(query.query))
      return read(this.#reading, query)
    return this.#writer.run(query)
  }

  // biome-ignore lint/correctness/useYield: nothing in this house streams
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries of this dialect cannot be streamed')
  }

  async begin(): Promise<void> {
    await this.#writer.begin()
    this.#inTransaction = true
  }

  commit(): void {
    this.#writer.commit()
    this.#inTransaction = false
  }

  rollback(): void {
    if (!this.#inTransaction) return
    this.#inTransaction = false
    this.#writer.rollback()
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
