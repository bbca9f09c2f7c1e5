import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interceptor } from '../../src/client/interceptor.ts'
import { ADA, type Bench, BOB, openBench, REFRESH, refused } from './bench.ts'

const hellos = ({ sent }: Bench, path = '/hello/') =>
  sent.filter((each) => each.path === path)

const sentIn = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { sent: unknown }).sent

/** Addresses, and whether their requests get a token. */
const ADDRESSES: readonly (readonly [string, boolean])[] = [
  ['/hello/', true],
  ['hello/', true],
  ['https://app.test/hello/', true],
  ['https://APP.test/hello/', true],
  ['https://app.test:443/hello/', true],
  ['HTTPS://app.test/hello/', true],
  ['https://more.test/hello/', true],
  ['?x=1', true],
  ['http://app.test/hello/', false],
  ['http://app.test:443/hello/', false],
  ['http://plain.test/hello/', false],
  ['https://app.test:8443/hello/', false],
  ['https://app.test./hello/', false],
  ['https://evil.test/hello/', false],
  ['https://app.test.evil.test/', false],
  ['https://evilapp.test/', false],
  ['https://sub.app.test/', false],
  ['//evil.test/hello/', false],
  ['\\\\evil.test\\hello', false],
  ['/\\evil.test/hello/', false],
  ['https://evil.test/?https://app.test/', false],
  ['https://evil.test#app.test', false],
  ['https://evil.test\\@app.test/', false],
  ['data:text/plain,x', false],
  ['blob:https://app.test/3f2c8b1e-0000-0000-0000-000000000000', false],
]

test('only requests to the API and to the listed origins get the token', async (t) => {
  const bench = await openBench(t)
  const seen: (readonly [string, boolean])[] = []
  const spy: typeof fetch = async (input, init) => {
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input)
    const has = new Headers(init?.headers).has('authorization')
    if (isOwn(url)) return bench.open().page.platform.fetch(input, init)
    seen.push([url, has])
    return new Response('')
  }
  const isOwn = (url: string) => url.includes('/api/token/')
  const origins = ['https://more.test', 'http://plain.test']
  const { client } = bench.open({ fetch: spy, origins })
  await bench.time.until(client.signIn(ADA))
  for (const [address, expected] of ADDRESSES) {
    await bench.time.until(client.fetch(address))
    assert.equal(seen.at(-1)?.[1], expected, address)
    const headers = await bench.time.until(
      interceptor(client)
        .headersFor(address)
        .catch(() => ({ Authorization: undefined })),
    )
    assert.equal(
      'Authorization' in headers && headers.Authorization !== undefined,
      expected,
      address,
    )
  }
})

test('foreign requests and those with a header of their own are passed on unchanged, and never repeated', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const calls: unknown[][] = []
  const own = bench.open({
    fetch: (async (...args: unknown[]) => {
      calls.push(args)
      return new Response('', { status: 401 })
    }) as typeof fetch,
  }).client
  const init = { headers: { authorization: 'Basic eDp5' } }
  await bench.time.until(own.fetch('https://evil.test/', init))
  await bench.time.until(own.fetch('/hello/', init))
  assert.deepEqual(calls, [
    ['https://evil.test/', init],
    ['/hello/', init],
  ])
  assert.equal(client.state.status, 'signedIn')
})

test('an expired token is not sent: a refresh comes first', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  assert.equal(hellos(bench).length, 1)
})

test('signed out, requests are sent without credentials', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const { status } = await bench.time.until(client.fetch('/hello/'))
  assert.equal(status, 401)
  assert.equal(hellos(bench)[0]?.headers.get('authorization'), null)
})

test('a route that always answers 401 gets two requests and one refresh, and nobody is signed out', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const { status } = await bench.time.until(client.fetch('/always/'))
  assert.deepEqual([status, bench.count('/always/'), bench.count(REFRESH)], [401, 2, 1])
  assert.equal(client.state.status, 'signedIn')
})

test('1,000 requests to such a route in 100 seconds cause 101 refreshes at most', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  for (let i = 0; i < 1000; i++) {
    await bench.time.until(client.fetch('/always/'))
    await bench.time.pass(100)
  }
  assert.ok(bench.count(REFRESH) <= 101, String(bench.count(REFRESH)))
})

test('50 requests with a revoked key share one refresh, and all are repeated', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const first = await bench.time.until(client.getAccessToken())
  const refuse = () =>
    Response.json(
      { detail: 'Token is invalid', code: 'token_not_valid' },
      { status: 401 },
    )
  bench.state.fault = ({ headers }) =>
    headers.get('authorization') === `Bearer ${first}` ? { answer: refuse } : undefined
  const all = Array.from({ length: 50 }, () => client.fetch('/hello/'))
  const answers = await bench.time.until(Promise.all(all))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.deepEqual([bench.count(REFRESH), hellos(bench).length], [1, 100])
})

test('a POST is repeated if its token was refused, and not after a 401 of the route', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const post = (path: string) => client.fetch(path, { method: 'POST', body: 'x' })
  assert.equal((await bench.time.until(post('/wrong-password/'))).status, 401)
  assert.equal(bench.count('/wrong-password/'), 1)

  const refusals = [
    refused,
    () =>
      new Response('', {
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' },
      }),
  ]
  for (const answer of refusals) {
    await bench.time.pass(2000)
    const before = hellos(bench).length
    bench.state.fault = ({ path }, count) =>
      path === '/hello/' && count === before + 1 ? { answer } : undefined
    const response = await bench.time.until(post('/hello/'))
    assert.deepEqual([response.status, hellos(bench).length - before], [200, 2])
  }
})

test('the 401 of a real guard is repeated for a POST', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn({ refreshAhead: false })
  // The server's clock is ahead of the client's knowledge.
  page.slept = 400_000
  page.skew = -400_000
  await bench.time.pass(400_000)
  const response = await bench.time.until(
    client.fetch('/hello/', { method: 'POST', body: 'x' }),
  )
  assert.deepEqual([response.status, hellos(bench).length], [200, 2])
})

test('a wrong password at an own endpoint is sent once', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.pass(2000)
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ADA, password: 'wrong' }),
  }
  const { status } = await bench.time.until(client.fetch('/api/token/', init))
  assert.deepEqual(
    [status, bench.count('/api/token/'), bench.count(REFRESH)],
    [401, 2, 0],
  )
})

test('nothing is repeated for another user', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const refuse = refused
  bench.state.fault = ({ path }) =>
    path === '/hello/' ? { delay: 1000, answer: refuse } : undefined
  const pending = client.fetch('/hello/')
  await bench.time.pass(100)
  await bench.time.until(client.signIn(BOB))
  assert.equal((await bench.time.until(pending)).status, 401)
  assert.equal(hellos(bench).length, 1)
})

const form = new FormData()
form.set('file', new Blob(['content']), 'a.txt')

/** Bodies that can be sent twice, and what the server gets. */
const BODIES: readonly (readonly [string, () => RequestInit])[] = [
  ['a string', () => ({ body: 'text é' })],
  ['URLSearchParams', () => ({ body: new URLSearchParams({ a: 'b' }) })],
  ['FormData with a file', () => ({ body: form })],
  ['a Blob', () => ({ body: new Blob(['blob']) })],
  ['an ArrayBuffer', () => ({ body: new TextEncoder().encode('bytes').buffer })],
  ['a view', () => ({ body: new TextEncoder().encode('view') })],
]

for (const [name, init] of BODIES) {
  test(`${name} is sent twice with the same content`, async (t) => {
    const bench = await openBench(t)
    const { client } = await bench.signedIn({ refreshAhead: false })
    await bench.time.pass(2000)
    const texts: string[] = []
    const refuse = refused
    bench.state.fault = ({ path, request }, count) => {
      if (path !== '/hello/') return undefined
      void request
        .clone()
        .text()
        .then((text) => texts.push(text))
      return count === 1 ? { answer: refuse } : undefined
    }
    const { status } = await bench.time.until(
      client.fetch('/hello/', { method: 'POST', ...init() }),
    )
    assert.equal(status, 200)
    await bench.time.pass(1)
    const [first = '', second = ''] = texts.map((text) =>
      text.replace(/-{4,}\S+/g, 'boundary'),
    )
    assert.ok(first.length > 2)
    assert.equal(second, first)
  })
}

test('a Request with a body is sent twice, one with duplex once, and a used one rejects', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const refuse = refused
  let isRefusing = true
  bench.state.fault = ({ path }) => {
    if (path !== '/hello/' || !isRefusing) return undefined
    isRefusing = false
    return { answer: refuse }
  }
  const url = 'https://app.test/hello/'
  const request = new Request(url, {
    method: 'POST',
    body: 'whole',
    headers: { 'x-own': '1' },
  })
  const response = await bench.time.until(client.fetch(request))
  assert.deepEqual([response.status, await sentIn(response)], [200, 'whole'])
  assert.equal(hellos(bench).at(-1)?.headers.get('x-own'), '1')

  await bench.time.pass(2000)
  isRefusing = true
  const before = hellos(bench).length
  const streamed = new Request(url, { method: 'POST', body: 'whole' })
  const once = await bench.time.until(
    client.fetch(streamed, { duplex: 'half' } as RequestInit),
  )
  assert.deepEqual([once.status, hellos(bench).length - before], [401, 1])

  const used = new Request(url, { method: 'POST', body: 'whole' })
  await used.text()
  await assert.rejects(bench.time.until(client.fetch(used)), TypeError)
})

test('a stream is sent once, with a token that lives 30 seconds more', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(275_000)
  const body = new Blob(['stream']).stream()
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const response = await bench.time.until(client.fetch('/hello/', init))
  assert.deepEqual([await sentIn(response), bench.count(REFRESH)], ['stream', 1])
  const { status } = await bench.time.until(
    client.fetch('/always/', {
      method: 'POST',
      body: new Blob(['x']).stream(),
      duplex: 'half',
    } as RequestInit),
  )
  assert.deepEqual([status, bench.count('/always/')], [401, 1])
})

test('an endless body of a 401 is not waited for, and the caller gets it unread', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const headers = { 'content-type': 'application/json' }
  const endless = () =>
    new Response(new ReadableStream({ pull: () => new Promise(() => {}) }), {
      status: 401,
      headers,
    })
  bench.state.fault = ({ path }) => (path === '/hello/' ? { answer: endless } : undefined)
  const response = await bench.time.until(
    client.fetch('/hello/', { method: 'POST' }),
    1500,
  )
  assert.deepEqual([response.status, response.bodyUsed], [401, false])
})

test('the body of the first answer is cancelled before the repeat', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  await bench.time.pass(2000)
  let cancelled = 0
  const open = () => {
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    const body = new ReadableStream({ cancel: () => void cancelled++ })
    return new Response(body, { status: 401, headers })
  }
  bench.state.fault = ({ path }, count) => {
    if (path !== '/hello/') return undefined
    if (count === 2) assert.equal(cancelled, 1, 'before the repeat')
    return count === 1 ? { answer: open } : {}
  }
  const { status } = await bench.time.until(client.fetch('/hello/'))
  assert.deepEqual([status, cancelled, hellos(bench).length], [200, 1, 2])
})

test('403, 429 and 503 are returned as they are', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  for (const status of [403, 429, 503]) {
    const before = hellos(bench).length
    bench.state.fault = ({ path }) =>
      path === '/hello/'
        ? { answer: () => new Response('as it is', { status }) }
        : undefined
    const response = await bench.time.until(client.fetch('/hello/'))
    assert.deepEqual([response.status, await response.text()], [status, 'as it is'])
    assert.equal(hellos(bench).length - before, 1)
  }
  assert.deepEqual([bench.count(REFRESH), client.state.status], [0, 'signedIn'])
})

/** A 503, and how often a request to it is sent. */
const BUSY: readonly (readonly [string, string, RequestInit, number])[] = [
  ['unavailable', '2', {}, 2],
  ['unavailable', '2', { method: 'POST', body: 'x' }, 1],
  ['unavailable', '3', {}, 1],
  ['unavailable', '', {}, 1],
  ['busy', '2', {}, 2],
]

for (const [code, wait, init, times] of BUSY) {
  const { method = 'GET' } = init
  test(`${method}: a 503 "${code}" with Retry-After "${wait}" is sent ${times} times`, async (t) => {
    const bench = await openBench(t)
    const { client } = await bench.signedIn()
    const headers = wait ? { 'retry-after': wait } : {}
    const answer = () => Response.json({ code }, { status: 503, headers })
    bench.state.fault = ({ path }) => (path === '/hello/' ? { answer } : undefined)
    const response = await bench.time.until(client.fetch('/hello/', init))
    assert.deepEqual([response.status, response.bodyUsed], [503, false])
    const [first, second] = hellos(bench).map(({ at }) => at)
    assert.equal(hellos(bench).length, times)
    if (times === 2) assert.equal(Number(second) - Number(first), 2000)
  })
}

test('a request whose 503 is over is answered, with its credentials', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const headers = { 'retry-after': '1' }
  const answer = () => Response.json({ code: 'unavailable' }, { status: 503, headers })
  bench.state.fault = ({ path }, count) =>
    path === '/hello/' && count === 1 ? { answer } : undefined
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
})

test('an abort while the client waits for a token rejects with its reason and sends nothing', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(301_000)
  bench.state.fault = ({ path }) => (path === REFRESH ? { slow: 1000 } : undefined)
  const controller = new AbortController()
  const reason = new Error('left')
  const pending = client.fetch('/hello/', { signal: controller.signal })
  await bench.time.pass(100)
  controller.abort(reason)
  await assert.rejects(bench.time.until(pending), reason)
  await bench.time.pass(2000)
  assert.equal(hellos(bench).length, 0)
})

test('unknown members of init reach the platform', async (t) => {
  const bench = await openBench(t)
  const calls: RequestInit[] = []
  const { client } = bench.open({
    fetch: (async (_: unknown, init: RequestInit) => {
      calls.push(init)
      return new Response('')
    }) as typeof fetch,
  })
  const init = { priority: 'high', keepalive: true, cache: 'no-cache', future: 1 }
  await bench.time.until(client.fetch('/hello/', init as RequestInit))
  const { headers: _, ...passed } = calls[0] ?? {}
  assert.deepEqual(passed, init)
})

test('a client of axios, ky or another library is made of headersFor and recoverFrom401', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn({ refreshAhead: false })
  await bench.time.pass(2000)
  const { headersFor, recoverFrom401 } = interceptor(client)
  const sent = await bench.time.until(headersFor('/hello/'))
  assert.match(sent.Authorization ?? '', /^Bearer /)
  assert.deepEqual(await bench.time.until(headersFor('https://evil.test/')), {})
  assert.equal(await bench.time.until(recoverFrom401({})), false)
  assert.equal(await bench.time.until(recoverFrom401(sent)), true)
  assert.equal(bench.count(REFRESH), 1)
  assert.equal(await bench.time.until(recoverFrom401({ ...sent })), true)
  assert.equal(bench.count(REFRESH), 1)
  await bench.time.until(client.signIn(BOB))
  assert.equal(await bench.time.until(recoverFrom401(sent)), false)
})
