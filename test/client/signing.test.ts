import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { bearer, session } from '../../src/authentication.ts'
import { ADA, BLACKLIST, BOB, openBench, PASSWORD, REFRESH } from './bench.ts'

test('a sign-in resolves to the user, after the state is signed in', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const user = await bench.time.until(client.signIn(ADA))
  assert.equal(client.user, user)
  const { id } = (await bench.auth.users.find('ada'))!
  assert.equal(user.id, id)
})

test('what a sign-in may answer, and the error of the client', async (t) => {
  const headers = { 'retry-after': '7' }
  const detail = 'x'
  const cases = [
    [401, { detail }, { code: 'invalid_credentials' }],
    [
      400,
      { username: ['Required.'] },
      { code: 'invalid', fields: { username: ['Required.'] } },
    ],
    [429, { detail }, { code: 'throttled', retryAfter: 7 }],
    [503, { detail }, { code: 'unavailable', retryAfter: 7 }],
    [403, { detail: 'CSRF Failed' }, { code: 'forbidden' }],
    [
      403,
      { code: 'mfa_required', ticket: 'T', methods: ['totp'] },
      { code: 'second_factor_required', ticket: 'T', methods: ['totp'] },
    ],
    [418, {}, { code: 'refused' }],
    [200, {}, { code: 'refused' }],
  ] as const
  for (const [status, body, expected] of cases) {
    const bench = await openBench(t)
    bench.state.fault = () => ({ answer: () => Response.json(body, { status, headers }) })
    const { client } = bench.open()
    await assert.rejects(bench.time.until(client.signIn(ADA)), { status, ...expected })
    const failure = await bench.time.until(client.signIn(ADA).catch((error) => error))
    assert.deepEqual(failure.cause, body)
    assert.equal(bench.count('/api/token/'), 2)
    assert.equal(client.state.status, 'signedOut')
  }
})

test('a lost answer of a sign-in rejects, is not sent again, and leaves the state as it was', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const { state } = client
  bench.state.fault = () => ({ lose: 'answer' })
  await assert.rejects(bench.time.until(client.signIn(BOB)), { code: 'network' })
  assert.equal(client.state, state)
  bench.state.fault = () => ({ lose: 'answer', silent: true })
  await assert.rejects(bench.time.until(client.signIn(BOB), 10_001), { code: 'timeout' })
  assert.equal(bench.count('/api/token/'), 3)
})

test('a second factor is asked for, and the ticket with a code signs in', async (t) => {
  const bench = await openBench(t, { secondFactors: true })
  const { client } = await bench.signedIn()
  const post = async (path: string, body: object) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    const response = await bench.time.until(client.fetch(path, init))
    return (await response.json()) as { id: string; secret: string }
  }
  const { id, secret } = await post('/auth/totp/', { current_password: PASSWORD })
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  const code = () => totp.generate({ timestamp: bench.clock.now() * 1000 })
  await post('/auth/totp/confirm/', { id, code: code() })
  await bench.time.until(client.signOut())
  await bench.time.pass(60_000)
  const failure = await bench.time.until(client.signIn(ADA).catch((error) => error))
  assert.deepEqual(
    [failure.code, failure.methods.includes('totp')],
    ['second_factor_required', true],
  )
  await bench.time.until(client.signIn({ ticket: failure.ticket, code: code() }))
  assert.equal(client.state.status, 'signedIn')
})

test('of two sign-ins the later wins; the session of the earlier is signed out', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  bench.state.fault = (_, count) => ({ slow: count === 1 ? 2000 : 100 })
  const first = client.signIn(ADA)
  const second = client.signIn(BOB)
  await assert.rejects(bench.time.until(first), { code: 'superseded' })
  await bench.time.until(second)
  await bench.time.pass(5000)
  assert.equal((await bench.sessionsOf('ada')).length, 0)
  assert.equal((await bench.sessionsOf('bob')).length, 1)
})

test('a sign-in as another user ends the session of the former', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.until(client.signIn(BOB))
  await bench.time.pass(1000)
  assert.equal((await bench.sessionsOf('ada')).length, 0)
})

test('a sign-in needs no storage, lock or channel', async (t) => {
  const bench = await openBench(t)
  const hangs = () => new Promise<never>(() => {})
  const platform = {
    navigator: { locks: { request: hangs } },
    BroadcastChannel: undefined,
    localStorage: undefined,
  }
  const { client } = bench.open({ storage: 'browser' }, { platform })
  await bench.time.until(client.signIn(ADA))
  assert.equal(client.state.status, 'signedIn')
})

const EVE = { username: 'eve', email: 'eve@example.org', password: PASSWORD }

test('a sign-up creates the user and does not sign in', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  await bench.time.until(client.signUp(EVE))
  assert.equal(client.state.status, 'signedOut')
  assert.equal((await bench.auth.users.find('eve'))?.username, 'eve')
  const taken = client.signUp({ ...EVE, email: 'other@example.org' })
  const failure = await bench.time.until(taken.catch((error) => error))
  assert.deepEqual([failure.code, Object.keys(failure.fields)], ['invalid', ['username']])
})

test('the tokens of a sign-up sign in', async (t) => {
  const bench = await openBench(t)
  const user = await bench.auth.users.create(EVE)
  const pair = await bench.auth.signIn(user)
  const answer = () => Response.json(pair, { status: 201 })
  bench.state.fault = ({ path }) => (path === '/auth/users/' ? { answer } : undefined)
  const { client } = bench.open()
  await bench.time.until(client.signUp(EVE))
  assert.equal(client.user?.id, user.id)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
})

test('a code signs in', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const answer = () => Response.json({ access: 'a', refresh: 'b' })
  bench.state.fault = ({ path }) =>
    path === '/auth/code/redeem/' ? { answer } : undefined
  for (const credentials of [
    { email: 'ada@example.org', code: '123456' },
    { phone: '+4930123456', code: '123456' },
    { token: 'of-a-link' },
  ]) {
    await bench.time.until(client.signIn(credentials))
    const { request } = bench.sent.findLast(({ path }) => path.startsWith('/auth/'))!
    assert.deepEqual(await request.clone().json(), credentials)
  }
  assert.equal(bench.count('/auth/code/redeem/'), 3)
})

test('a session that has ended already is signed out with one request', async (t) => {
  const bench = await openBench(t)
  for (const status of [200, 400, 401]) {
    const { client } = await bench.signedIn()
    const answer = () => Response.json({}, { status })
    bench.state.fault = ({ path }) => (path === BLACKLIST ? { answer } : undefined)
    const before = bench.count(BLACKLIST)
    await bench.time.until(client.signOut())
    await bench.time.pass(200_000)
    assert.equal(bench.count(BLACKLIST) - before, 1, `${status}`)
    bench.state.fault = () => undefined
  }
})

test('a sign-out resolves after ten seconds without an answer', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  bench.state.fault = () => ({ lose: 'answer', silent: true })
  await bench.time.until(client.signOut(), 10_000)
  assert.equal(client.state.status, 'signedOut')
})

test('a sign-out shows at once, whatever the server, a refresh or the storage do', async (t) => {
  for (const fault of [
    {},
    { lose: 'request' },
    { lose: 'request', silent: true },
  ] as const) {
    const bench = await openBench(t)
    const { client } = await bench.signedIn({ storage: 'browser', refreshAhead: false })
    await bench.time.pass(301_000)
    bench.state.fault = () => fault
    const refreshing = client.getAccessToken().catch(() => {})
    await bench.time.pass(10)
    const done = client.signOut()
    assert.equal(client.state.status, 'signedOut')
    await bench.time.until(Promise.all([done, refreshing]), 20_000)
    assert.equal(await bench.time.until(client.getAccessToken()), undefined)
  }
})

test('a sign-out ends the session on the server; a second one sends nothing', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.until(client.signOut())
  assert.equal((await bench.sessionsOf()).length, 0)
  await bench.time.until(client.signOut())
  assert.equal(bench.count(BLACKLIST), 1)
  assert.deepEqual(client.state, { status: 'signedOut', reason: 'signOut' })
})

test('a sign-out that was not delivered is sent again, also after a reload, and no stored token refreshes', async (t) => {
  for (const reload of [false, true]) {
    const bench = await openBench(t)
    const first = await bench.signedIn({ storage: 'browser' })
    bench.state.fault = () => ({ lose: 'request' })
    await bench.time.until(first.client.signOut())
    await bench.time.pass(100_000)
    const stored = [...bench.profile.local.values()].join()
    assert.doesNotMatch(stored, /refresh/)
    const tokens = stored.match(/[\w-]+\.[\w-]+\.[\w-]+/g) ?? []
    for (const refresh of tokens) {
      const body = JSON.stringify({ refresh })
      const headers = { 'content-type': 'application/json' }
      const request = new Request(`https://app.test${REFRESH}`, {
        method: 'POST',
        body,
        headers,
      })
      assert.equal((await bench.auth.handler(request)).status, 401)
    }
    if (reload) first.client.close()
    const { client, page } = reload ? bench.open({ storage: 'browser' }) : first
    await bench.time.until(client.ready)
    assert.equal(client.state.status, 'signedOut')
    bench.state.fault = () => undefined
    page.fire('online')
    await bench.time.pass(70_000)
    assert.equal((await bench.sessionsOf()).length, 0, reload ? 'reloaded' : 'online')
  }
})

test('a sign-out that a closed tab could not send is sent by another tab, or after a reload', async (t) => {
  for (const reload of [false, true]) {
    const bench = await openBench(t)
    const given = { storage: 'browser' } as const
    const [one, two] = [bench.open(given), bench.open(given)]
    await bench.time.until(one.client.signIn(ADA))
    await bench.time.pass(100)
    bench.state.fault = () => ({ lose: 'request' })
    void one.client.signOut()
    one.page.isKilled = true
    await bench.time.pass(11_000)
    assert.equal(two.client.state.status, 'signedOut')
    assert.equal(bench.count(BLACKLIST), 1)
    bench.state.fault = () => undefined
    if (reload) bench.open(given)
    else two.page.fire('online')
    await bench.time.pass(1000)
    assert.equal((await bench.sessionsOf()).length, 0, reload ? 'reloaded' : 'online')
  }
})

test('a sign-out ends this session alone, and everywhere every one', async (t) => {
  const bench = await openBench(t)
  const phone = await bench.signedIn()
  const { client } = await bench.signedIn()
  await bench.time.until(client.signOut())
  assert.equal((await bench.sessionsOf()).length, 1)
  const laptop = await bench.signedIn()
  await bench.time.until(laptop.client.signOut({ everywhere: true }))
  assert.equal((await bench.sessionsOf()).length, 0)
  assert.equal(phone.client.state.status, 'signedIn')
})

test('a sign-out everywhere that fails is a problem, and ends this session', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const events: string[] = []
  client.subscribe((_, event) => void events.push(event))
  bench.state.fault = ({ path }) =>
    path === '/auth/sessions/' ? { lose: 'request' } : undefined
  await bench.time.until(client.signOut({ everywhere: true }))
  await bench.time.pass(1)
  assert.deepEqual(events, ['signedOut', 'problem'])
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('with cookies: sign-in, requests, a refresh, a reload and a sign-out', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const { client } = bench.open({ transport: 'cookie' })
  await bench.time.until(client.ready)
  assert.deepEqual([client.state.status, bench.sent.length], ['signedOut', 0])
  const user = await bench.time.until(client.signIn(ADA))
  assert.equal(user.id, (await bench.auth.users.find('ada'))?.id)
  assert.equal(await bench.time.until(client.getAccessToken()), undefined)
  const post = { method: 'POST', body: 'x' }
  assert.equal((await bench.time.until(client.fetch('/hello/', post))).status, 200)
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/', post))).status, 200)
  client.close()

  const again = bench.open({ transport: 'cookie' })
  const before = bench.sent.length
  await bench.time.until(again.client.ready)
  assert.deepEqual(
    [again.client.state.status, bench.sent.length - before],
    ['signedIn', 1],
  )
  await bench.time.until(again.client.signOut())
  assert.equal(bench.profile.cookies.size, 0)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('with cookies a sign-out that was not delivered is remembered, and sent before anything else', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const first = await bench.signedIn({ transport: 'cookie' })
  bench.state.fault = () => ({ lose: 'request' })
  await bench.time.until(first.client.signOut())
  first.client.close()
  const { client } = bench.open({ transport: 'cookie' })
  await bench.time.until(client.ready)
  assert.equal(client.state.status, 'signedOut')
  assert.equal(bench.count(REFRESH), 0)
  bench.state.fault = () => undefined
  await bench.time.pass(70_000)
  assert.deepEqual(
    [bench.profile.cookies.size, (await bench.sessionsOf()).length],
    [0, 0],
  )
})

test('the CSRF token is read from the cookie at each request: another tab may have signed in again', async (t) => {
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const one = await bench.signedIn({ transport: 'cookie' })
  one.page.isKilled = false
  await bench.signedIn({ transport: 'cookie' })
  const post = { method: 'POST', body: 'x' }
  const { status } = await bench.time.until(one.client.fetch('/hello/', post))
  assert.equal(status, 200)
})

test('with browser sessions: sign-in, a write, a reload and a sign-out', async (t) => {
  const bench = await openBench(t, { authentication: [bearer(), session()] })
  const { client } = await bench.signedIn({ transport: 'session' })
  assert.equal(client.user?.username, 'ada')
  const post = { method: 'POST', body: 'x' }
  assert.equal((await bench.time.until(client.fetch('/hello/', post))).status, 200)
  client.close()
  const again = bench.open({ transport: 'session' })
  await bench.time.until(again.client.ready)
  assert.equal(again.client.user?.username, 'ada')
  await bench.auth.sessions.revokeAll((await bench.auth.users.find('ada'))!.id)
  await bench.time.pass(11_000)
  assert.equal((await bench.time.until(again.client.fetch('/hello/'))).status, 401)
  assert.equal(again.client.state.status, 'signedOut')
})

test('an answer with tokens is refused by a client of browser sessions', async (t) => {
  const bench = await openBench(t, { authentication: [bearer(), session()] })
  const { client } = bench.open({ transport: 'session' })
  bench.state.fault = () => ({
    answer: () => Response.json({ access: 'a', refresh: 'b' }),
  })
  await assert.rejects(bench.time.until(client.signIn(ADA)), { code: 'refused' })
  bench.state.fault = () => undefined
  await bench.time.until(client.signIn(ADA))
  assert.equal(await bench.time.until(client.getAccessToken()), undefined)
})

test('what a server has rendered is shown at once, without a request', async (t) => {
  const bench = await openBench(t)
  const ada = (await bench.auth.users.find('ada'))!
  const { access } = await bench.auth.signIn(ada)
  const { client } = bench.open({ initial: { access } })
  assert.equal(client.user?.id, ada.id)
  assert.equal(client.initialState, client.state)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  assert.equal(bench.count(REFRESH), 0)
})
