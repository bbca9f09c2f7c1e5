import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import pg from 'pg'
import { cleanUp } from '../cleanup.ts'
import { aDatabase } from '../services/postgres.ts'
import type { DatabaseName } from './expected.ts'

export interface Copy {
  /** As the option `database` takes it. */
  readonly url: string
  query(sql: string): Promise<readonly object[]>
}

/** A new database for a test. @returns a string with the reason if it cannot be created */
type Making = (t: TestContext, folder?: string) => Promise<Copy | string>

/** With a folder, a copy of the data in it; without, an empty database. */
export const COPIES: Readonly<Record<DatabaseName, Making>> = {
  async SQLite(t, folder) {
    const place = mkdtempSync(join(tmpdir(), 'watchword-release-'))
    cleanUp(t, () => rmSync(place, { recursive: true, force: true }))
    const url = join(place, 'watchword.db')
    if (folder !== undefined) {
      copyFileSync(join(folder, 'watchword.sqlite'), url)
      chmodSync(url, 0o600)
    }
    return { url, query: async (sql) => querySqlite(url, sql) }
  },
  async PostgreSQL(t, folder) {
    const database = await aDatabase()
    if (typeof database === 'string') return database
    cleanUp(t, database.drop)
    const { url } = database
    const query = (sql: string) => queryPostgres(url, sql)
    if (folder !== undefined) {
      await query(readFileSync(join(folder, 'postgres.sql'), 'utf8'))
    }
    return { url, query }
  },
}

function querySqlite(file: string, sql: string): readonly object[] {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}

async function queryPostgres(url: string, sql: string): Promise<readonly object[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
