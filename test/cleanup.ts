import type { TestContext } from 'node:test'

type Cleanup = () => unknown

const cleanups = new WeakMap<TestContext, Cleanup[]>()

/**
 * Runs a cleanup after the test, the last one first, so that an instance is closed before its database is dropped. `t.after`
 * runs them in the order in which they were added.
 */
export function cleanUp(t: TestContext, cleanup: Cleanup): void {
  const added = cleanups.get(t)
  if (added !== undefined) return void added.push(cleanup)
  const all = [cleanup]
  cleanups.set(t, all)
  t.after(async () => {
    const errors: unknown[] = []
    for (const each of all.toReversed()) {
      try {
        await each()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  })
}
