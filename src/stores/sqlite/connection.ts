import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery, QueryResult } from 'kysely'
import { milliseconds } from '../../base/clock.ts'

/** How many statements are kept prepared. Frequent queries are compiled once; others vary by the columns they name. */
const CAPACITY = 256

/**
 * How long a reader may block the event loop waiting for a lock, which is rare. Writers do not: another process may hold the
 * lock for as long as a commit takes, so `busy-retry.ts` sleeps instead.
 */
const READ_TIMEOUT = milliseconds(2)

interface Statement {
  readonly call: StatementSync
  readonly givesRows: boolean
}

/** Node.js 24.7 has neither. */
type Copied = DatabaseSync & {
  serialize?(): Uint8Array
  deserialize?(copy: Uint8Array): void
}

/** One connection to a database. Calls are synchronous. */
export class Connection {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, Statement>()
  #version: StatementSync | undefined

  constructor(file: string, options: { readonly readOnly?: boolean } = {}) {
    // An import would fail on a Node.js without it, before `node-version.ts` can say so.
    const sqlite = process.getBuiltinModule('node:sqlite')
    this.#db = new sqlite.DatabaseSync(file, {
      timeout: options.readOnly ? READ_TIMEOUT : 0,
      ...options,
    })
  }

  run<Row>({
    sql,
    parameters,
  }: Pick<CompiledQuery, 'sql' | 'parameters'>): QueryResult<Row> {
    const { call, givesRows } = this.#statement(sql)
    if (givesRows) return { rows: call.all(...(parameters as SQLInputValue[])) as Row[] }
    const { changes } = call.run(...(parameters as SQLInputValue[]))
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  /** A number that changes with the commits of other connections only; `undefined` if it cannot be read. */
  othersVersion(): number | undefined {
    try {
      this.#version ??= this.#db.prepare('pragma data_version', { returnArrays: true })
      return (this.#version.get() as readonly unknown[] | undefined)?.[0] as
        | number
        | undefined
    } catch {
      return undefined
    }
  }

  /** The whole database; `undefined` if this Node.js cannot copy it. */
  serialize(): Uint8Array | undefined {
    return (this.#db as Copied).serialize?.()
  }

  /** Replaces the database, which is one in memory. */
  deserialize(copy: Uint8Array): void {
    ;(this.#db as Copied).deserialize?.(copy)
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  close(): void {
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const call = this.#db.prepare(sql)
    const statement = { call, givesRows: call.columns().length > 0 }
    if (this.#statements.size >= CAPACITY) this.#statements.clear()
    this.#statements.set(sql, statement)
    return statement
  }
}
