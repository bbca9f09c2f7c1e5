import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, API, BLACKLIST, openBench, REFRESH } from './bench.ts'
import type { Given } from './given.ts'

/** What the platform's `fetch` is called with. */
interface Call {
  readonly path: string
  readonly init: RequestInit
}

const KINDS = [
  ['body', {}, 'omit', undefined],
  ['cookie', { transport: 'cookie' }, 'include', 'include'],
] as const

for (const [name, options, ofOwn, ofUser] of KINDS)
  test(`transport ${name}: credentials are "${ofOwn}" for own endpoints, ${ofUser} for requests, and untouched elsewhere`, async (t) => {
    const bench = await openBench(t, { tokens: options })
    const { page } = bench.open()
    const calls: Call[] = []
    const spy: typeof fetch = (input, init = {}) => {
      const url = typeof input === 'object' && 'url' in input ? input.url : String(input)
      const { origin, pathname } = new URL(url)
      calls.push({ path: origin === API ? pathname : origin, init })
      if (origin === API) return page.platform.fetch(input, init)
      return Promise.resolve(new Response(''))
    }
    const given: Given<Record<string, unknown>> = {
      ...options,
      name: 'recorded',
      refreshAhead: false,
      fetch: spy,
      origins: ['https://more.test'],
    }
    const { client } = bench.open(given)
    await bench.time.until(client.signIn(ADA))
    for (const url of ['/hello/', 'https://more.test/', 'https://evil.test/'])
      await bench.time.until(client.fetch(url, { method: 'POST', body: 'x' }))
    await bench.time.pass(301_000)
    await bench.time.until(client.fetch('/hello/'))
    await bench.time.until(client.signOut())

    const own = calls.filter(({ path }) => path.startsWith('/api/token/'))
    assert.deepEqual(
      own.map(({ path }) => path),
      ['/api/token/', REFRESH, BLACKLIST],
    )
    for (const { init } of own)
      assert.deepEqual([init.credentials, init.redirect], [ofOwn, 'error'])
    assert.deepEqual(
      own.map(({ init }) => init.keepalive ?? false),
      [false, false, true],
    )
    const credentialsOf = (path: string) =>
      calls.find((call) => call.path === path)?.init.credentials
    assert.equal(credentialsOf('/hello/'), ofUser)
    assert.equal(credentialsOf('https://more.test'), ofUser)
    assert.equal(credentialsOf('https://evil.test'), undefined)
  })

/** Milliseconds after the call at which it is aborted, and how often the request was sent by then. */
const MOMENTS = [
  ['before the call', -1, 0],
  ['while the storage is read', 100, 0],
  ['while the token is refreshed', 1500, 0],
  ['while the request is sent', 3000, 1],
  ['while the token is refreshed after a 401', 4200, 1],
  ['while the request is sent again', 5600, 2],
] as const

for (const [name, moment, times] of MOMENTS)
  test(`an abort ${name} rejects with its reason at once`, async (t) => {
    const bench = await openBench(t)
    const items = new Map<string, string>()
    const slowly = {
      async get(key: string) {
        await new Promise<void>((resolve) => void bench.time.later(500, resolve))
        return items.get(key)
      },
      set: (key: string, value: string) => void items.set(key, value),
      remove: (key: string) => void items.delete(key),
    }
    const given = { storage: slowly, refreshAhead: false }
    await bench.time.until(bench.open(given).client.signIn(ADA))
    await bench.time.pass(301_000)
    const answer = () => Response.json({}, { status: 401 })
    bench.state.fault = ({ path }, count) => {
      if (path === REFRESH) return { slow: 1000 }
      return count === 1 ? { delay: 1000, answer } : { delay: 1000 }
    }
    const { client } = bench.open(given)
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('left')
    if (moment < 0) controller.abort(reason)
    const pending = client.fetch('/hello/', { signal })
    const rejected = assert.rejects(bench.time.until(pending, 10_000), reason)
    if (moment >= 0) {
      await bench.time.pass(moment)
      controller.abort(reason)
    }
    await rejected
    assert.equal(bench.count('/hello/'), times)
    await bench.time.pass(20_000)
    assert.equal(bench.count('/hello/'), times)
    assert.equal(client.state.status, 'signedIn')
  })

test('the answer of the platform is returned as it is, a redirect included', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const response = new Response('unread', { status: 200 })
  Object.defineProperties(response, {
    url: { value: `${API}/moved/` },
    redirected: { value: true },
  })
  bench.state.fault = ({ path }) =>
    path === '/hello/' ? { answer: () => response } : undefined
  const got = await bench.time.until(client.fetch('/hello/'))
  assert.equal(got, response)
  assert.deepEqual([got.redirected, got.bodyUsed], [true, false])
})

test('an own endpoint that refuses is asked once, whoever asks', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  for (const [path, body] of [
    ['/api/token/', { ...ADA, password: 'wrong' }],
    [REFRESH, { refresh: 'x.y.z' }],
    [BLACKLIST, { refresh: 'x.y.z' }],
  ] as const) {
    const before = bench.count(path)
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    const { status } = await bench.time.until(client.fetch(path, init))
    assert.ok(status >= 400, `${path} ${status}`)
    assert.equal(bench.count(path) - before, 1, path)
  }
})
