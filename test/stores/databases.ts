import type { TestContext } from 'node:test'
import { loadDriver } from '../../src/stores/postgres/driver.ts'
import { postgresStore } from '../../src/stores/postgres/store.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Store } from '../../src/stores/store.ts'
import { aDatabase } from '../services/postgres.ts'
import { aFolder } from '../sessions/house.ts'

await loadDriver()

export interface TestedDatabase {
  /** As the option `database` takes it. */
  readonly url: string
  /** One more store on it, as another process would have. */
  open(): Promise<Store>
}

/** Every kind of database that the SQL runs on, made fresh for a test. @returns a text: why there is none */
export const DATABASES: Readonly<Record<string, (t: TestContext) => Promise<TestedDatabase | string>>> = {
  async SQLite(t) {
    const { file, remove } = aFolder()
    return opening(t, file, () => sqliteStore({ file }), remove)
  },
  async PostgreSQL(t) {
    const database = await aDatabase()
    if (typeof database === 'string') return database
    const { url, drop } = database
    return opening(t, url, () => postgresStore({ url }), drop)
  },
}

function opening(t: TestContext, url: string, make: () => Store, remove: () => void | Promise<void>): TestedDatabase {
  const opened: Store[] = []
  t.after(async () => {
    for (const store of opened) await store.close()
    await remove()
  })
  return {
    url,
    async open() {
      const store = make()
      opened.push(store)
      await store.migrate()
      return store
    },
  }
}
