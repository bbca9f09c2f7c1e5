import type { TestContext } from 'node:test'
import type { Core } from '../../src/features/core.ts'
import { type Instance, openInstance } from '../../src/instance/instance.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../../src/testing/cheap-passwords.ts'
import { type TestClock, testClock } from '../../src/testing/clock.ts'
import { createUser } from '../../src/users/create.ts'
import type { StoredUser } from '../../src/users/user.ts'
import type { UserInput } from '../../src/users/user-input.ts'
import { cleanUp } from '../cleanup.ts'

export interface OpenedCore {
  readonly core: Core
  readonly instance: Instance
  readonly clock: TestClock
  create(input: UserInput): Promise<StoredUser>
}

/** What features are passed, on a database in memory unless the options name one. */
export async function openCore(
  t: TestContext,
  options: Options = {},
): Promise<OpenedCore> {
  const clock = testClock()
  const settings = parseSettings(
    {
      database: 'sqlite::memory:',
      secret: 'a secret of the tests of one-time codes, long enough',
      log: () => {},
      clock: clock.now,
      ...options,
    },
    {},
  )
  const instance = await openInstance(settings, { encodings: CHEAP_PASSWORDS })
  cleanUp(t, () => instance.close())
  const { core, passwords } = instance
  return {
    core,
    instance,
    clock,
    create: (input) => createUser(input, { ...core, passwords }),
  }
}
