import type { TestContext } from 'node:test'
import type { InstanceStore } from '../../src/features.ts'
import { aFolder } from '../sessions/house.ts'
import { sqliteStore } from './open.ts'

export interface TestedDatabase {
  /** As the option `database` takes it. */
  readonly url: string
  /** One more store on it, as another process would have. */
  open(): Promise<InstanceStore>
}

/** Makes one fresh for a test. @returns a text: why there is none */
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
