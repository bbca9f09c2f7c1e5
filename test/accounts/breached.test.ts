import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

test('users.breached rejects a password wherever one is set, and is asked only for one that is strong otherwise', async () => {
  const asked: string[] = []
  await using app = testInstance({
    accounts: { requireActivation: false },
    url: 'https://app.example.com',
    codes: { resendAfter: 0 },
    users: {
      breached(password) {
        asked.push(password)
        return password.startsWith('breached')
      },
    },
  })
  const breached = 'breached-7mzt-w2pd-x9kc'
  const message = 'This password is known from a data breach. Choose another one.'
  const post = async (path: string, body: object, headers = {}) => {
    const response = await app.auth.handler(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    )
    const text = await response.text()
    return { status: response.status, body: JSON.parse(text || '{}') }
  }
  const { users } = app.auth
  await assert.rejects(users.create({ username: 'ada', password: breached }), {
    body: { password: [message] },
  })
  const ada = await users.create({
    username: 'ada',
    email: 'ada@example.org',
    emailVerified: true,
    password: PASSWORD,
  })
  await assert.rejects(users.setPassword(ada.id, breached), {
    body: { password: [message] },
  })
  const eve = { username: 'eve', email: 'eve@example.org', password: breached }
  const signUp = await post('/auth/users/', eve)
  assert.deepEqual(signUp, { status: 400, body: { password: [message] } })
  const headers = await app.as('ada')
  const change = { current_password: PASSWORD, new_password: breached }
  const refused = { status: 400, body: { new_password: [message] } }
  assert.deepEqual(await post('/auth/me/password/', change, headers), refused)
  await post('/auth/password/reset/', { email: 'ada@example.org' })
  const text = (await app.mail()).at(-1)?.text ?? ''
  const token = /token=([\w-]{43})/.exec(text)?.[1]
  const reset = '/auth/password/reset/confirm/'
  assert.deepEqual(await post(reset, { token, new_password: breached }), refused)
  // The link is still valid.
  const other = 'w2pd-x9kc-qhr4-7mzt'
  assert.equal((await post(reset, { token, new_password: other })).status, 204)
  asked.length = 0
  await assert.rejects(users.setPassword(ada.id, '123'))
  assert.deepEqual(asked, [])
})

test('a wrong current password causes no look-up of the new one', async () => {
  const asked: string[] = []
  const breached = (password: string) => asked.push(password) < 0
  await using app = testInstance({
    accounts: true,
    url: 'https://app.example.com',
    users: { breached },
  })
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const headers = {
    'content-type': 'application/json',
    ...((await app.as('ada')) as Record<string, string>),
  }
  asked.length = 0
  const change = (current_password: string) =>
    app.auth.handler(
      new Request('http://localhost/auth/me/password/', {
        method: 'POST',
        headers,
        body: JSON.stringify({ current_password, new_password: 'w2pd-x9kc-qhr4-7mzt' }),
      }),
    )
  assert.equal((await change('wrong')).status, 400)
  assert.deepEqual(asked, [])
  assert.equal((await change(PASSWORD)).status, 204)
  assert.equal(asked.length, 1)
})
