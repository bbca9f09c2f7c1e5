import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { TokenOptions, UserOptions } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { folder, instanceFor, PASSWORD, post, signIn } from './setup.ts'

const CASES: Readonly<
  Record<string, { readonly tokens?: TokenOptions; readonly users?: UserOptions }>
> = {
  'with the default options': {},
  'with a claims function': { tokens: { claims: () => ({ role: 'editor' }) } },
  'with a rule': { users: { rule: (user) => user?.active === true } },
}

// The refresh is answered with 401, and the session is revoked.
for (const [name, options] of Object.entries(CASES)) {
  test(`a refresh of an inactive user revokes the session, ${name}`, async (t) => {
    const database = join(folder(t), 'watchword.db')
    const auth = instanceFor(t, { database, ...options })
    await auth.users.create({ username: 'ann', password: PASSWORD })
    const { refresh } = await signIn(auth)
    const db = new DatabaseSync(database)
    t.after(() => db.close())
    // Written in SQL, because an instance that deactivates a user revokes the sessions itself.
    db.exec('update users set active = 0')
    assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 401)
    db.exec('update users set active = 1')
    assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 401)
  })
}

test('a users.rule that returns a promise rejects every user', async () => {
  const rule = (async () => false) as unknown as NonNullable<UserOptions['rule']>
  await using app = testInstance({ users: { rule } })
  const { auth } = app
  await auth.users.create({ username: 'ann', password: PASSWORD })
  assert.notEqual(
    (await post(auth, '/api/token/', { username: 'ann', password: PASSWORD })).status,
    200,
  )
})
