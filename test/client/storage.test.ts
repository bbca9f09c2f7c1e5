import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TokenStorage } from '../../src/client/types.ts'
import { ADA, openBench, REFRESH } from './bench.ts'
import { newProfile } from './page.ts'

const keyOf = (items: Map<string, string>): string => [...items.keys()].join()

test('what is in storage, by transport and storage', async (t) => {
  for (const [given, has] of [
    [{}, false],
    [{ storage: 'memory' }, false],
    [{ storage: 'tab' }, true],
    [{ storage: 'browser' }, true],
  ] as const) {
    const bench = await openBench(t)
    const { client, page } = await bench.signedIn(given)
    const access = await bench.time.until(client.getAccessToken())
    const all = [...page.session.values(), ...bench.profile.local.values()].join()
    assert.equal(all.includes(String(access)), has, JSON.stringify(given))
  }
  const bench = await openBench(t, { tokens: { transport: 'cookie' } })
  const { page } = await bench.signedIn({ transport: 'cookie' })
  assert.deepEqual([page.session.size, bench.profile.local.size], [0, 0])
})

test('a reload with a stored session is signed in before any request, also offline', async (t) => {
  const bench = await openBench(t)
  const first = await bench.signedIn({ storage: 'browser' })
  first.client.close()
  const before = bench.sent.length
  const { client } = bench.open({ storage: 'browser' })
  await bench.time.until(client.ready)
  assert.equal(client.state.status, 'signedIn')
  assert.equal(bench.sent.length, before)
  client.close()

  await bench.time.pass(400_000)
  bench.state.fault = () => ({ lose: 'request' })
  const offline = bench.open({ storage: 'browser' })
  await bench.time.until(offline.client.ready)
  assert.equal(offline.client.state.status, 'signedIn')
  await bench.time.pass(5000)
  const { state } = offline.client
  assert.equal(state.status === 'signedIn' && state.problem?.code, 'network')
})

test('a stored session that looks expired for a year is tried once against the server', async (t) => {
  const bench = await openBench(t)
  const first = await bench.signedIn({ storage: 'browser' })
  first.client.close()
  const { client, page } = bench.open({ storage: 'browser' })
  page.skew = 365 * 86_400_000
  await bench.time.until(client.ready)
  const { status } = await bench.time.until(client.fetch('/hello/'))
  assert.deepEqual([status, bench.count(REFRESH)], [200, 1])
})

const ways = {
  throws: () => {
    throw new Error('QuotaExceededError')
  },
  rejects: () => Promise.reject(new Error('locked')),
  hangs: () => new Promise<never>(() => {}),
} as const

for (const verb of ['get', 'set', 'remove'] as const)
  for (const [way, fail] of Object.entries(ways)) {
    test(`a storage whose ${verb} ${way} costs nothing but the memory of the session`, async (t) => {
      const bench = await openBench(t)
      const items = new Map<string, string>()
      const storage: TokenStorage = {
        get: (key) => items.get(key),
        set: (key, value) => void items.set(key, value),
        remove: (key) => void items.delete(key),
        [verb]: fail,
      }
      const { client, page } = bench.open({ storage })
      const problems: string[] = []
      client.subscribe((_, event) => event === 'problem' && problems.push(event))
      await bench.time.until(client.ready)
      await bench.time.until(client.signIn(ADA))
      await bench.time.pass(400_000)
      const { status } = await bench.time.until(client.fetch('/hello/'))
      assert.equal(status, 200)
      await bench.time.until(client.signOut())
      await bench.time.pass(10_000)
      assert.equal(client.state.status, 'signedOut')
      assert.equal((await bench.sessionsOf()).length, 0)
      assert.equal(page.warnings.length, 1)
      assert.equal(problems.length, 1)
    })
  }

test('a storage that loses what is written is noticed', async (t) => {
  const bench = await openBench(t)
  const storage = { get: () => null, set() {}, remove() {} }
  const { client, page } = await bench.signedIn({ storage })
  assert.equal(client.state.status, 'signedIn')
  assert.equal(page.warnings.length, 1)
})

test('a read that fails once is tried again when the page is visible', async (t) => {
  const bench = await openBench(t)
  const items = new Map<string, string>()
  const storage = {
    get: (key: string) => items.get(key),
    set: (key: string, value: string) => void items.set(key, value),
    remove: (key: string) => void items.delete(key),
  }
  const first = await bench.signedIn({ storage })
  first.client.close()
  let count = 0
  const failing = {
    ...storage,
    get: (key: string) => (count++ === 0 ? Promise.reject(new Error()) : items.get(key)),
  }
  const { client, page } = bench.open({ storage: failing })
  await bench.time.until(client.ready)
  assert.equal(client.state.status, 'signedOut')
  page.fire('visibilitychange')
  await bench.time.pass(100)
  assert.equal(client.state.status, 'signedIn')
})

for (const text of [
  '{"v":1',
  '[]',
  'null',
  'x'.repeat(1_000_000),
  '{"v":99,"refresh":"a","at":1}',
]) {
  test(`${text.slice(0, 30)} in storage counts as nothing, and is removed`, async (t) => {
    const bench = await openBench(t)
    const first = await bench.signedIn({ storage: 'browser' })
    first.client.close()
    const key = keyOf(bench.profile.local)
    bench.profile.local.set(key, text).set('other', text)
    const { client } = bench.open({ storage: 'browser' })
    await bench.time.until(client.ready)
    assert.equal(client.state.status, 'signedOut')
    assert.deepEqual([...bench.profile.local.keys()], ['other'])
  })
}

test('a running page survives an emptied storage and writes it again', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn({ storage: 'browser' })
  bench.profile.local.clear()
  page.fire('visibilitychange')
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  assert.equal(bench.profile.local.size, 1)
  const fresh = bench.open({ storage: 'browser' }, {}, newProfile(bench.time))
  await bench.time.until(fresh.client.ready)
  assert.deepEqual(fresh.client.state, { status: 'signedOut' })
})

test('a custom storage gets one key of safe characters, and values below 2,000 bytes', async (t) => {
  for (const claims of [{}, { long: 'x'.repeat(3000) }]) {
    const bench = await openBench(t, {
      tokens: { claims: () => claims, copyClaims: false },
    })
    const items = new Map<string, string>()
    const storage = {
      get: (key: string) => items.get(key),
      set: (key: string, value: string) => void items.set(key, value),
      remove: (key: string) => void items.delete(key),
    }
    const { client } = await bench.signedIn({ storage })
    assert.match(keyOf(items), /^[A-Za-z0-9._-]+$/)
    const [text = ''] = items.values()
    if (!('long' in claims)) assert.ok(text.length < 2000, String(text.length))
    client.close()
    const again = bench.open({ storage })
    await bench.time.until(again.client.ready)
    assert.equal(again.client.state.status, 'signedIn')
    assert.equal((await bench.time.until(again.client.fetch('/hello/'))).status, 200)
  }
})

test('a slow write does not overtake the removal of a sign-out', async (t) => {
  const bench = await openBench(t)
  const items = new Map<string, string>()
  const storage = {
    get: (key: string) => items.get(key),
    set: (key: string, value: string) =>
      new Promise<void>((resolve) => {
        bench.time.later(500, () => {
          items.set(key, value)
          resolve()
        })
      }),
    remove: (key: string) => void items.delete(key),
  }
  const { client } = bench.open({ storage })
  const signingIn = client.signIn(ADA).catch(() => {})
  await bench.time.pass(100)
  const signingOut = client.signOut()
  await bench.time.until(Promise.all([signingIn, signingOut]))
  await bench.time.pass(20_000)
  assert.deepEqual([...items], [])
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('the new refresh token is written before the access token is handed out', async (t) => {
  const bench = await openBench(t)
  const order: string[] = []
  const items = new Map<string, string>()
  const storage = {
    get: (key: string) => items.get(key),
    async set(key: string, value: string) {
      await new Promise<void>((resolve) => void bench.time.later(300, resolve))
      items.set(key, value)
      order.push('written')
    },
    remove: (key: string) => void items.delete(key),
  }
  const { client } = await bench.signedIn({ storage, refreshAhead: false })
  await bench.time.pass(301_000)
  order.length = 0
  await bench.time.until(client.getAccessToken().then(() => order.push('handed out')))
  assert.deepEqual(order, ['written', 'handed out'])
})

test('a write that failed is made up for by the next, and the session survives a reload', async (t) => {
  const bench = await openBench(t)
  const items = new Map<string, string>()
  let isFull = false
  const storage = {
    get: (key: string) => items.get(key),
    set(key: string, value: string) {
      if (isFull) throw new Error('QuotaExceededError')
      items.set(key, value)
    },
    remove: (key: string) => void items.delete(key),
  }
  const { client } = await bench.signedIn({ storage, refreshAhead: false })
  isFull = true
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  isFull = false
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  await bench.time.pass(400_000)
  client.close()
  const again = bench.open({ storage, refreshAhead: false })
  assert.equal((await bench.time.until(again.client.fetch('/hello/'))).status, 200)
  assert.equal((await bench.sessionsOf()).length, 1)
})

test('clients of one page with different names share nothing', async (t) => {
  const bench = await openBench(t)
  await bench.signedIn({ storage: 'browser', name: 'one' })
  const { client } = bench.open({ storage: 'browser', name: 'two' })
  await bench.time.until(client.ready)
  assert.equal(client.state.status, 'signedOut')
})

test('on an insecure page the client works without locks, and warns once', async (t) => {
  const bench = await openBench(t)
  const platform = { isSecureContext: false, navigator: undefined }
  const { client, page } = bench.open({ storage: 'browser' }, { platform })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(400_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  assert.equal(page.warnings.length, 1)
})
