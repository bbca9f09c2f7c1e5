import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthState } from '../../src/client/types.ts'
import { ADA, BOB, openBench, REFRESH } from './bench.ts'

const hanging = { get: () => new Promise<string>(() => {}), set() {}, remove() {} }
const LOST = { lose: 'request', silent: true } as const

test('a client whose storage and server do not answer is signed out after 20 seconds at most', async (t) => {
  const bench = await openBench(t)
  bench.state.fault = () => LOST
  const { client } = bench.open({ storage: hanging })
  assert.equal(client.state.status, 'loading')
  await bench.time.until(client.ready, 20_000)
  assert.deepEqual(client.state, { status: 'signedOut' })
})

test('with cookies and without an answer the reason is unknown', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  bench.state.fault = () => LOST
  bench.profile.cookies.set('__Host-csrftoken', 'x'.repeat(32))
  const { client } = bench.open({ transport: 'cookie' })
  await bench.time.until(client.ready, 20_000)
  assert.deepEqual(client.state, { status: 'signedOut', reason: 'unknown' })
})

test('refreshes with the same claims keep the state object, and a changed claim changes the user once', async (t) => {
  let plan = 'free'
  const bench = await openBench(t, { tokens: { claims: () => ({ plan }) } })
  const { client } = await bench.signedIn()
  const { state } = client
  assert.ok(Object.isFrozen(state))
  for (let i = 0; i < 10; i++) {
    await bench.time.pass(2000)
    await bench.time.until(client.getAccessToken({ fresh: true }))
  }
  assert.equal(bench.count(REFRESH), 10)
  assert.equal(client.state, state)

  plan = 'pro'
  const events: string[] = []
  client.subscribe((_, event) => events.push(event))
  await bench.time.pass(2000)
  await bench.time.until(client.getAccessToken({ fresh: true }))
  assert.notEqual(client.state, state)
  assert.equal(client.user?.plan, 'pro')
  await bench.time.pass(1)
  assert.deepEqual(events, ['refreshed', 'userChanged'])
})

test('reading and subscribing cause no request', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const before = bench.sent.length
  for (let i = 0; i < 1000; i++) client.subscribe(() => client.state)()
  await bench.time.pass(1000)
  assert.equal(bench.sent.length, before)
})

/** What no code has caught while a test runs. */
function uncaughtIn(t: { after(cleanup: () => void): void }): readonly unknown[] {
  const found: unknown[] = []
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => void found.push(error))
  t.after(() => {
    process.removeAllListeners('unhandledRejection')
    for (const each of before) process.on('unhandledRejection', each)
  })
  return found
}

test('a listener may await every method, and one that throws stops no other', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const reached: string[] = []
  const uncaught = uncaughtIn(t)
  client.subscribe(() => {
    throw new Error('of a listener')
  })
  client.subscribe(async (_, event) => {
    await client.getAccessToken()
    await client.fetch('/hello/')
    reached.push(event)
    if (event === 'signedIn') await client.signOut()
  })
  await bench.time.until(client.ready)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(30_000)
  assert.deepEqual(reached, ['signedOut', 'signedIn', 'signedOut'])
  assert.equal(uncaught.length, 3)
  assert.equal(client.state.status, 'signedOut')
})

test('a listener added during a notification hears the next event', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const heard: string[] = []
  const inner = (_: unknown, event: string) => void heard.push(event)
  client.subscribe((_, event) => {
    if (event === 'signedIn') client.subscribe(inner)
  })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(1)
  await bench.time.until(client.signOut())
  await bench.time.pass(1)
  assert.deepEqual(heard, ['signedOut'])
})

/** What ends a session, and the reason that the client gives. */
const REASONS = [
  ['revoked', (bench: Opened, id: string) => bench.auth.sessions.revokeAll(id)],
  [
    'userInactive',
    (bench: Opened, id: string) => bench.auth.users.change(id, { active: false }),
  ],
  ['expired', (bench: Opened) => bench.time.pass(86_400_000 * 2)],
] as const

type Opened = Awaited<ReturnType<typeof openBench>>

for (const [reason, end] of REASONS) {
  test(`a refused refresh signs out with the reason ${reason}, after one request`, async (t) => {
    const bench = await openBench(t)
    const { client } = await bench.signedIn({ refreshAhead: false })
    const { id } = (await bench.auth.users.find('ada'))!
    await end(bench, id)
    const before = bench.count(REFRESH)
    await bench.time.pass(2000)
    await bench.time.until(client.getAccessToken({ fresh: true }))
    assert.deepEqual(client.state, { status: 'signedOut', reason })
    await bench.time.pass(600_000)
    assert.equal(await bench.time.until(client.getAccessToken()), undefined)
    assert.equal(bench.count(REFRESH) - before, 1)
  })
}

test('a refresh that fails is a problem of a user who is still signed in; the next success removes it', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.pass(2000)
  bench.state.fault = ({ path }) =>
    path === REFRESH ? { answer: () => new Response('busy', { status: 503 }) } : undefined
  await assert.rejects(bench.time.until(client.getAccessToken({ fresh: true })), {
    name: 'AuthError',
    code: 'unavailable',
    status: 503,
  })
  const failed = client.state as Extract<AuthState, { status: 'signedIn' }>
  assert.deepEqual([failed.status, failed.problem?.code], ['signedIn', 'unavailable'])
  assert.equal(typeof (await bench.time.until(client.getAccessToken())), 'string')
  bench.state.fault = () => undefined
  await bench.time.pass(5000)
  await bench.time.until(client.getAccessToken({ fresh: true }))
  assert.equal('problem' in client.state, false)
})

test('an opaque token is used until a 401, without timers', async (t) => {
  const bench = await openBench(t)
  const fault = { answer: () => Response.json({ access: 'opaque', refresh: 'opaque' }) }
  bench.state.fault = ({ path }) => (path === '/api/token/' ? fault : undefined)
  const { client } = await bench.signedIn()
  assert.deepEqual(client.user, { id: '' })
  await bench.time.pass(86_400_000)
  assert.equal(bench.count(REFRESH), 0)
  assert.equal(await bench.time.until(client.getAccessToken()), 'opaque')
})

test('claims are read as UTF-8', async (t) => {
  const name = 'é中🙂'
  const bench = await openBench(t, { tokens: { claims: () => ({ name }) } })
  const { client } = await bench.signedIn()
  assert.equal(client.user?.name, name)
})

test('a closed client rejects, sends nothing more and does not sign out', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  client.close()
  const before = bench.sent.length
  for (const call of [
    () => client.getAccessToken(),
    () => client.fetch('/hello/'),
    () => client.signIn(BOB),
  ])
    await assert.rejects(bench.time.until<unknown>(call()), { code: 'closed' })
  await bench.time.pass(600_000)
  assert.equal(bench.sent.length, before)
  assert.equal((await bench.sessionsOf()).length, 1)
})

test('no event, error or warning contains a password or a token', async (t) => {
  const bench = await openBench(t)
  const { client, page } = bench.open({ storage: 'browser' })
  const seen: unknown[] = []
  client.subscribe((state, event) => seen.push(state, event))
  const failing = client.signIn({ ...ADA, password: 'marked-wrong-password' })
  await bench.time.until(failing).catch((error) => seen.push(error, error.message))
  await bench.time.until(client.signIn(ADA))
  const access = (await bench.time.until(client.getAccessToken())) ?? ''
  bench.state.fault = () => ({ lose: 'request' })
  await bench.time.pass(310_000)
  await bench.time.until(client.getAccessToken()).catch((error) => seen.push(error))
  await bench.time.until(client.signOut())
  const text =
    JSON.stringify(seen, (_, value) =>
      value instanceof Error ? { ...value, message: value.message } : value,
    ) + page.warnings.join()
  for (const secret of [ADA.password, 'marked-wrong-password', access])
    assert.ok(!text.includes(secret), secret.slice(0, 12))
})
