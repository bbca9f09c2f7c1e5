import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, type Bench, BOB, type Fault, openBench, REFRESH } from './bench.ts'

const isRefresh = ({ path }: { path: string }): boolean => path === REFRESH

/** A bench with a client whose access token has just expired. */
async function expired(bench: Bench, given = {}) {
  const tab = await bench.signedIn({ refreshAhead: false, ...given })
  await bench.time.pass(301_000)
  return tab
}

test('500 callers share one refresh, and one that comes right after it uses its token', async (t) => {
  const bench = await openBench(t)
  const { client } = await expired(bench)
  const all = Array.from({ length: 500 }, () => client.getAccessToken())
  const tokens = await bench.time.until(Promise.all(all))
  assert.equal(new Set(tokens).size, 1)
  assert.equal(await bench.time.until(client.getAccessToken()), tokens[0])
  assert.equal(bench.count(REFRESH), 1)
})

test('a signal ends the wait of one caller and not the refresh', async (t) => {
  const bench = await openBench(t)
  const { client } = await expired(bench)
  bench.state.fault = () => ({ slow: 1000 })
  const controller = new AbortController()
  const { signal } = controller
  const aborted = Array.from({ length: 9 }, () => client.getAccessToken({ signal }))
  const kept = client.getAccessToken()
  const outcomes = Promise.allSettled(aborted)
  controller.abort(new Error('enough'))
  for (const outcome of await bench.time.until(outcomes))
    assert.equal(outcome.status, 'rejected')
  assert.equal(typeof (await bench.time.until(kept)), 'string')
  assert.equal(bench.count(REFRESH), 1)
})

for (let pattern = 0; pattern < 8; pattern++) {
  const lost = [1, 2, 4].map((bit) => (pattern & bit) !== 0)
  const names = lost.map((each) => (each ? 'lost' : 'there')).join(', ')
  for (const silent of [false, true]) {
    test(`three answers that are ${names}${silent ? ' without a sign' : ''} rotate once, and the session goes on`, async (t) => {
      const bench = await openBench(t)
      const { client } = await expired(bench, { storage: 'tab' })
      const fault: Fault = { lose: 'answer', silent }
      const before = bench.count(REFRESH)
      bench.state.fault = (sent, count) =>
        isRefresh(sent) && lost[count - before - 1] ? fault : undefined
      const first = bench.time.until(client.getAccessToken())
      if (pattern < 7) assert.equal(typeof (await first), 'string')
      else await assert.rejects(first, { code: silent ? 'timeout' : 'network' })
      assert.equal(client.state.status, 'signedIn')

      bench.state.fault = () => undefined
      await bench.time.pass(20_000)
      const response = await bench.time.until(client.fetch('/hello/'))
      assert.equal(response.status, 200)
      assert.equal((await bench.sessionsOf()).length, 1)
    })
  }
}

test('attempts start within 80 % of the overlap', async (t) => {
  const bench = await openBench(t)
  const { client } = await expired(bench, { storage: 'tab' })
  bench.state.fault = (sent) =>
    isRefresh(sent) ? { lose: 'answer', silent: true } : undefined
  await assert.rejects(bench.time.until(client.getAccessToken()))
  const times = bench.sent.filter(isRefresh).map(({ at }) => at)
  assert.equal(times.length, 3)
  assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 8000)
})

test('a strict server gets one attempt', async (t) => {
  const bench = await openBench(t, { tokens: { overlap: 0 } })
  const { client } = await expired(bench, { overlap: 0 })
  bench.state.fault = (sent) => (isRefresh(sent) ? { lose: 'request' } : undefined)
  await assert.rejects(bench.time.until(client.getAccessToken()), { code: 'network' })
  assert.equal(bench.count(REFRESH), 1)
})

test('after a minute without answers the session goes on, or ends with the reason unknown', async (t) => {
  for (const [lostAnswer, expected] of [
    ['5m', { status: 'signedIn' }],
    [0, { status: 'signedOut', reason: 'unknown' }],
  ] as const) {
    const bench = await openBench(t, { tokens: { lostAnswer } })
    const { client } = await expired(bench)
    bench.state.fault = (sent) => (isRefresh(sent) ? { lose: 'answer' } : undefined)
    await assert.rejects(bench.time.until(client.getAccessToken()))
    await bench.time.pass(60_000)
    bench.state.fault = () => undefined
    await bench.time.until(client.getAccessToken())
    const { status, ...others } = client.state
    const reason = 'reason' in others ? { reason: others.reason } : {}
    assert.deepEqual({ status, ...reason }, expected)
  }
})

test('tokens that live a second cause one refresh in ten seconds', async (t) => {
  const bench = await openBench(t, { tokens: { access: '1s' } })
  const { client } = await bench.signedIn()
  const before = bench.count(REFRESH)
  for (let second = 0; second < 100; second++) {
    await bench.time.pass(1000)
    await bench.time.until(client.getAccessToken())
  }
  assert.ok(bench.count(REFRESH) - before <= 11, String(bench.count(REFRESH) - before))
})

test('a wrong clock changes nothing, and a step of the clock costs one refresh at most', async (t) => {
  const HOUR = 3_600_000
  for (const skew of [0, HOUR, -HOUR, 365 * 24 * HOUR, -365 * 24 * HOUR]) {
    const bench = await openBench(t)
    const tab = bench.open({ storage: 'browser', refreshAhead: false })
    tab.page.skew = skew
    await bench.time.until(tab.client.signIn(ADA))
    for (let i = 0; i < 20; i++) {
      const { status } = await bench.time.until(tab.client.fetch('/hello/'))
      assert.equal(status, 200)
      await bench.time.pass(10_000)
    }
    assert.equal(bench.count(REFRESH), 0)
    for (const step of [HOUR, -HOUR]) {
      const before = bench.count(REFRESH)
      tab.page.skew += step
      for (let i = 0; i < 20; i++) {
        const { status } = await bench.time.until(tab.client.fetch('/hello/'))
        assert.equal(status, 200)
      }
      assert.ok(bench.count(REFRESH) - before <= 1)
      await bench.time.pass(30_000)
    }
  }
})

test('sleep counts, if the monotonic clock stood still', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn({ refreshAhead: false })
  page.slept = 400_000
  await bench.time.pass(400_000)
  const response = await bench.time.until(client.fetch('/hello/'))
  assert.equal(response.status, 200)
  assert.equal(bench.sent.filter(({ path }) => path === '/hello/').length, 1)
  assert.equal(bench.count(REFRESH), 1)
})

test('a tab that slept right after another had refreshed is not held back', async (t) => {
  const bench = await openBench(t)
  const given = { storage: 'browser', refreshAhead: false } as const
  const [one, two] = [bench.open(given), bench.open(given)]
  await bench.time.until(one.client.signIn(ADA))
  await bench.time.pass(2000)
  await bench.time.until(one.client.getAccessToken({ fresh: true }))
  await bench.time.pass(100)
  for (const { page } of [one, two]) page.slept = 28_800_000
  await bench.time.pass(28_800_000)
  const answers = Promise.all([one, two].map(({ client }) => client.fetch('/hello/')))
  const statuses = (await bench.time.until(answers)).map(({ status }) => status)
  assert.deepEqual(statuses, [200, 200])
  assert.equal(bench.sent.filter(({ path }) => path === '/hello/').length, 2)
})

test('a visible page refreshes after four of five minutes; a hidden one, and one without refreshAhead, never', async (t) => {
  const bench = await openBench(t)
  const tab = await bench.signedIn()
  await bench.time.pass(235_000)
  assert.equal(bench.count(REFRESH), 0)
  await bench.time.pass(15_000)
  assert.equal(bench.count(REFRESH), 1)
  tab.page.isVisible = false
  tab.page.fire('visibilitychange')
  await bench.time.pass(900_000)
  assert.equal(bench.count(REFRESH), 1)
  tab.page.isVisible = true
  tab.page.fire('visibilitychange')
  await bench.time.pass(10_000)
  assert.equal(bench.count(REFRESH), 2)
})

test('a page without input for half an hour no longer refreshes until a request', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.pass(7_200_000)
  const idle = bench.count(REFRESH)
  assert.ok(idle <= 9, String(idle))
  await bench.time.pass(1_800_000)
  assert.equal(bench.count(REFRESH), idle)
  const { status } = await bench.time.until(client.fetch('/hello/'))
  assert.deepEqual([status, bench.count(REFRESH)], [200, idle + 1])
})

test('a token of 400 days arms timers of 24.8 days at most', async (t) => {
  const bench = await openBench(t)
  const claims = { iat: 1_893_456_000, exp: 1_893_456_000 + 400 * 86_400 }
  const access = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
  const answer = () => Response.json({ access, refresh: 'r' })
  bench.state.fault = ({ path }) => (path === '/api/token/' ? { answer } : undefined)
  await bench.signedIn()
  assert.ok(bench.time.longest() <= 2 ** 31 - 1)
  await bench.time.pass(86_400_000 * 60)
  assert.equal(bench.count(REFRESH), 0)
})

test('events of the page send nothing while the token is good, and refresh once it is not', async (t) => {
  const bench = await openBench(t)
  const { page } = await bench.signedIn({ storage: 'tab', refreshAhead: false })
  const wake = async () => {
    for (const type of ['visibilitychange', 'pageshow', 'online', 'resume']) {
      page.fire(type)
      await bench.time.pass(200)
    }
  }
  await wake()
  assert.equal(bench.count(REFRESH), 0)
  await bench.time.pass(280_000)
  await wake()
  assert.equal(bench.count(REFRESH), 1)
})

test('ten minutes offline keep the user signed in, and one refresh follows', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn()
  const seen = new Set<string>()
  client.subscribe(({ status }) => seen.add(status))
  bench.state.fault = () => ({ lose: 'request' })
  await bench.time.pass(600_000)
  assert.deepEqual([...seen], ['signedIn'])
  bench.state.fault = () => undefined
  const before = bench.count(REFRESH)
  page.fire('online')
  await bench.time.pass(2000)
  assert.equal(bench.count(REFRESH) - before, 1)
  assert.equal('problem' in client.state, false)
})

test('during the pause after a failed refresh nothing is sent, and calls fail at once with the rest of it', async (t) => {
  const bench = await openBench(t)
  const { client } = await expired(bench)
  const headers = { 'retry-after': '30' }
  bench.state.fault = (sent) =>
    isRefresh(sent)
      ? { answer: () => new Response('', { status: 503, headers }) }
      : undefined
  await assert.rejects(bench.time.until(client.getAccessToken()), { retryAfter: 30 })
  await bench.time.pass(10_000)
  const calls = Array.from({ length: 1000 }, () => client.fetch('/hello/'))
  const outcomes = await bench.time.until(Promise.allSettled(calls), 1)
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'rejected')
    if (outcome.status === 'rejected')
      assert.deepEqual(
        [outcome.reason.code, outcome.reason.retryAfter],
        ['unavailable', 20],
      )
  }
  assert.equal(bench.count(REFRESH), 1)
  assert.equal(bench.count('/hello/'), 0)
})

/** `Retry-After`, and the seconds for which nothing is sent. */
const PAUSES = [
  ['5', 5],
  ['0', 1],
  ['9999', 300],
  [new Date(1_893_456_000_000 + 361_000).toUTCString(), 60],
  ['soon', undefined],
] as const

for (const [value, expected] of PAUSES) {
  test(`Retry-After: ${value} is ${expected ?? 'no'} seconds`, async (t) => {
    const bench = await openBench(t)
    const { client } = await expired(bench)
    const headers = { 'retry-after': value }
    bench.state.fault = (sent) =>
      isRefresh(sent)
        ? { answer: () => new Response('', { status: 429, headers }) }
        : undefined
    const failed = bench.time.until(client.getAccessToken())
    await assert.rejects(failed, { code: 'throttled', retryAfter: expected })
  })
}

/** Answers of a refresh that decide nothing. */
const INDEFINITE: readonly (readonly [string, () => Response])[] = [
  ['a 401 with a page of a proxy', () => new Response('<h1>401</h1>', { status: 401 })],
  ['a 403', () => Response.json({ detail: 'Blocked' }, { status: 403 })],
  ['a 404', () => Response.json({ detail: 'Not found.' }, { status: 404 })],
  ['a 200 with the page of a captive portal', () => new Response('<h1>Wi-Fi</h1>')],
  ['a 200 with other JSON', () => Response.json({ ok: true })],
  ['a 400 about something else', () => Response.json({ x: ['y'] }, { status: 400 })],
  ['a 500', () => Response.json({ detail: 'error' }, { status: 500 })],
]

for (const [name, answer] of INDEFINITE) {
  test(`${name} does not end the session`, async (t) => {
    const bench = await openBench(t)
    const { client } = await expired(bench)
    bench.state.fault = (sent) => (isRefresh(sent) ? { answer } : undefined)
    await assert.rejects(bench.time.until(client.getAccessToken()), { name: 'AuthError' })
    assert.equal(client.state.status, 'signedIn')
    bench.state.fault = () => undefined
    await bench.time.pass(301_000)
    assert.equal(typeof (await bench.time.until(client.getAccessToken())), 'string')
  })
}

test('a cut answer is sent again, and the session goes on', async (t) => {
  const bench = await openBench(t)
  const { client } = await expired(bench)
  bench.state.fault = (sent, count) =>
    isRefresh(sent) && count === 1 ? { cut: true } : undefined
  await bench.time.until(client.getAccessToken()).catch(() => {})
  await bench.time.pass(5000)
  assert.equal(typeof (await bench.time.until(client.getAccessToken())), 'string')
})

test('a refused refresh ends the session while the access token still lives', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.auth.sessions.revokeAll((await bench.auth.users.find('ada'))!.id)
  await bench.time.pass(250_000)
  assert.deepEqual(client.state, { status: 'signedOut', reason: 'revoked' })
})

const VERBS = ['refresh', 'signIn', 'signOut'] as const
type Verb = (typeof VERBS)[number]

const ORDERS: readonly (readonly Verb[])[] = VERBS.flatMap((first) =>
  VERBS.filter((second) => second !== first).flatMap((second) => [
    [first, second],
    [first, second, ...VERBS.filter((third) => third !== first && third !== second)],
  ]),
)
const DELAYS = [1, 1000, 2000]

test('every order of refresh, sign-in and sign-out ends in the state of the last call', async (t) => {
  for (const order of ORDERS)
    for (const one of DELAYS)
      for (const two of DELAYS) {
        const bench = await openBench(t)
        const { client } = await bench.signedIn({ refreshAhead: false })
        await bench.time.pass(2000)
        const call = (verb: Verb): Promise<unknown> => {
          if (verb === 'refresh') return client.getAccessToken({ fresh: true })
          return verb === 'signIn' ? client.signIn(BOB) : client.signOut()
        }
        const calls: Promise<unknown>[] = []
        for (const [i, verb] of order.entries()) {
          const slow = [one, two, 500][i] ?? 0
          bench.state.fault = () => ({ slow })
          calls.push(call(verb))
          await bench.time.pass(10)
        }
        await bench.time.until(Promise.allSettled(calls))
        await bench.time.pass(15_000)
        const last = order.filter((verb) => verb !== 'refresh').at(-1)
        const sessions = [
          (await bench.sessionsOf('ada')).length,
          (await bench.sessionsOf('bob')).length,
        ]
        const expected = last === 'signIn' ? ['signedIn', 0, 1] : ['signedOut', 0, 0]
        const name = `${order.join()} ${one} ${two}`
        assert.deepEqual([client.state.status, ...sessions], expected, name)
      }
})

test('if rotation is off the refresh token is kept', async (t) => {
  const bench = await openBench(t, { tokens: { rotate: false } })
  const { client } = await expired(bench)
  for (let i = 0; i < 3; i++) {
    assert.equal(typeof (await bench.time.until(client.getAccessToken())), 'string')
    await bench.time.pass(301_000)
  }
})

test('a fresh token is asked for once a second at most', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  const first = await bench.time.until(client.getAccessToken())
  await bench.time.pass(1500)
  const second = await bench.time.until(client.getAccessToken({ fresh: true }))
  const third = await bench.time.until(client.getAccessToken({ fresh: true }))
  assert.notEqual(second, first)
  assert.deepEqual([third, bench.count(REFRESH)], [second, 1])
})
