import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userAdmin } from '../../src/admin/users.ts'
import { testInstance } from '../../src/testing/index.ts'
import { openUsers } from '../users/setup.ts'

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

test('auth.signIn rejects an inactive user, an unknown id and a username, and opens no session', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const bob = await auth.users.create({ username: 'bob', active: false })

  await assert.rejects(auth.signIn(bob.id), { code: 'user_inactive' })
  for (const unknown of ['nowhere', bob.username])
    await assert.rejects(auth.signIn(unknown), { code: 'user_not_found' })

  assert.deepEqual(await auth.sessions.list(bob.id), [])
})

test('auth.signIn rejects a user whom users.rule rejects', async () => {
  await using instance = testInstance({ users: { rule: (user) => user?.staff === true } })
  const { auth } = instance
  const bob = await auth.users.create({ username: 'bob' })

  await assert.rejects(auth.signIn(bob), { code: 'user_inactive' })

  assert.deepEqual(await auth.sessions.list(bob.id), [])
  assert.deepEqual(await auth.events.list({ kind: 'signed_in' }), [])
})

test('auth.signIn is recorded once in the audit log, with and without stored sessions', async () => {
  for (const sessions of [true, false]) {
    await using instance = testInstance({ tokens: { sessions } })
    const { auth } = instance
    const ada = await auth.users.create({ username: 'ada' })

    const { session } = await auth.signIn(ada)

    const events = await auth.events.list({ kind: 'signed_in' })
    assert.deepEqual(
      events.map(({ userId, sessionId }) => [userId, sessionId]),
      [[ada.id, session?.id]],
    )
  }
})

test('a user is found by one field, and a query of another shape is rejected', async () => {
  await using instance = testInstance()
  const { users } = instance.auth
  const { id } = await users.create({ username: 'ada', email: 'ada@example.com' })

  const fullWidth = '\uff41\uff44\uff41'
  for (const by of [
    'ada',
    fullWidth,
    { id },
    { username: 'ada' },
    { email: 'ada@EXAMPLE.com' },
  ])
    assert.equal((await users.find(by as string))?.id, id)
  assert.equal(await users.find({ email: 'bob@example.com' }), undefined)
  for (const by of [{}, { id, username: 'bob' }, { hash: 'x' }, { id: 1 }, null])
    await assert.rejects(users.find(by as never), { code: 'invalid_config' })
})

test('users.checkPassword is true for the password of the user only', async () => {
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

test('users.checkPassword computes a hash for an unknown id and a user without a password, too', async () => {
  await using deps = await openUsers()
  const { create, checkPassword } = userAdmin(
    {
      roles: {},
      random: deps.random,
      fields: {},
      passwordRevokes: true,
      userIdField: 'id',
    },
    async () => ({
      ...deps,
      strength: [],
      audit: {
        record: async () => {},
        recordOncePerMinute() {},
        recordLimited() {},
      } as never,
      sessions: { revokeAll: async () => [] },
      onUserDeleted: async () => {},
    }),
  )
  const ada = await create({ username: 'ada', password: 'correct horse battery staple' })
  const bob = await create({ username: 'bob' })

  for (const id of [ada.id, bob.id, 'nowhere']) {
    deps.counted.hashes = 0
    assert.equal(await checkPassword(id, 'wrong'), false)
    assert.equal(deps.counted.hashes, 1, id)
  }
})
