import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../src/testing/index.ts'

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

test('auth.signIn returns the session as sessions.list does, and it can be revoked', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada' })

  const { access, session } = await auth.signIn(ada)

  assert.deepEqual(await auth.sessions.list(ada.id), [session])
  assert.equal((await auth.require(bearing(access))).sessionId, session?.id)
  assert.equal(await auth.sessions.revoke(session?.id ?? ''), true)
  await assert.rejects(auth.require(bearing(access)), { code: 'revoked' })
})

test('auth.signIn returns no session if sessions are not stored', async () => {
  await using instance = testInstance({ tokens: { sessions: false } })
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada' })

  const { access, session } = await auth.signIn(ada)

  assert.equal(session, undefined)
  assert.equal((await auth.require(bearing(access))).user.id, ada.id)
})

test('auth.signIn issues a pair that a guard accepts and that refreshes', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada' })

  const pair = await auth.signIn(ada)

  assert.equal((await auth.require(bearing(pair.access))).user.id, ada.id)
  assert.equal((await auth.sessions.list(ada.id)).length, 1)
  const response = await auth.handler(
    new Request('http://localhost/api/token/refresh/', {
      method: 'POST',
      body: new URLSearchParams({ refresh: pair.refresh }),
    }),
  )
  assert.equal(response.status, 200)
  const [event] = await auth.events.list({ kind: 'signed_in' })
  assert.equal(event?.userId, ada.id)
})

test('auth.signIn refuses an inactive user and an unknown id, and opens no session', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const bob = await auth.users.create({ username: 'bob', active: false })

  await assert.rejects(auth.signIn(bob.id), { code: 'user_inactive' })
  await assert.rejects(auth.signIn('nowhere'), { code: 'user_not_found' })

  assert.deepEqual(await auth.sessions.list(bob.id), [])
})

test('a user is found by one field, and a query of another shape is rejected', async () => {
  await using instance = testInstance()
  const { users } = instance.auth
  const { id } = await users.create({ username: 'ada', email: 'ada@example.com' })

  for (const by of ['ada', { id }, { username: 'ada' }, { email: 'ada@EXAMPLE.com' }])
    assert.equal((await users.find(by as string))?.id, id)
  assert.equal(await users.find({ email: 'bob@example.com' }), undefined)
  for (const by of [{}, { id, username: 'bob' }, { hash: 'x' }, { id: 1 }, null])
    await assert.rejects(users.find(by as never), { code: 'invalid_config' })
})

test('users.checkPassword is true for the password of the user alone', async () => {
  await using instance = testInstance()
  const { users } = instance.auth
  const password = 'correct horse battery staple'
  const ada = await users.create({ username: 'ada', password })
  const bob = await users.create({ username: 'bob' })

  assert.equal(await users.checkPassword(ada.id, password), true)
  assert.equal(await users.checkPassword(ada.id, `${password} `), false)
  assert.equal(await users.checkPassword(bob.id, password), false)
  assert.equal(await users.checkPassword('nowhere', password), false)
})
