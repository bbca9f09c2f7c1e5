import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { LIMITS, type Limits } from '../../src/server/connection-limits.ts'
import { textLine } from '../../src/server/request-log.ts'
import { serve } from '../../src/server/serve.ts'
import { testInstance } from '../../src/testing/index.ts'
import { endsBefore, until } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** A server on a free port with one user, ada. */
async function server(limits: Partial<Limits> = {}) {
  const lines: string[] = []
  const { auth } = testInstance()
  const running = await serve({
    auth,
    host: '127.0.0.1',
    port: 0,
    log: (entry) => lines.push(textLine(entry)),
    limits: { ...LIMITS, connectionsCheckingInterval: 50, ...limits },
  })
  const port = Number(new URL(running.url).port)
  return {
    auth,
    lines,
    port,
    ...running,
    async withAda() {
      await auth.users.create({ username: 'ada', password: PASSWORD })
      return this
    },
    async [Symbol.asyncDispose]() {
      await running.stop()
      await auth.close()
    },
  }
}

const ask = (url: string, options: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...options, headers: { connection: 'close', ...options.headers } })

const post = (url: string, body: object): Promise<Response> =>
  ask(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** Everything that the server sends until it closes the connection. */
async function untilClosed(socket: Socket): Promise<string> {
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return received
}

async function raw(port: number, text: string): Promise<string> {
  const socket = dial(port)
  socket.write(text)
  return untilClosed(socket)
}

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const statusesIn = (received: string): string[] =>
  [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status = '']) => status)

test('the first page shows a sign-in command with the URL of this server', async () => {
  await using running = await server()

  const page = await (await ask(running.url)).text()

  assert.ok(
    page.includes(
      `curl -s ${running.url}/api/token/ -d username=NAME -d password=PASSWORD`,
    ),
  )
})

test('/hello/ greets a signed-in user, with and without the trailing slash', async () => {
  await using running = await server()
  await running.withAda()
  const { access } = (await (
    await post(`${running.url}/api/token/`, { username: 'ada', password: PASSWORD })
  ).json()) as {
    access: string
  }

  for (const path of ['/hello', '/hello/', '/hello/?name=eve']) {
    const answer = await ask(running.url + path, {
      headers: { authorization: `Bearer ${access}` },
    })
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), { hello: 'ada' })
  }
})

test('/hello/ without credentials is 401 with a challenge', async () => {
  await using running = await server()

  const answer = await ask(`${running.url}/hello/`)

  assert.equal(answer.status, 401)
  assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.deepEqual(await answer.json(), {
    detail: 'Authentication credentials were not provided.',
  })
})

test('without credentials a wrong method is 401, not 405', async () => {
  await using running = await server()

  assert.equal((await ask(`${running.url}/hello/`, { method: 'DELETE' })).status, 401)
})

test('the key set is public and has no private members', async () => {
  await using running = await server()

  const answer = await ask(`${running.url}/.well-known/jwks.json`)

  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] }
  assert.equal(answer.status, 200)
  assert.ok(keys.length >= 1)
  for (const key of keys) {
    assert.deepEqual(
      Object.keys(key).filter(
        (name) => !['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'].includes(name),
      ),
      [],
    )
  }
})

test('an unknown path is 404 in JSON', async () => {
  await using running = await server()

  for (const path of [
    '/nothing',
    '/hello/you',
    '/hello//',
    '//hello',
    '/HELLO/',
    '/__proto__',
    '/constructor/',
  ]) {
    const answer = await ask(running.url + path)
    assert.equal(answer.status, 404, path)
    assert.deepEqual(await answer.json(), { detail: 'Not found.' })
  }
})

test('POST to a page is 405 with Allow', async () => {
  await using running = await server()

  const answer = await ask(running.url, { method: 'POST' })

  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS')
  assert.deepEqual(await answer.json(), { detail: 'Method "POST" not allowed.' })
})

test('HEAD has the headers of GET and no body', async () => {
  await using running = await server()

  const answer = await ask(running.url, { method: 'HEAD' })

  assert.equal(answer.status, 200)
  assert.ok(Number(answer.headers.get('content-length')) > 100)
  assert.equal(await answer.text(), '')
})

for (const [what, text, status, detail] of [
  ['not HTTP', 'EHLO example.com\r\n\r\n', '400', 'The request is not well-formed HTTP.'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    '400',
    'The request is not well-formed HTTP.',
  ],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400',
    'The request is not well-formed HTTP.',
  ],
  [
    'a header of 20 KiB',
    `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    '431',
    'The request header is too large.',
  ],
  [
    'a path of 20 KiB',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    '431',
    'The request header is too large.',
  ],
] as const) {
  test(`an unreadable request is rejected and its connection closed: ${what}`, async () => {
    await using running = await server()

    const received = await raw(running.port, text)

    assert.deepEqual(statusesIn(received), [status])
    assert.ok(received.endsWith(`\r\n\r\n${JSON.stringify({ detail })}`), received)
    assert.match(received, /^Connection: close\r$/m)
    assert.deepEqual(running.lines, [`unreadable request ${status}`])
  })
}

test('an unreadable request does not replace the response to the request before it', async () => {
  await using running = await server()
  await running.withAda()
  const body = `username=ada&password=${PASSWORD}`

  const received = await raw(
    running.port,
    `POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}nonsense\r\n\r\n`,
  )

  assert.deepEqual(statusesIn(received), ['200'])
  assert.match(received, /"access"/)
})

test('slow clients are disconnected in time while others are served', async () => {
  await using running = await server({ headersTimeout: 700, requestTimeout: 1400 })
  await running.withAda()
  const began = performance.now()
  const trickle = (head: string) => async () => {
    const socket = dial(running.port)
    socket.write(head)
    let drops = 0
    const drip = setInterval(() => {
      drops++
      socket.write('a')
    }, 100)
    const received = await untilClosed(socket)
    clearInterval(drip)
    return {
      statuses: statusesIn(received),
      drops,
      seconds: (performance.now() - began) / 1000,
    }
  }
  const inHeader = trickle('GET /hello/ HTTP/1.1\r\nHost: x\r\nA: ')
  const inBody = trickle(
    'POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
  )
  const silent = trickle('')

  const slow = Promise.all(
    [
      Array.from({ length: 20 }, inHeader),
      Array.from({ length: 20 }, inBody),
      [silent()],
    ].map((all) => Promise.all(all)),
  )
  const honest: number[] = []
  for (let i = 0; i < 20; i++) {
    honest.push((await ask(running.url)).status)
    await sleep(50)
  }
  const [headers = [], bodies = []] = await slow

  assert.deepEqual(new Set(honest), new Set([200]))
  for (const { statuses, drops, seconds } of headers) {
    assert.deepEqual(statuses, ['408'])
    assert.ok(
      seconds > 0.6 && drops <= 17,
      `header: closed after ${seconds} s and ${drops} drops`,
    )
  }
  for (const { statuses, drops, seconds } of bodies) {
    assert.deepEqual(statuses, ['408'])
    assert.ok(
      seconds > 1.3 && drops <= 24,
      `body: closed after ${seconds} s and ${drops} drops`,
    )
  }
})

test('a connection without a request is closed', async () => {
  await using running = await server({ headersTimeout: 200, requestTimeout: 400 })

  assert.deepEqual(statusesIn(await untilClosed(dial(running.port))), ['408'])
})

test('a client that sends requests and reads no response is disconnected', async () => {
  await using running = await server({ timeout: 500, maxRequestsPerSocket: 1_000_000 })
  const socket = dial(running.port)
  socket.pause()
  const asking = setInterval(
    () => socket.writableNeedDrain || socket.write(GET('/').repeat(500)),
    5,
  )

  await until(
    () => running.lines.some((line) => line.includes('broken off')),
    'it is still open',
  )
  clearInterval(asking)
  socket.destroy()
  assert.ok(running.lines.some((line) => line.includes('broken off')))
})

test('a connection carries at most maxRequestsPerSocket requests', async () => {
  await using running = await server({ maxRequestsPerSocket: 3, keepAliveTimeout: 100 })

  const received = await raw(running.port, GET('/').repeat(4))

  assert.deepEqual(statusesIn(received), ['200', '200', '200', '503'])
})

test('a connection above maxConnections gets no response', async () => {
  await using running = await server({ maxConnections: 2 })
  const open = [dial(running.port), dial(running.port)]
  await Promise.all(open.map((socket) => once(socket, 'connect')))

  assert.equal(await raw(running.port, GET('/')), '')
  for (const socket of open) socket.destroy()
})

/** Sends a body piece by piece until it is answered. */
async function send(
  port: number,
  headers: Record<string, string>,
  pieces: Iterable<string | Buffer>,
) {
  const outgoing = httpRequest({
    port,
    host: '127.0.0.1',
    path: '/api/token/',
    method: 'POST',
    headers,
    agent: false,
  })
  outgoing.on('error', () => undefined)
  let taken = 0
  const counted = function* (): Generator<string | Buffer> {
    for (const piece of pieces) {
      taken += piece.length
      yield piece
    }
  }
  const source = Readable.from(counted())
  source.pipe(outgoing)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  source.destroy()
  const body = Buffer.concat(await response.toArray()).toString()
  outgoing.destroy()
  return { status: response.statusCode, body, taken }
}

function* endless(piece: string): Generator<string> {
  for (;;) yield piece
}

for (const [what, headers, pieces, status] of [
  [
    '10 MB',
    { 'content-type': 'application/json', 'content-length': '10000000' },
    Array(100).fill('x'.repeat(100_000)),
    413,
  ],
  [
    'chunks without end',
    { 'content-type': 'application/json' },
    endless('x'.repeat(1000)),
    413,
  ],
  ['100,000 brackets', { 'content-type': 'application/json' }, ['['.repeat(60_000)], 400],
  [
    'gzip',
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    [Buffer.from([0x1f, 0x8b, 8, 0])],
    415,
  ],
] as const) {
  test(`a body that is rejected is not read to its end: ${what}`, async () => {
    await using running = await server()

    const answer = await send(running.port, headers, pieces)

    assert.equal(answer.status, status)
    assert.match(answer.body, /^\{"detail":".+"\}$/)
    // What a connection holds whose client does not read, and what was read before.
    assert.ok(answer.taken < 16_000_000, `answered after ${answer.taken} bytes`)
  })
}

/** A client in a thread of its own, which writes everything before it reads. Posts the first line of each response. */
const HASTY_CLIENT = `
const { parentPort, workerData } = require('node:worker_threads')
const socket = require('node:net').connect(workerData, '127.0.0.1')
const head = 'POST /api/token/ HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\nContent-Length: 10000000\\r\\n\\r\\n'
socket.on('error', () => {}).on('data', (text) => parentPort.postMessage(String(text).split('\\r\\n')[0]))
socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(10_000_000, 32)]))`

test('a client that sends ten megabytes before it reads still gets the response', async () => {
  await using running = await server()
  for (let i = 0; i < 3; i++) {
    const client = new Worker(HASTY_CLIENT, {
      eval: true,
      execArgv: [],
      workerData: running.port,
    })
    let received = ''
    client.on('message', (line: string) => {
      received += `${line}\r\n`
    })
    await once(client, 'exit')
    assert.deepEqual(statusesIn(received), ['413'])
  }
})

test('a client that keeps sending after the response is disconnected', async () => {
  await using running = await server({ linger: 200 })
  const socket = dial(running.port)
  let drops = 0
  const drip = setInterval(() => {
    drops++
    socket.write('x')
  }, 20)
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n')

  const received = await untilClosed(socket)
  clearInterval(drip)

  assert.deepEqual(statusesIn(received), ['405'])
  assert.ok(drops <= 60, `after ${drops} bytes`)
})

test('a stop answers requests in flight and requests on idle connections, and accepts no connection', async () => {
  const running = await server({ idleGrace: 2000 })
  await running.withAda()
  const body = `username=ada&password=${PASSWORD}`
  const half = dial(running.port)
  const idle = dial(running.port)
  half.write(
    `POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
  )
  idle.write(GET('/'))
  await once(idle, 'data')
  const silent = dial(running.port)
  silent.write(GET('/'))
  await once(silent, 'data')

  const stopped = running.stop()
  await assert.rejects(fetch(running.url))
  const closed = Promise.all([untilClosed(half), untilClosed(idle), untilClosed(silent)])
  idle.write(GET('/'))
  await sleep(100)
  half.write(body.slice(9))
  const [inFlight, onIdle, nothing] = await closed
  await stopped
  await running.auth.close()

  assert.deepEqual(statusesIn(inFlight), ['200'])
  assert.match(inFlight, /^Connection: close\r$/m)
  assert.deepEqual(statusesIn(onIdle), ['200'])
  assert.match(onIdle, /^Connection: close\r$/m)
  assert.equal(nothing, '')
})

test('a stop cuts a stuck request after its time limit', async () => {
  const running = await server({ idleGrace: 50, stopTimeout: 300 })
  const stuck = dial(running.port)
  stuck.write(
    'POST /api/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  await sleep(50)

  assert.ok(await endsBefore(running.stop(), 20, 50))
  await running.auth.close()
  stuck.destroy()
})

test('the log has method, path, status and time, and no secret of a request', async () => {
  await using running = await server()
  await running.withAda()
  const canary = 'CANARY-4711'

  await post(`${running.url}/api/token/?password=${canary}`, {
    username: 'ada',
    password: canary,
  })
  await post(`${running.url}/api/token/refresh/`, { refresh: canary })
  await ask(`${running.url}/hello/?token=${canary}`, {
    headers: { authorization: `Bearer ${canary}`, cookie: canary },
  })
  await raw(running.port, `GET / HTTP/1.1\r\n${canary}\r\n\r\n`)

  assert.deepEqual(
    running.lines.map((line) => line.replace(/\d+ ms$/, 'N ms')),
    [
      'POST /api/token/ 401 N ms',
      'POST /api/token/refresh/ 401 N ms',
      'GET /hello/ 401 N ms',
      'unreadable request 400',
    ],
  )
})

/** A request by way of an agent, whose body follows `after` the head. */
async function askBy(
  agent: Agent,
  port: number,
  { path = '/hello/', body = '', headers = {}, after = 0 },
): Promise<{ readonly status: number; readonly connection: string | undefined }> {
  const request = httpRequest({ port, agent, path, method: 'POST', headers })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.on('error', () => undefined).flushHeaders()
  if (after > 0) await sleep(after)
  request.end(body)
  const [answer] = await answered
  await answer.resume().toArray()
  return { status: answer.statusCode ?? 0, connection: answer.headers.connection }
}

test('a connection stays open after a response that came before its small body', async () => {
  await using running = await server()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<unknown>()
  agent.on('free', (socket: Socket) => ports.add(socket.localPort))

  const body = 'b'.repeat(3_000)
  const headers = { 'content-length': '3000' }
  for (let i = 0; i < 12; i++) {
    const path = ['/hello/', '/nothing/', '/health/live'][i % 3]!
    const { status, connection } = await askBy(agent, running.port, {
      path,
      body,
      headers,
      after: i % 2 === 0 ? 20 : 0,
    })
    assert.deepEqual([status, connection], [[401, 404, 405][i % 3], 'keep-alive'])
  }
  agent.destroy()

  assert.equal(ports.size, 1)
})

for (const [about, headers, size] of [
  ['a large body', { 'content-length': '70001' }, 70_001],
  ['a body of unknown length', { 'transfer-encoding': 'chunked' }, 3_000],
] as const) {
  test(`a response that comes before ${about} says that the connection closes`, async () => {
    await using running = await server()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })

    for (let i = 0; i < 3; i++) {
      const body = 'b'.repeat(size)
      const answer = await askBy(agent, running.port, { body, headers, after: 60 })
      assert.deepEqual(answer, { status: 401, connection: 'close' })
    }
    agent.destroy()
  })
}

test('the target of a request may be a URL', async () => {
  await using running = await server()
  const ask = (target: string, host = 'x') =>
    raw(
      running.port,
      `OPTIONS ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )

  for (const target of [
    'http://auth.example/api/token/verify/',
    'HTTPS://auth.example:81/api/token/verify?a=1',
  ])
    assert.match(await ask(target), /^HTTP\/1\.1 200 .*Token Verify/s, target)
  for (const target of ['http://auth.example', 'http://auth.example?x=1'])
    assert.match(await ask(target), /^HTTP\/1\.1 200 /, target)
  for (const target of ['http:/api/token/verify/', 'ftp://a/api/token/verify/'])
    assert.match(await ask(target), /^HTTP\/1\.1 40[04] /, target)
})

for (const [about, head] of [
  ['two Host headers', 'HTTP/1.1\r\nHost: a.example\r\nHost: b.example'],
  ['the same Host twice', 'HTTP/1.1\r\nHost: a.example\r\nhost: a.example'],
  [
    'HTTP/1.0 with Transfer-Encoding',
    'HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked',
  ],
] as const) {
  test(`${about}: 400, and the connection is closed`, async () => {
    await using running = await server()

    const received = await raw(
      running.port,
      `POST /hello/ ${head}\r\n\r\n0\r\n\r\n${GET('/health/live')}`,
    )

    assert.deepEqual(statusesIn(received), ['400'])
    assert.match(received, /connection: close/i)
    assert.match(received, /\{"detail":"The request is not well-formed HTTP\."\}$/)
  })
}
