import type { TestContext } from 'node:test'
import type { InstanceStore } from '../../src/features.ts'
import { cleanUp } from '../cleanup.ts'
import { aFolder } from '../sessions/setup.ts'
import { sqliteStore } from './open.ts'

export interface TestedDatabase {
  /** As the option `database` takes it. */
  readonly url: string
  /** Opens another store on it, as another process would. */
  open(): Promise<InstanceStore>
}

/** Creates a database for a test. @returns a string with the reason if it cannot */
export type FreshDatabase = (t: TestContext) => Promise<TestedDatabase | string>

export const freshSqlite: FreshDatabase = async (t) => {
  const { file, remove } = aFolder()
  return opening(t, file, () => sqliteStore({ file }), remove)
}

export function opening(
  t: TestContext,
  url: string,
  make: () => InstanceStore,
  remove: () => void | Promise<void>,
): TestedDatabase {
  const opened: InstanceStore[] = []
  cleanUp(t, async () => {
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
