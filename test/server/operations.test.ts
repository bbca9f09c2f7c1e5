import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import { messageBus } from '../../src/server/cluster/message-bus.ts'
import { LIMITS } from '../../src/server/connection-limits.ts'
import { METRICS, type Sample } from '../../src/server/metric-samples.ts'
import { jsonLine, textLine } from '../../src/server/request-log.ts'
import { type ServeOptions, serve } from '../../src/server/serve.ts'
import { type BuildOptions, buildWatchword } from '../build-watchword.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { turns, until } from '../time.ts'
import { parseExposition } from './exposition.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

/** A server with one user, ada, whose log entries are collected. */
async function server(
  t: TestContext,
  options: BuildOptions = {},
  serving: Partial<ServeOptions> = {},
) {
  const lines: LogEntry[] = []
  const log = (entry: LogEntry): void => void lines.push(entry)
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: SECRET,
    log,
    ...options,
  })
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const running = await serve({
    auth,
    host: '127.0.0.1',
    port: 0,
    log,
    limits: { ...LIMITS, idleGrace: 20 },
    ...serving,
  })
  t.after(async () => {
    await running.stop()
    await auth.close()
  })
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(running.url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  return { auth, ada, lines, running, post, url: running.url }
}

// Health

test('/health/live is 200, and /health/ready lists the health of each part', async (t) => {
  const { url } = await server(t)
  const live = await fetch(`${url}/health/live`)
  assert.deepEqual([live.status, await live.json()], [200, { status: 'ok' }])
  for (const path of ['/health/ready', '/health/ready/', '/health/ready?from=a-probe']) {
    const ready = await fetch(url + path)
    const { revocations, ...others } = (await ready.json()) as {
      revocations: { status: string }
    }
    assert.equal(ready.status, 200)
    assert.equal(ready.headers.get('cache-control'), 'no-store')
    assert.deepEqual(others, {
      status: 'ok',
      store: { status: 'ok' },
      keys: { status: 'ok' },
    })
    assert.equal(revocations.status, 'ok')
  }
  assert.equal((await fetch(`${url}/health/ready`, { method: 'HEAD' })).status, 200)
  assert.equal((await fetch(`${url}/health/ready`, { method: 'POST' })).status, 405)
})

test('while the store is down, /health/ready is 503 and /health/live is 200', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  let isDown = false
  const ping = (): Promise<void> =>
    isDown ? Promise.reject(new AuthError('store_unavailable')) : store.ping()
  const { url } = await server(t, { store: { ...store, ping } })
  const statuses = async () =>
    Promise.all(
      ['live', 'ready'].map(
        async (path) => (await fetch(`${url}/health/${path}`)).status,
      ),
    )
  assert.deepEqual(await statuses(), [200, 200])
  await sleep(600)
  isDown = true
  assert.deepEqual(await statuses(), [200, 503])
  await sleep(600)
  isDown = false
  assert.deepEqual(await statuses(), [200, 200])
})

test('a degraded server is ready: 200, with status degraded', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const time = { now: () => (Date.now() / 1000) as never, ahead: () => 30 as never }
  const { url } = await server(t, { store: { ...store, time } })
  const ready = await fetch(`${url}/health/ready`)
  const { status, clock } = (await ready.json()) as { status: string; clock: unknown }
  assert.deepEqual(
    [ready.status, status, clock],
    [200, 'degraded', { status: 'degraded', ahead: 30 }],
  )
})

test('a server that is stopping is not ready at once, and still live', async (t) => {
  const { running, url } = await server(t)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => socket.destroy())
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  await once(socket, 'connect')
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => received.includes('{"status":"ok"}'))
  received = ''
  running.stopListening()
  socket.write(
    'GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n',
  )
  await until(() => received.includes('{"status":"ok"}'))
  assert.deepEqual(received.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 503', 'HTTP/1.1 200'])
  assert.match(received, /\{"status":"down","stopping":true\}/)
})

// Request ids

test('the response, the log line and the audit event of a request share its id', async (t) => {
  const { auth, lines, post } = await server(t, { explain: true })
  const answer = await post('/api/token/', { username: 'ada', password: 'wrong' })
  const id = answer.headers.get('x-request-id') ?? ''
  assert.match(id, /^[\da-f]{32}$/)
  const [event] = await auth.events.list({ kind: 'sign_in_failed' })
  assert.deepEqual([event?.requestId, event?.address], [id, '127.0.0.1'])
  await turns()
  assert.deepEqual(
    lines.map(({ event, request }) => [event, request]),
    [['request', id]],
  )
})

test('a rejection by a guard and an unexpected error are logged with the request id', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const read: typeof store.ports.users.read = () => {
    throw new Error('a fault')
  }
  let isFaulty = false
  const users = {
    ...store.ports.users,
    read: (...asked: Parameters<typeof read>) =>
      (isFaulty ? read : store.ports.users.read)(...asked),
  }
  const { lines, post, url } = await server(t, {
    explain: true,
    store: withPorts(store, { users }),
  })
  const refused = await fetch(`${url}/hello/`)
  isFaulty = true
  const failed = await post('/api/token/', { username: 'ada', password: PASSWORD })
  await turns()
  const ids = [refused, failed].map((answer) => answer.headers.get('x-request-id'))
  assert.deepEqual([refused.status, failed.status], [401, 500])
  assert.deepEqual(
    lines
      .filter(({ event }) => event !== 'request')
      .map(({ event, request }) => [event, request]),
    [
      ['a request was refused', ids[0]],
      ['a request failed', ids[1]],
    ],
  )
})

for (const [what, proxies, sent, isKept] of [
  ['of a trusted proxy is kept', 1, 'edge-7f:2026.11_27@a', true],
  ['of a client is replaced if no proxy is trusted', 0, 'edge-7f', false],
  ['with a space in it is replaced', 1, 'edge 7f', false],
  ['with a quote in it is replaced', 1, 'edge"7f', false],
  ['longer than 64 characters is replaced', 1, 'e'.repeat(65), false],
  ['that is empty is replaced', 1, '', false],
] as const) {
  test(`a request id ${what}`, async (t) => {
    const { lines, url } = await server(t, { proxies }, { proxies })
    const answer = await fetch(url, { headers: { 'x-request-id': sent } })
    await turns()
    const id = answer.headers.get('x-request-id')
    assert.equal(id === sent, isKept)
    assert.equal(lines[0]?.request, id)
    if (!isKept) assert.match(id ?? '', /^[\da-f]{32}$/)
  })
}

// The log

test('no log line, audit event or metric contains a secret of any part of a request (L3)', async (t) => {
  const metrics = { host: '127.0.0.1', port: 0, version: '0.0.0' }
  const { auth, ada, lines, post, running, url } = await server(
    t,
    { explain: true, proxies: 1 },
    { proxies: 1, metrics },
  )
  const canary = 'CANARY-4711'
  const pair = (await (
    await post('/api/token/', { username: 'ada', password: PASSWORD })
  ).json()) as Record<string, string>
  const { token } = await auth.apiTokens.create(ada.id)
  const secrets = [
    canary,
    PASSWORD,
    token,
    ...Object.values(pair).flatMap((text) => text.split('.')),
  ]
  const everywhere = {
    authorization: `Bearer ${canary}`,
    cookie: `sessionid=${canary}; ${canary}=1`,
    referer: `https://example.com/?token=${canary}`,
    'user-agent': canary,
    'x-request-id': `${canary}!`,
  }
  for (const path of [
    '/api/token/',
    '/api/token/refresh/',
    '/api/token/verify/',
    '/api/token/blacklist/',
    '/hello/',
    '/no/',
  ]) {
    await post(
      `${path}?token=${canary}#${canary}`,
      { username: canary, password: canary, refresh: canary, token: canary },
      everywhere,
    )
    await fetch(`${url}${path}?${pair.access}`, { headers: everywhere })
    await post(path, {
      username: 'ada',
      password: canary,
      refresh: pair.refresh,
      token: pair.access,
    })
  }
  await post('/api/token/refresh/', { refresh: pair.refresh })
  await fetch(`${url}/hello/`, { headers: { authorization: `Bearer ${pair.access}` } })
  await fetch(`${url}/hello/`, { headers: { authorization: `Token ${token}` } })
  await fetch(`${url}/reset/${pair.access}/`)
  await auth
    .require(new Request(`http://localhost/reset/${pair.access}/?token=${canary}`))
    .catch(() => undefined)

  await turns()
  const written = [
    ...lines.map(jsonLine),
    ...lines.map(textLine),
    JSON.stringify(await auth.events.list()),
    await (await fetch(running.metrics ?? '')).text(),
  ].join('\n')
  assert.ok(lines.length > 20)
  for (const secret of secrets)
    assert.ok(!written.includes(secret), `${secret.slice(0, 12)} is written`)
})

test('a log line is JSON with the time, the level, the process and the request', async (t) => {
  const { lines, url } = await server(t)
  await fetch(`${url}/no/\u001b[2J`)
  await turns()
  const line = JSON.parse(jsonLine(lines[0]!)) as Record<string, unknown>
  const { at, ms, request, ...others } = line
  assert.match(String(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.equal(typeof ms, 'number')
  assert.match(String(request), /^[\da-f]{32}$/)
  assert.deepEqual(others, {
    level: 'info',
    event: 'request',
    pid: process.pid,
    method: 'GET',
    path: '/no/%1B[2J',
    status: 404,
    address: '127.0.0.1',
  })
})

test('health checks are logged only if they fail', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  let isDown = false
  const ping = (): Promise<void> =>
    isDown ? Promise.reject(new AuthError('store_unavailable')) : store.ping()
  const { lines, url } = await server(t, { store: { ...store, ping } })
  await fetch(`${url}/health/ready`)
  await fetch(`${url}/health/live`)
  await sleep(600)
  isDown = true
  await fetch(`${url}/health/ready`)
  await turns()
  assert.deepEqual(
    lines.map(({ level, path, status }) => [level, path, status]),
    [['warn', '/health/ready', 503]],
  )
})

// Metrics

const METRICS_PLACE = { host: '127.0.0.1', port: 0, version: '1.2.3' }

test('metrics are valid exposition text and count requests, sign-ins and refreshes', async (t) => {
  const { running, post, url } = await server(t, {}, { metrics: METRICS_PLACE })
  const pair = (await (
    await post('/api/token/', { username: 'ada', password: PASSWORD })
  ).json()) as Record<string, string>
  await post('/api/token/', { username: 'ada', password: 'wrong' })
  await post('/api/token/refresh/', { refresh: pair.refresh })
  await post('/api/token/refresh/', { refresh: pair.refresh })
  await post('/api/token/blacklist/', { refresh: pair.refresh })
  for (let i = 0; i < 50; i++) await fetch(`${url}/made-up-${i}`)

  const answer = await fetch(running.metrics ?? '')
  assert.equal(
    answer.headers.get('content-type'),
    'text/plain; version=0.0.4; charset=utf-8',
  )
  const metrics = parseExposition(await answer.text())
  const numberOf = (metric: string, sample = metric) =>
    metrics.get(metric)?.samples.get(sample)
  const requests = (labels: string) =>
    numberOf('watchword_requests_total', `watchword_requests_total{${labels}}`)
  assert.equal(requests('endpoint="/api/token",status="200"'), 1)
  assert.equal(requests('endpoint="/api/token",status="401"'), 1)
  assert.equal(requests('endpoint="/api/token/refresh",status="200"'), 2)
  assert.equal(requests('endpoint="other",status="404"'), 50)
  const signIns = (outcome: string) =>
    numberOf('watchword_sign_ins_total', `watchword_sign_ins_total{outcome="${outcome}"}`)
  assert.deepEqual(['ok', 'failed', 'throttled', 'busy'].map(signIns), [1, 1, 0, 0])
  const refreshes = (outcome: string) =>
    numberOf(
      'watchword_refreshes_total',
      `watchword_refreshes_total{outcome="${outcome}"}`,
    )
  assert.deepEqual(
    ['rotated', 'replayed', 'lost_answer', 'reused', 'revoked'].map(refreshes),
    [1, 1, 0, 0, 0],
  )
  assert.equal(numberOf('watchword_info', 'watchword_info{version="1.2.3"}'), 1)
  assert.equal(numberOf('watchword_store_up'), 1)
  assert.equal(numberOf('watchword_workers'), 1)
  assert.equal(numberOf('watchword_revoked_sessions'), 1)
  assert.ok(numberOf('watchword_signing_key_age_seconds')! < 60)
  assert.ok(numberOf('watchword_resident_memory_bytes')! > 10_000_000)
  const all = Object.keys(METRICS).filter(
    (name) => !['watchword_redis_up', 'watchword_clock_ahead_seconds'].includes(name),
  )
  assert.deepEqual([...metrics.keys()], all)
  const series = [...metrics.values()].reduce((sum, { samples }) => sum + samples.size, 0)
  assert.ok(series < 200, `${series} series`)
})

test('metrics are served at their own address and nowhere else', async (t) => {
  const { running, url } = await server(t, {}, { metrics: METRICS_PLACE })
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
  const own = running.metrics ?? ''
  assert.match(own, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  assert.equal((await fetch(own.replace('/metrics', '/api/token/'))).status, 404)
  assert.equal((await fetch(own, { method: 'POST' })).status, 405)
})

test('without the option there are no metrics', async (t) => {
  const { running, url } = await server(t)
  assert.equal(running.metrics, undefined)
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
})

test('metrics of several workers are added up; for the age of the feed the highest counts', async (t) => {
  const other: readonly Sample[] = [
    { name: 'watchword_workers', value: 1 },
    {
      name: 'watchword_requests_total',
      labels: { endpoint: 'other', status: '404' },
      value: 40,
    },
    { name: 'watchword_sign_ins_total', labels: { outcome: 'failed' }, value: 7 },
    { name: 'watchword_revocation_feed_age_seconds', value: 99 },
    {
      name: 'watchword_request_duration_seconds_bucket',
      labels: { endpoint: '/hello', le: '+Inf' },
      value: 2,
    },
    {
      name: 'watchword_request_duration_seconds_sum',
      labels: { endpoint: '/hello' },
      value: 0.5,
    },
    {
      name: 'watchword_request_duration_seconds_count',
      labels: { endpoint: '/hello' },
      value: 2,
    },
  ]
  const own = messageBus()
  const bus: typeof own = {
    ...own,
    askAll: async (question) => [
      ...(await own.askAll(question)),
      JSON.parse(JSON.stringify(other)),
    ],
  }
  const { running, url } = await server(t, {}, { metrics: METRICS_PLACE, bus })
  await fetch(`${url}/no/`)
  const metrics = parseExposition(await (await fetch(running.metrics ?? '')).text())
  const numberOf = (sample: string) =>
    metrics.get(sample.replace(/\{.*/, ''))?.samples.get(sample)
  assert.equal(numberOf('watchword_workers'), 2)
  assert.equal(numberOf('watchword_requests_total{endpoint="other",status="404"}'), 41)
  assert.equal(numberOf('watchword_sign_ins_total{outcome="failed"}'), 7)
  assert.equal(numberOf('watchword_revocation_feed_age_seconds'), 99)
})

test('if the port is in use, the metrics server is closed again', async (t) => {
  const { auth, url } = await server(t)
  const port = Number(new URL(url).port)
  await assert.rejects(serve({ auth, host: '127.0.0.1', port, metrics: METRICS_PLACE }), {
    code: 'EADDRINUSE',
  })
  const handles = process
    .getActiveResourcesInfo()
    .filter((kind) => kind === 'TCPServerWrap')
  const others = await serve({ auth, host: '127.0.0.1', port: 0 })
  const more = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap')
  await others.stop()
  assert.equal(handles.length, more.length - 1)
})
