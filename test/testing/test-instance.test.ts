import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'correct horse battery staple'

const post = (path: string, body: object): Request =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const get = (headers: Readonly<Record<string, string>>): Request =>
  new Request('http://localhost/', { headers })

test('each test instance has its own users', async () => {
  await using one = testInstance()
  await using other = testInstance()
  await one.auth.users.create({ username: 'ada' })

  assert.equal(await one.auth.users.count(), 1)
  assert.equal(await other.auth.users.count(), 0)
})

test('database, redis, clock and log of shared options are replaced', async () => {
  const shared = {
    database: '/nowhere/at/all.db',
    redis: 'redis://nowhere.invalid',
    counts: 'redis',
    clock: () => 1,
    log: () => assert.fail('the log of the options was called'),
    // Warns at the start.
    tokens: { sessions: false },
  } as const
  await using app = testInstance(shared)
  const ada = await app.auth.users.create({ username: 'ada' })

  assert.equal(ada.joinedAt, app.clock.now())
  assert.equal(app.log.length, 1)
})

test('environment variables do not reach a test instance', async () => {
  process.env.WATCHWORD_SECRET = 'too short to be accepted'
  try {
    assert.doesNotThrow(() => testInstance())
  } finally {
    delete process.env.WATCHWORD_SECRET
  }
})

test('the clock stands still, moves forward and is set', async () => {
  await using app = testInstance({ now: 1_800_000_000 })
  const ada = await app.auth.users.create({ username: 'ada' })
  assert.equal(ada.joinedAt, 1_800_000_000)

  app.clock.advance('5m')
  app.clock.advance(0.5)
  assert.equal(app.clock.now(), 1_800_000_300.5)

  app.clock.set(1_700_000_000)
  const bob = await app.auth.users.create({ username: 'bob' })
  assert.equal(bob.joinedAt, 1_700_000_000)
})

test('the clock rejects what is not a time, and says what to write', async () => {
  await using app = testInstance()
  assert.throws(() => app.clock.advance('5 minutes' as '5m'), /a duration such as "5m"/)
  assert.throws(() => app.clock.advance(-1), /call clock\.set\(\)/)
  assert.throws(() => app.clock.set(Date.now()), /Divide milliseconds by 1000/)
  assert.throws(() => testInstance({ now: Number.NaN }), /now takes seconds since 1970/)
})

test('as() signs a user in by name and by the user itself', async () => {
  await using app = testInstance()
  const ada = await app.auth.users.create({ username: 'ada' })

  const byName = await app.auth.require(get(await app.as('ada')))
  const byUser = await app.auth.require(get(await app.as(ada)))

  assert.equal(byName.user?.username, 'ada')
  assert.equal(byUser.user?.username, 'ada')
  assert.equal((await app.auth.sessions.list(ada.id)).length, 2)
})

test('as() uses the header that the options name', async () => {
  await using app = testInstance({
    tokens: { headerName: 'X-Access-Token', headerTypes: ['JWT', 'Bearer'] },
  })
  await app.auth.users.create({ username: 'ada' })

  const headers = await app.as('ada')

  assert.deepEqual(Object.keys(headers), ['x-access-token'])
  const { user } = await app.auth.require(get(headers))
  assert.equal(user?.username, 'ada')
})

test('as() with an unknown username creates no user', async () => {
  await using app = testInstance()
  await assert.rejects(app.as('aad'), {
    code: 'user_not_found',
    message: /no user with the username "aad".*auth\.users\.create/s,
  })
  await assert.rejects(app.as({ id: 'aad' }), { code: 'user_not_found' })
  assert.equal(await app.auth.users.count(), 0)
})

test('an access token expires when the clock has moved by its lifetime', async () => {
  await using app = testInstance({ tokens: { access: '5m' } })
  await app.auth.users.create({ username: 'ada' })
  const request = get(await app.as('ada'))

  app.clock.advance(299)
  await app.auth.require(request)

  app.clock.advance(1)
  await assert.rejects(app.auth.require(request), { status: 401 })
})

test('a password is checked, and no sign-in replaces its hash', async () => {
  await using app = testInstance()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  // A sign-in that replaced the hash would need this function of the store.
  app.faults.fail('users.upgradeHash')

  const right = await app.auth.handler(
    post('/api/token/', { username: 'ada', password: PASSWORD }),
  )
  const wrong = await app.auth.handler(
    post('/api/token/', { username: 'ada', password: 'another one' }),
  )

  assert.equal(right.status, 200)
  assert.equal(wrong.status, 401)
})

test('nothing is written to standard error', async (t) => {
  const written = t.mock.method(console, 'error', () => {})
  await using app = testInstance({ tokens: { sessions: false } })
  await app.auth.migrate()

  assert.match(app.log[0]?.event ?? '', /tokens\.sessions is false/)
  assert.equal(written.mock.callCount(), 0)
})
