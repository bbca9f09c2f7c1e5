import type { TestContext } from 'node:test'
import { signingKeyStore } from '../../src/features/signing-keys/store.ts'
import { testClock } from '../../src/testing/clock.ts'
import { openParts } from '../pages/own/setup.ts'

/** An instance with a user, ada, and what features are passed. */
export async function opened(t: TestContext) {
  const clock = testClock()
  const { auth, core } = await openParts(t, {
    clock: clock.now,
    oauth: true,
    signingKeys: true,
  })
  const ada = await auth.users.create({ username: 'ada' })
  return {
    auth,
    core,
    clock,
    ada,
    /** The rows, with their sealed secrets. */
    dump: () => core.ports(signingKeyStore).signingKeys.list(undefined, 99),
  }
}
