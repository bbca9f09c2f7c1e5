import { createHash } from 'node:crypto'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { isStorable } from '../../base/storable.ts'
import { withUnstorable } from '../unstorable.ts'
import { isRetryable, storeErrorFrom } from './errors.ts'
import type { Pool } from './pool.ts'

/**
 * PostgreSQL for Kysely: each statement is prepared once per connection, by name, and its errors are errors of the store.
 *
 * @param open resolves when the database can be used; called again after it has rejected
 */
export const postgresDialect = (pool: Pool, open: () => Promise<void>): Dialect => ({
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new PostgresDriver(pool, open),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
})

class PostgresDriver implements Driver {
  readonly #pool: Pool
  readonly #open: () => Promise<void>

  constructor(pool: Pool, open: () => Promise<void>) {
    this.#pool = pool
    this.#open = open
  }

  init(): Promise<void> {
    return this.#open()
  }

  async acquireConnection(): Promise<StatementRunner> {
    return new StatementRunner(this.#pool)
  }

  beginTransaction(runner: StatementRunner): Promise<void> {
    return runner.begin()
  }

  commitTransaction(runner: StatementRunner): Promise<void> {
    return runner.commit()
  }

  rollbackTransaction(runner: StatementRunner): Promise<void> {
    return runner.rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

/** How often a statement is tried that the server refused without running it. */
const ATTEMPTS = 3

/** A connection as Kysely sees it: runs each statement on a free connection, or a transaction on one. */
class StatementRunner implements DatabaseConnection {
  readonly #pool: Pool
  /** The connection of the transaction. */
  #client: pg.PoolClient | undefined
  /** The error of a statement of the transaction. */
  #error: unknown

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!query.parameters.every(isStorable)) return withUnstorable(query)
    if (this.#client !== undefined) return this.#runWithin<Row>(this.#client, query)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#runOnFree<Row>(query)
      } catch (error) {
        if (attempt === ATTEMPTS || !isRetryable(error)) throw storeErrorFrom(error)
      }
    }
  }

  // biome-ignore lint/correctness/useYield: no query of this package is streamed
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries of this dialect cannot be streamed')
  }

  async begin(): Promise<void> {
    try {
      this.#client = await this.#pool.acquire()
      await this.#client.query('begin isolation level read committed')
    } catch (error) {
      this.#end(error)
      throw storeErrorFrom(error)
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#client!.query('commit')
      this.#end()
    } catch (error) {
      this.#end(error)
      throw storeErrorFrom(error)
    }
  }

  async rollback(): Promise<void> {
    try {
      await this.#client?.query('rollback')
      this.#end(this.#error)
    } catch (error) {
      // The server rolls back what was not committed.
      this.#end(error)
    }
  }

  async #runOnFree<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const client = await this.#pool.acquire()
    try {
      const result = await run<Row>(client, query)
      this.#pool.release(client)
      return result
    } catch (error) {
      this.#pool.release(client, error)
      throw error
    }
  }

  async #runWithin<Row>(
    client: pg.PoolClient,
    query: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    try {
      return await run<Row>(client, query)
    } catch (error) {
      this.#error = error
      throw storeErrorFrom(error)
    }
  }

  #end(error?: unknown): void {
    if (this.#client !== undefined) this.#pool.release(this.#client, error)
    this.#client = undefined
    this.#error = undefined
  }
}

async function run<Row>(
  client: pg.ClientBase,
  { sql, parameters }: CompiledQuery,
): Promise<QueryResult<Row>> {
  const { rows, rowCount } = await client.query({
    name: nameOf(sql),
    text: sql,
    values: parameters as unknown[],
  })
  return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
}

/** Names of statements by their SQL. Frequent queries are compiled once; others vary by the columns they name. */
const names = new Map<string, string>()

/** The name depends on the SQL alone: behind a pooler another process may have prepared it. */
function nameOf(sql: string): string {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `watchword_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`
  names.set(sql, name)
  return name
}
