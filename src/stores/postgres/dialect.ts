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
  SelectQueryNode,
} from 'kysely'
import type pg from 'pg'
import { AuthError } from '../../base/errors.ts'
import { isRetryable, isStorable, storeErrorFrom } from './errors.ts'
import type { Pool } from './pool.ts'

/**
 * PostgreSQL for Kysely: each statement is prepared once a connection, by name, and its errors are refusals.
 *
 * @param open resolves when the database can be used; called again if it could not be
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

  async acquireConnection(): Promise<Visit> {
    return new Visit(this.#pool)
  }

  beginTransaction(visit: Visit): Promise<void> {
    return visit.begin()
  }

  commitTransaction(visit: Visit): Promise<void> {
    return visit.commit()
  }

  rollbackTransaction(visit: Visit): Promise<void> {
    return visit.rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

/** How often a statement is tried that the server did not do, and may do. */
const ATTEMPTS = 3

/** What Kysely takes for a connection: one statement on whichever is free, or one transaction on one. */
class Visit implements DatabaseConnection {
  readonly #pool: Pool
  /** That of the transaction. */
  #client: pg.PoolClient | undefined
  /** What has ended the transaction, for its connection. */
  #fault: unknown

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!query.parameters.every(isStorable)) return withUnstorable(query)
    if (this.#client !== undefined) return this.#within<Row>(this.#client, query)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#alone<Row>(query)
      } catch (error) {
        if (attempt === ATTEMPTS || !isRetryable(error)) throw storeErrorFrom(error)
      }
    }
  }

  // biome-ignore lint/correctness/useYield: nothing in this house streams
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries of this dialect cannot be streamed')
  }

  async begin(): Promise<void> {
    try {
      this.#client = await this.#pool.take()
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
      this.#end(this.#fault)
    } catch (error) {
      // The server undoes what it has not committed.
      this.#end(error)
    }
  }

  async #alone<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const client = await this.#pool.take()
    try {
      const result = await run<Row>(client, query)
      this.#pool.giveBack(client)
      return result
    } catch (error) {
      this.#pool.giveBack(client, error)
      throw error
    }
  }

  async #within<Row>(
    client: pg.PoolClient,
    query: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    try {
      return await run<Row>(client, query)
    } catch (error) {
      this.#fault = error
      throw storeErrorFrom(error)
    }
  }

  #end(error?: unknown): void {
    if (this.#client !== undefined) this.#pool.giveBack(this.#client, error)
    this.#client = undefined
    this.#fault = undefined
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

/** Names of statements, by their texts, which are few: hot queries are compiled once, others vary by the columns they name. */
const names = new Map<string, string>()

/** One text has one name in all processes: a pooler may hand on what another has prepared. */
function nameOf(sql: string): string {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `watchword_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`
  names.set(sql, name)
  return name
}

/** No row is found by what no row can hold, and none is written. @throws AuthError `invalid` */
function withUnstorable<Row>({ query }: CompiledQuery): QueryResult<Row> {
  if (SelectQueryNode.is(query)) return { rows: [] }
  throw new AuthError('invalid', 'a text holds NUL, or half a character')
}
