import type { TestContext } from 'node:test'

type Cleanup = () => unknown

/** What of a test a cleanup needs. */
export type Scope = Pick<TestContext, 'after'>

/** Runs a part of a program as a test runs, with its cleanups. */
export async function withCleanup<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const after: Cleanup[] = []
  try {
    return await work({ after: (cleanup) => void after.push(cleanup as Cleanup) })
  } finally {
    for (const each of after) await each()
  }
}

const cleanups = new WeakMap<Scope, Cleanup[]>()

/**
 * Runs a cleanup after the test, the last one first, so that an instance is closed before its database is dropped. `t.after`
 * runs them in the order in which they were added.
 */
export function cleanUp(t: Scope, cleanup: Cleanup): void {
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
