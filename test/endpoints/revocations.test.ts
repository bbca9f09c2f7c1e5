import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'

const NOW = 1_790_000_000

function setup(t: TestContext, options: Options = {}) {
  const { auth, clock, faults } = testInstance({
    endpoints: { revocations: true },
    now: NOW,
    ...options,
  })
  t.after(() => auth.close())
  const get = (path: string, method = 'GET') =>
    auth.handler(new Request(`http://localhost${path}`, { method }))
  return { auth, clock, get, faults }
}

test('the feed is not mounted by default', async (t) => {
  const { get } = setup(t, { endpoints: {} })
  assert.equal((await get('/api/token/revocations/')).status, 404)
})

test('the feed lists revoked sessions, without their users', async (t) => {
  const { auth, get } = setup(t)
  const { id } = await auth.users.create({
    username: 'ada',
    password: 'correct horse battery staple',
  })
  const body = JSON.stringify({
    username: 'ada',
    password: 'correct horse battery staple',
  })
  const json = { 'Content-Type': 'application/json' }
  await auth.handler(
    new Request('http://localhost/api/token/', { method: 'POST', body, headers: json }),
  )
  const [session] = await auth.sessions.list(id)
  await auth.sessions.revokeAll(id)

  const answer = await get('/api/token/revocations/?since=1789999900')

  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'public, max-age=1')
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.deepEqual(await answer.json(), {
    window: 300,
    until: NOW - 30,
    revoked: [session?.id],
    more: false,
    withdrawnKeys: [],
  })
  assert.equal(
    await (await get('/api/token/revocations')).text(),
    await (await get('/api/token/revocations/')).text(),
  )
})

test('the feed lists the keys that leaked, also after a flush, for two days', async (t) => {
  const { auth, get, clock } = setup(t)
  const before = await auth.keys.list()
  const feed = async () => {
    const answer = await get('/api/token/revocations/')
    return ((await answer.json()) as { withdrawnKeys: string[] }).withdrawnKeys
  }
  assert.deepEqual(await feed(), [])

  await auth.keys.rotate({ leaked: true })
  await auth.flush()

  const leaked = before.map(({ id }) => id).sort()
  assert.deepEqual((await feed()).toSorted(), leaked)
  clock.advance(2 * 86_400 + 1)
  await auth.flush()
  await auth.keys.rotate()
  assert.deepEqual(await feed(), [])
})

test('HEAD, OPTIONS and other methods are answered as at the key set', async (t) => {
  const { get } = setup(t)
  assert.equal((await get('/api/token/revocations/', 'HEAD')).status, 200)
  const options = await get('/api/token/revocations/', 'OPTIONS')
  assert.deepEqual(
    [options.status, options.headers.get('allow')],
    [200, 'GET, HEAD, OPTIONS'],
  )
  const post = await get('/api/token/revocations/', 'POST')
  assert.deepEqual(
    [post.status, await post.json()],
    [405, { detail: 'Method "POST" not allowed.' }],
  )
})

for (const query of [
  'since=',
  'since=now',
  'since=-1',
  'since=1.5',
  'since=1e9',
  'since=1&since=2',
  `since=${'9'.repeat(400)}`,
]) {
  test(`?${query.slice(0, 30)} gets 400 with an error for the field`, async (t) => {
    const { get } = setup(t)
    const answer = await get(`/api/token/revocations/?${query}`)
    assert.equal(answer.status, 400)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await answer.json(), { since: ['A valid integer is required.'] })
  })
}

test('a moment in the future is accepted', async (t) => {
  const { get } = setup(t)
  assert.equal((await get('/api/token/revocations/?since=999999999999')).status, 200)
})

test('while the store fails the response is 503 and must not be cached', async (t) => {
  const { auth, get, faults } = setup(t)
  await auth.migrate()
  faults.fail('sessions.revokedSince')

  const answer = await get('/api/token/revocations/')

  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '1')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
})

test('the option without sessions, or with a handler, is rejected at the start', () => {
  const endpoints = { revocations: true } as const
  assert.throws(
    () => watchword({ endpoints, tokens: { sessions: false } }),
    /endpoints\.revocations lists revoked sessions: set tokens\.sessions to true/,
  )
  assert.throws(
    () => watchword({ endpoints: { revocations: { handle: async () => ({}) } } }),
    /endpoints\.revocations takes no handler/,
  )
})
