import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAccounts } from './open.ts'

const EMAIL = 'ada@example.org'
const PASSWORD = 'w2pd-x9kc-qhr4-7mzt'

/** UM-12. */
test('what was used up stays so if the clock is set back ten minutes', async (t) => {
  const { auth, clock, issue, post } = await openAccounts(t)
  const user = await auth.users.create({
    username: 'ada',
    email: EMAIL,
    password: PASSWORD,
  })
  const code = await issue({
    purpose: 'reset_password',
    form: 'link',
    user: user as never,
    target: EMAIL,
  })
  const reset = { token: code.secret, new_password: `${PASSWORD}-2` }
  const spent = await auth.signIn(user)
  const revoked = await auth.signIn(user)
  clock.advance('1m')

  const answers = async () => [
    (await post('/auth/password/reset/confirm/', reset)).status,
    (await post('/api/token/refresh/', { refresh: spent.refresh })).status,
    (await post('/api/token/refresh/', { refresh: revoked.refresh })).status,
  ]
  assert.ok(revoked.session !== undefined)
  await auth.sessions.revoke(revoked.session.id)
  assert.deepEqual(await answers(), [204, 401, 401])
  clock.set(clock.now() - 600)
  assert.deepEqual(await answers(), [400, 401, 401])
})
