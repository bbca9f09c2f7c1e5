import type { TestContext } from 'node:test'
import pg from 'pg'
import type { InstanceStore } from '../../../src/features.ts'
import { aDatabase, aServer, type Server } from '../../services/postgres.ts'
import { postgresStore } from '../open.ts'

/** A database on PostgreSQL, and stores on it. */
export interface TestDatabase {
  readonly url: string
  /** A store of one process on it, not opened yet. */
  store(more?: Readonly<Record<string, string>>): InstanceStore
}

/** Creates a database for one test. Skips the test if PostgreSQL is not installed. */
export async function testDatabase(t: TestContext): Promise<TestDatabase | undefined> {
  const database = await aDatabase()
  if (typeof database === 'string') return void t.skip(database)
  return databaseAt(t, database.url, database.drop)
}

/** Starts a server for one test, which may stop or kill it. Skips the test if PostgreSQL is not installed. */
export async function testServer(
  t: TestContext,
): Promise<(TestDatabase & { readonly server: Server }) | undefined> {
  const server = await aServer()
  if (typeof server === 'string') return void t.skip(server)
  return {
    ...databaseAt(t, server.url, () => server.stop('immediate').catch(() => {})),
    server,
  }
}

function databaseAt(
  t: TestContext,
  url: string,
  remove: () => Promise<void>,
): TestDatabase {
  const stores: InstanceStore[] = []
  t.after(async () => {
    for (const store of stores) await store.close()
    await remove()
  })
  return {
    url,
    store(more = {}) {
      const store = postgresStore({ url: withQuery(url, more) })
      stores.push(store)
      return store
    },
  }
}

/** Another process that has executed a statement and not committed it. @returns commits it */
export async function uncommitted(
  t: TestContext,
  { url }: Pick<TestDatabase, 'url'>,
  statement: string,
): Promise<() => Promise<unknown>> {
  const client = new pg.Client(url)
  // The database may be dropped first.
  client.on('error', () => {})
  t.after(() => client.end())
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  return () => client.query('commit')
}

export function withQuery(url: string, more: Readonly<Record<string, string>>): string {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(more)) changed.searchParams.set(name, value)
  return changed.href
}
