import assert from 'node:assert/strict'
import { test } from 'node:test'
import axios from 'axios'
import { claimsOf } from '../../src/client/claims.ts'
import { dpop } from '../../src/client/dpop.ts'
import { interceptor } from '../../src/client/interceptor.ts'
import { ADA, API, REFRESH } from './bench.ts'
import { keysOf, openBench } from './dpop-bench.ts'

const HELLO = `${API}/hello/`

async function setUp(t: Parameters<typeof openBench>[0], nonces = false) {
  const bench = await openBench(t, { dpop: { required: true, nonces } })
  const given = { refreshAhead: false, proof: dpop({ keys: keysOf() }) } as const
  const { client, page } = bench.open(given)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  const headersFor = (url: string, method?: string) =>
    bench.time.until(interceptor(client).headersFor(url, method))
  const send = (method: string, headers: Record<string, string>) =>
    bench.time.until(page.platform.fetch(HELLO, { method, headers }))
  const recover = (sent: Record<string, string>, answer?: Response) =>
    bench.time.until(interceptor(client).recoverFrom401(sent, answer))
  return { bench, client, page, headersFor, send, recover }
}

test('the headers for another library have a proof of that request, which is valid once', async (t) => {
  const { headersFor, send } = await setUp(t)
  const headers = await headersFor(`${HELLO}?page=2`, 'POST')
  assert.match(headers.Authorization ?? '', /^DPoP /)
  const { htm, htu } = claimsOf(headers.DPoP)
  assert.deepEqual([htm, htu], ['POST', HELLO])
  assert.equal((await send('GET', headers)).status, 401)
  assert.equal((await send('POST', headers)).status, 200)
  assert.equal((await send('POST', headers)).status, 401)
  assert.equal((await send('GET', await headersFor('/hello/'))).status, 200)
  assert.deepEqual(await headersFor('https://evil.test/'), {})
})

test('an address is resolved as the page resolves it: another base of its document gets no token', async (t) => {
  const { page, headersFor } = await setUp(t)
  const { document } = page.platform
  Object.assign(document ?? {}, { baseURI: 'https://cdn.test/assets/' })
  assert.deepEqual(await headersFor('/hello/'), {})
  assert.deepEqual(await headersFor('hello/'), {})
  assert.match((await headersFor(HELLO)).Authorization ?? '', /^DPoP /)
})

test("an answer after a redirect, which may be another server's, changes neither nonce nor time", async (t) => {
  const { headersFor, recover } = await setUp(t)
  const sent = await headersFor(HELLO)
  const headers = {
    'www-authenticate': 'DPoP error="use_dpop_nonce"',
    'dpop-nonce': 'chosen',
    date: 'Fri, 01 Jan 2100 00:00:00 GMT',
  }
  const answer = new Response(null, { status: 401, headers })
  Object.defineProperty(answer, 'redirected', { value: true })
  await recover(sent, answer)
  const { nonce, iat } = claimsOf((await headersFor(HELLO)).DPoP)
  assert.equal(nonce, undefined)
  assert.ok(Math.abs(Number(iat) - Number(claimsOf(sent.DPoP).iat)) < 60)
})

test('the answer to a request that had no proof is no fault, also with a nonce', async (t) => {
  const { client, bench, recover } = await setUp(t)
  const answer = new Response(null, { status: 401, headers: { 'dpop-nonce': 'n' } })
  assert.equal(await recover({}, answer), false)
  await bench.time.until(client.signOut())
  assert.equal(await recover({}, answer), false)
})

test('with its answer, a request that lacked the newest nonce is sent again without a refresh', async (t) => {
  const { bench, headersFor, send, recover } = await setUp(t, true)
  await bench.time.pass(250_000)
  const sent = await headersFor(HELLO, 'POST')
  const answer = await send('POST', sent)
  assert.match(answer.headers.get('www-authenticate') ?? '', /use_dpop_nonce/)
  assert.equal(await recover(sent, answer), true)
  assert.equal((await send('POST', await headersFor(HELLO, 'POST'))).status, 200)
  assert.equal(bench.count(REFRESH), 0)
})

test('without its answer, a refresh brings the nonce', async (t) => {
  const { bench, headersFor, send, recover } = await setUp(t, true)
  await bench.time.pass(250_000)
  const sent = await headersFor(HELLO)
  assert.equal((await send('GET', sent)).status, 401)
  assert.equal(await recover(sent), true)
  assert.equal((await send('GET', await headersFor(HELLO))).status, 200)
  // It lacked the nonce, too.
  assert.equal(bench.count(REFRESH), 2)
})

test('a clock that was set is corrected by the answer', async (t) => {
  const { bench, page, headersFor, send, recover } = await setUp(t)
  // Too little for the token to look expired.
  page.skew = 100_000
  const sent = await headersFor(HELLO)
  const answer = await send('GET', sent)
  assert.equal(answer.status, 401)
  assert.equal(await recover(sent, answer), true)
  assert.equal((await send('GET', await headersFor(HELLO))).status, 200)
  assert.equal(bench.count(REFRESH), 0)
})

test('axios with interceptors, as the documentation has them', async (t) => {
  const { bench, client, page } = await setUp(t, true)
  const { headersFor, recoverFrom401 } = interceptor(client)
  const api = axios.create({
    baseURL: API,
    adapter: 'fetch',
    env: { fetch: page.platform.fetch },
  })
  api.interceptors.request.use(async (config) => {
    config.headers.set(await headersFor(axios.getUri(config), config.method))
    return config
  })
  api.interceptors.response.use(undefined, async (error) => {
    const { config, response } = error
    const isAgain =
      response?.status === 401 &&
      !config.isRepeat &&
      (await recoverFrom401(config.headers, response))
    if (!isAgain) throw error
    return api.request({ ...config, isRepeat: true })
  })
  for (let i = 0; i < 3; i++) {
    const { data } = await bench.time.until(api.post('/hello/', { a: 1 }))
    assert.deepEqual(data, { hello: 'ada', sent: '{"a":1}' })
    await bench.time.pass(200_000)
  }
})

test('the headers of a session whose key is lost are refused, and the session ends', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const keys = keysOf()
  const given = { storage: 'browser', refreshAhead: false } as const
  const first = bench.open({ ...given, proof: dpop({ keys }) })
  await bench.time.until(first.client.signIn(ADA))
  first.client.close()
  const failing = { ...keysOf(), get: async (id: string) => keys.all.get(id) }
  const { client } = bench.open({ ...given, proof: dpop({ keys: failing }) })
  keys.all.clear()
  await bench.time.until(client.ready)
  const headers = await bench.time.until(interceptor(client).headersFor(HELLO))
  assert.deepEqual(headers, {})
  assert.deepEqual(client.state, { status: 'signedOut', reason: 'proofKeyLost' })
})
