import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken } from '../../src/authentication.ts'
import type { UnixSeconds } from '../../src/base/clock.ts'
import type { InstanceStore } from '../../src/features.ts'
import { IN_MEMORY } from '../../src/stores/sqlite/open-database.ts'
import { setPassword } from '../../src/users/change.ts'
import { createUser } from '../../src/users/create.ts'
import type { Account, UserId } from '../../src/users/user.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { SECRET } from '../server/secret.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { openUsers } from './setup.ts'

/** A store that goes on returning the user as first read while `isStale`: as PostgreSQL's cache does for up to a second. */
function staleStore() {
  const store = sqliteStore({ file: IN_MEMORY })
  const read = new Map<string, Account | undefined>()
  const { users } = store.ports
  const lag = { isStale: false }
  const find: typeof users.find = async (field, value) => {
    const key = `${field} ${value}`
    if (!lag.isStale || !read.has(key)) read.set(key, await users.find(field, value))
    return read.get(key)
  }
  const stale: InstanceStore = withPorts(store, { users: { ...users, find } })
  return { store: stale, lag }
}

for (const field of ['username', 'email'] as const) {
  test(`the old ${field} that tokens name, given back by a process that has not seen the change, begins an epoch`, async (t) => {
    const { store, lag } = staleStore()
    const auth = buildWatchword({ secret: SECRET, store, tokens: { userIdField: field } })
    cleanUp(t, () => auth.close())
    const named = { username: 'ada', email: 'ada@example.org' }
    const { id } = await auth.users.create(named)
    await auth.users.find({ id })
    lag.isStale = true
    await store.ports.users.change(id as never, {
      ...(field === 'username'
        ? { username: 'bea', usernameKey: 'bea' }
        : { email: 'bea@example.org' }),
    })
    const { access } = await auth.signIn(id)

    await auth.users.change(id, { [field]: named[field] })

    lag.isStale = false
    assert.equal((await auth.users.find({ id }))?.epoch, 1)
    const [session] = await auth.sessions.list(id)
    assert.equal(session?.revokeReason, 'admin')
    const headers = { authorization: `Bearer ${access}` }
    await assert.rejects(auth.require(new Request('http://localhost/', { headers })))
  })
}

test('an email that tokens name begins an epoch when it is removed', async (t) => {
  const auth = buildWatchword({
    secret: SECRET,
    store: staleStore().store,
    tokens: { userIdField: 'email' },
  })
  cleanUp(t, () => auth.close())
  const { id } = await auth.users.create({ username: 'ada', email: 'ada@example.org' })

  await auth.users.change(id, { email: undefined })

  assert.equal((await auth.users.find({ id }))?.epoch, 1)
})

test('the same email in another spelling begins no epoch, and ends no session', async (t) => {
  const auth = buildWatchword({
    secret: SECRET,
    store: staleStore().store,
    tokens: { userIdField: 'email' },
  })
  cleanUp(t, () => auth.close())
  const { id } = await auth.users.create({ username: 'ada', email: 'ada@example.org' })
  await auth.signIn(id)

  await auth.users.change(id, { email: 'ada@EXAMPLE.org' })

  assert.equal((await auth.users.find({ id }))?.epoch, 0)
  assert.equal((await auth.sessions.list(id))[0]?.revokeReason, undefined)
})

test('the same email again ends no session of an epoch that another change begins meanwhile', async (t) => {
  const store = sqliteStore({ file: IN_MEMORY })
  const { users } = store.ports
  let meanwhile = async () => {}
  const change: typeof users.change = async (...args) => {
    const before = meanwhile
    meanwhile = async () => {}
    await before()
    return users.change(...args)
  }
  const auth = buildWatchword({
    secret: SECRET,
    store: withPorts(store, { users: { ...users, change } }),
    tokens: { userIdField: 'email' },
  })
  cleanUp(t, () => auth.close())
  const { id } = await auth.users.create({ username: 'ada', email: 'ada@example.org' })
  meanwhile = async () => {
    await auth.users.setPassword(id, 'qhr4-7mzt-w2pd-x9kc')
    await auth.signIn(id)
  }

  const changed = await auth.users.change(id, { email: 'ada@example.org' })

  assert.equal(changed?.epoch, 1)
  assert.equal((await auth.sessions.list(id))[0]?.revokeReason, undefined)
})

test('a password is not set for a user who got the id while it was hashed', async () => {
  await using deps = await openUsers()
  await createUser({ id: '7', username: 'ada' }, deps)
  const eve = { id: '7', username: 'eve', password: 'of-Eve-9921-xq' }
  const passwords: typeof deps.passwords = {
    ...deps.passwords,
    async hash(password) {
      await deps.users.delete('7' as UserId)
      const later = () => (deps.clock() + 1) as UnixSeconds
      await createUser(eve, { ...deps, clock: later })
      return deps.passwords.hash(password)
    },
  }

  await assert.rejects(
    setPassword('7' as UserId, 'of-Ada-9921-xq', { ...deps, passwords }),
    {
      code: 'user_not_found',
    },
  )
  const { hash } = (await deps.users.find('id', '7'))!
  const check = await deps.passwords.verify([eve.password], hash)
  assert.equal(check.kind, 'right')
})

test('without sessions, a sign-in fails if another process has changed the password meanwhile', async (t) => {
  const { store, lag } = staleStore()
  const auth = buildWatchword({
    secret: SECRET,
    store,
    tokens: { sessions: false },
    signInChecks: [
      async ({ user }) => {
        lag.isStale = true
        await store.ports.users.setPassword(user.id, 'argon2$another')
        return undefined
      },
    ],
  })
  cleanUp(t, () => auth.close())
  await auth.users.create({ username: 'ada', password: 'of-Ada-9921-xq' })
  const { id } = (await auth.users.find('ada'))!
  await auth.users.find({ id })

  const body = new URLSearchParams({ username: 'ada', password: 'of-Ada-9921-xq' })
  const request = new Request('http://localhost/api/token/', { method: 'POST', body })

  assert.equal((await auth.handler(request)).status, 401)
})

test('an API token that exists is not given if another process has changed the password meanwhile', async (t) => {
  const { store, lag } = staleStore()
  let happens = async (_: UserId): Promise<void> => undefined
  const auth = buildWatchword({
    secret: SECRET,
    store,
    authentication: [apiToken()],
    signInChecks: [
      async ({ user }) => {
        await happens(user.id)
        return undefined
      },
    ],
  })
  cleanUp(t, () => auth.close())
  const { id } = await auth.users.create({ username: 'ada', password: 'of-Ada-9921-xq' })
  await auth.users.find({ id })
  const obtain = async () => {
    const body = new URLSearchParams({ username: 'ada', password: 'of-Ada-9921-xq' })
    const url = 'http://localhost/api-token-auth/'
    return (await auth.handler(new Request(url, { method: 'POST', body }))).status
  }
  assert.equal(await obtain(), 200)
  lag.isStale = true
  assert.equal(await obtain(), 200)
  happens = async (user) => {
    await store.ports.users.setPassword(user, 'argon2$another')
  }

  assert.equal(await obtain(), 400)
})
