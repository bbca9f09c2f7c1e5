import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyCredentials } from '../../src/sign-in/verify-credentials.ts'
import { AccountCache } from '../../src/stores/account-cache.ts'
import { cachedUsers as cachedByNotifications } from '../../src/stores/postgres/cached-users.ts'
import { createUser } from '../../src/users/create.ts'
import type { Users } from '../../src/users/users.ts'
import { openUsers } from '../users/setup.ts'

const password = 'Wonder-Land-42'

test('with PostgreSQL, names that are cached, known and unknown cause the same queries at sign-in', async () => {
  await using deps = await openUsers()
  for (const username of ['cached', 'known'])
    await createUser({ username, password }, deps)
  const queries: string[] = []
  const counted = Object.fromEntries(
    Object.entries(deps.users).map(([name, verb]) => [
      name,
      (...args: never[]) => {
        queries.push(name)
        return (verb as (...args: never[]) => unknown)(...args)
      },
    ]),
  ) as unknown as Users
  const users = cachedByNotifications(counted, new AccountCache(), () => true)
  await users.find('username', 'cached')

  for (const name of ['cached', 'known', 'unknown']) {
    queries.length = 0
    const options = {
      loginField: 'username',
      trimPassword: false,
      allows: () => true,
    } as const
    await assert.rejects(verifyCredentials(name, 'wrong', { ...deps, users }, options))
    assert.deepEqual(queries, ['read'], name)
  }
})
