import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Platform } from '../../src/client/platform.ts'
import { ADA, type Bench, BOB, openBench, REFRESH } from './bench.ts'
import type { Given as GivenOf } from './given.ts'
import type { PageOptions } from './page.ts'

const BROWSER = { storage: 'browser', refreshAhead: false } as const
const COOKIE = { transport: 'cookie', refreshAhead: false } as const
type Given = GivenOf<Record<string, unknown>>

/** Tabs of one session. */
async function tabs(
  bench: Bench,
  count: number,
  given: Given = BROWSER,
  how: PageOptions = {},
) {
  const all = Array.from({ length: count }, () => bench.open(given, how))
  await bench.time.until(Promise.all(all.map(({ client }) => client.ready)))
  const [first] = all
  if (first === undefined) throw new Error('no tabs')
  await bench.time.until(first.client.signIn(ADA))
  await bench.time.pass(100)
  return all
}

const tokensOf = (bench: Bench, all: Awaited<ReturnType<typeof tabs>>) =>
  bench.time.until(Promise.all(all.map(({ client }) => client.getAccessToken())))

for (const [name, given, tokens] of [
  ['storage of the browser', BROWSER, {}],
  ['cookies', COOKIE, { transport: 'cookie' }],
] as const) {
  test(`with ${name} a sign-in reaches ten tabs within 100 ms, and ten that wake together send one refresh`, async (t) => {
    const bench = await openBench(t, { tokens })
    const all = await tabs(bench, 10, given)
    assert.deepEqual(
      all.map(({ client }) => client.state.status),
      Array(10).fill('signedIn'),
    )
    await bench.time.pass(301_000)
    const answers = Promise.all(all.map(({ client }) => client.fetch('/hello/')))
    const statuses = (await bench.time.until(answers)).map(({ status }) => status)
    assert.deepEqual(statuses, Array(10).fill(200))
    assert.equal(bench.count(REFRESH), 1)
    assert.equal((await bench.sessionsOf()).length, 1)
  })

  test(`with ${name} a sign-out and another user reach the other tab`, async (t) => {
    const bench = await openBench(t, { tokens })
    const [one, two] = await tabs(bench, 2, given)
    assert.ok(one && two)
    const events: string[] = []
    two.client.subscribe((_, event) => events.push(event))
    await bench.time.until(one.client.signIn(BOB))
    await bench.time.pass(100)
    assert.equal(two.client.user?.id, one.client.user?.id)
    await bench.time.until(one.client.signOut())
    await bench.time.pass(100)
    assert.deepEqual(two.client.state, {
      status: 'signedOut',
      reason: 'signOutElsewhere',
    })
    assert.deepEqual(events, ['userChanged', 'signedOut'])
    const before = bench.sent.length
    await bench.time.until(two.client.fetch('/hello/'))
    assert.equal(bench.sent.at(-1)?.headers.get('authorization'), null)
    assert.equal(bench.sent.length - before, 1)
  })
}

test('without channels storage events stand in', async (t) => {
  const bench = await openBench(t)
  const platform = { BroadcastChannel: undefined }
  const [one, two] = await tabs(bench, 2, BROWSER, { platform })
  assert.ok(one && two)
  assert.equal(two.client.state.status, 'signedIn')
  await bench.time.pass(301_000)
  await tokensOf(bench, [one, two])
  assert.equal(bench.count(REFRESH), 1)
  await bench.time.until(one.client.signOut())
  await bench.time.pass(100)
  assert.equal(two.client.state.status, 'signedOut')
})

test('a lock that a stopped tab holds costs five seconds', async (t) => {
  const bench = await openBench(t)
  const [tab] = await tabs(bench, 1)
  assert.ok(tab)
  await bench.time.pass(301_000)
  const { locks } = bench.profile
  const { signal } = new AbortController()
  const name = 'watchword.https_app.test_api_token'
  void locks.request(name, { signal }, () => new Promise<void>(() => {}))
  await bench.time.pass(1)
  assert.ok(locks.held.has(name))
  const start = bench.time.elapsed()
  assert.equal(typeof (await bench.time.until(tab.client.getAccessToken())), 'string')
  const took = bench.time.elapsed() - start
  assert.ok(took >= 5000 && took < 5200, String(took))
})

test('no listener runs while the lock is held', async (t) => {
  const bench = await openBench(t)
  const [one] = await tabs(bench, 1)
  assert.ok(one)
  const held: number[] = []
  one.client.subscribe(() => held.push(bench.profile.locks.held.size))
  await bench.time.pass(301_000)
  await tokensOf(bench, [one])
  await bench.time.pass(1)
  assert.deepEqual(held, [0])
})

test('no lock is held by a client that starts or does nothing', async (t) => {
  const bench = await openBench(t)
  await tabs(bench, 3)
  assert.equal(bench.profile.locks.held.size, 0)
})

const LOCKS: readonly (readonly [string, NonNullable<Platform['navigator']>['locks']])[] =
  [
    ['never answers', { request: () => new Promise<never>(() => {}) }],
    ['rejects', { request: () => Promise.reject(new Error('SecurityError')) }],
    [
      'throws',
      {
        request: () => {
          throw new Error('SecurityError')
        },
      },
    ],
  ]

for (const [name, locks] of LOCKS) {
  test(`with a lock manager that ${name} ten tabs keep their session`, async (t) => {
    const bench = await openBench(t)
    const platform = { navigator: { locks } } as PageOptions['platform']
    const all = await tabs(bench, 10, BROWSER, platform ? { platform } : {})
    for (let i = 0; i < 5; i++) {
      await bench.time.pass(301_000)
      for (const token of await tokensOf(bench, all)) assert.equal(typeof token, 'string')
    }
    assert.equal((await bench.sessionsOf()).length, 1)
    assert.ok(all.every(({ client }) => client.state.status === 'signedIn'))
  })
}

test('a tab that is killed at any moment of a refresh costs the other nothing', async (t) => {
  for (const moment of [0, 40, 60, 150, 300, 900]) {
    const bench = await openBench(t)
    const [one, two] = await tabs(bench, 2)
    assert.ok(one && two)
    await bench.time.pass(301_000)
    bench.state.fault = ({ path }) =>
      path === REFRESH ? { delay: 100, slow: 100 } : undefined
    one.client.getAccessToken().catch(() => {})
    await bench.time.pass(moment)
    one.page.isKilled = true
    bench.profile.locks.release(one.page)
    const { status } = await bench.time.until(two.client.fetch('/hello/'))
    assert.equal(status, 200, String(moment))
    assert.equal((await bench.sessionsOf()).length, 1)
  }
})

/** Storage in which a tab sees the writes of others 5 ms late. */
function lateStorage(bench: Bench, all: Map<string, string>[]): Platform['localStorage'] {
  const own = new Map<string, string>()
  all.push(own)
  const everywhere = (change: (items: Map<string, string>) => void): void => {
    change(own)
    bench.time.later(5, () => all.forEach(change))
  }
  return {
    getItem: (key) => own.get(key) ?? null,
    setItem: (key, value) => everywhere((items) => void items.set(key, value)),
    removeItem: (key) => everywhere((items) => void items.delete(key)),
  }
}

test('storage that shows the writes of another tab late does not cost a strict session', async (t) => {
  const bench = await openBench(t, { tokens: { overlap: 0, lostAnswer: 0 } })
  const views: Map<string, string>[] = []
  const openLate = () =>
    bench.open(
      { ...BROWSER, overlap: 0 },
      {
        platform: {
          localStorage: lateStorage(bench, views),
          BroadcastChannel: undefined,
        },
      },
    )
  const one = openLate()
  await bench.time.until(one.client.signIn(ADA))
  await bench.time.pass(100)
  const two = openLate()
  two.page.platform.localStorage?.setItem(...([...(views[0] ?? [])][0] ?? ['', '']))
  await bench.time.pass(10)
  two.page.fire('pageshow')
  await bench.time.pass(100)
  for (let i = 0; i < 20; i++) {
    await bench.time.pass(301_000)
    for (const token of await tokensOf(bench, [one, two]))
      assert.equal(typeof token, 'string')
  }
  assert.equal((await bench.sessionsOf()).length, 1)
  assert.equal(bench.count(REFRESH), 20)
})

test('a page from the back/forward cache shows the sign-out of another page', async (t) => {
  for (const [given, tokens] of [
    [BROWSER, {}],
    [COOKIE, { transport: 'cookie' }],
  ] as const) {
    const bench = await openBench(t, { tokens })
    const platform = { BroadcastChannel: undefined }
    const [one, two] = await tabs(bench, 2, given, { platform })
    assert.ok(one && two)
    if (two.client.state.status !== 'signedIn')
      await bench.time.until(two.client.signIn(ADA))
    // It is frozen: it hears nothing.
    two.page.isKilled = true
    await bench.time.until((one.client.user ? one : two).client.signOut())
    await bench.time.pass(1000)
    two.page.isKilled = false
    two.page.fire('pageshow')
    await bench.time.pass(50)
    assert.equal(two.client.state.status, 'signedOut')
  }
})

test('a tab that was opened by another with its storage asks for the newer token first', async (t) => {
  const bench = await openBench(t, { tokens: { overlap: 0, lostAnswer: 0 } })
  const given = { storage: 'tab', overlap: 0, refreshAhead: false } as const
  const opener = bench.open(given)
  await bench.time.until(opener.client.signIn(ADA))
  const copied = new Map(opener.page.session)
  await bench.time.pass(301_000)
  await bench.time.until(opener.client.getAccessToken())
  const child = bench.open(given, {
    platform: {
      sessionStorage: {
        getItem: (key) => copied.get(key) ?? null,
        setItem: (key, value) => void copied.set(key, value),
        removeItem: (key) => void copied.delete(key),
      },
    },
  })
  await bench.time.until(child.client.ready)
  const { status } = await bench.time.until(child.client.fetch('/hello/'))
  assert.deepEqual([status, (await bench.sessionsOf()).length], [200, 1])
})

test('a tab that is opened while a repeated refresh is still on its way does not cost the session', async (t) => {
  const bench = await openBench(t)
  const first = bench.open(BROWSER)
  await bench.time.until(first.client.signIn(ADA))
  await bench.time.pass(2000)
  // Answered after the second attempt was sent, which the server gets later.
  const delays = [3200, 5000]
  bench.state.fault = ({ path }) =>
    path === REFRESH ? { delay: delays.shift() ?? 0 } : undefined
  await bench.time.until(first.client.getAccessToken({ fresh: true }))
  assert.equal(bench.count(REFRESH), 2)
  const second = bench.open(BROWSER)
  await bench.time.until(second.client.getAccessToken({ fresh: true }))
  await bench.time.pass(10_000)
  assert.equal((await bench.sessionsOf()).length, 1)
  assert.equal(
    typeof (await bench.time.until(second.client.getAccessToken({ fresh: true }))),
    'string',
  )
  assert.equal(bench.count(REFRESH), 3)
})

test('two clients of one name in a page warn once', async (t) => {
  const bench = await openBench(t)
  const { page } = bench.open({ storage: 'browser' })
  const other = bench.open({ storage: 'browser' })
  assert.deepEqual([page.warnings.length, other.page.warnings.length], [0, 1])
})
