/** A scheme that reads `request.body()` leaves the body, also an empty one or one that is too large, to what runs after it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import express from 'express'
import fastify from 'fastify'
import * as inExpress from '../../src/adapters/express.ts'
import * as inFastify from '../../src/adapters/fastify.ts'
import * as inNode from '../../src/adapters/node.ts'
import { NodeRequest } from '../../src/adapters/node-request.ts'
import type { Scheme } from '../../src/authentication.ts'
import type { AuthError } from '../../src/base/errors.ts'
import { testInstance } from '../../src/testing/index.ts'

interface Reader {
  readonly read: number | string
}

/** Accepts every request, also if its body cannot be read. */
const reader: Scheme<Reader> = () => ({
  async identify(request) {
    // The second time is what a second such scheme would see.
    await request.body().catch(() => undefined)
    const read = await request.body().then(
      ({ length }) => length,
      ({ code }: AuthError) => code,
    )
    return { user: { read }, scheme: 'reader' }
  },
})

const newInstance = (t: TestContext) => {
  const { auth } = testInstance({ authentication: [reader] })
  t.after(() => auth.close())
  return auth
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  t.after(() => server.close().closeAllConnections())
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** The bytes that a listener gets that waits for `end`. */
const heard = (request: IncomingMessage): Promise<number> =>
  new Promise((resolve) => {
    let size = 0
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length
    })
    request.on('end', () => resolve(size))
  })

const nodeServer = (t: TestContext): Promise<number> => {
  const server = createServer()
  const guard = inNode.mount(server, newInstance(t))
  server.on(
    'request',
    guard(async (request, response) => {
      const handler = await heard(request)
      response.end(JSON.stringify({ scheme: request.auth.user.read, handler }))
    }),
  )
  return portOf(t, server)
}

/** @param parser `before`: bodies are parsed before the guard */
const expressApp = (t: TestContext, parser: 'before' | 'after'): Promise<number> => {
  const app = express()
  const parsers = express.json({ strict: false, limit: '1mb' })
  if (parser === 'before') app.use(parsers)
  const guard = inExpress.mount(app, newInstance(t))
  const seen = guard((request, response) => {
    if (parser === 'before')
      return void response.json({ scheme: request.auth.user.read, handler: 0 })
    parsers(request, response, (error) =>
      response.json({
        scheme: request.auth.user.read,
        handler: String(error ?? '') || JSON.stringify(request.body ?? '').length - 2,
      }),
    )
  })
  app.all('/', seen)
  return portOf(t, createServer(app))
}

const fastifyApp = async (t: TestContext): Promise<number> => {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 1_000_000 })
  const guard = inFastify.mount(app, newInstance(t))
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  const handler = guard((request) => ({
    scheme: request.auth.user.read,
    handler: ((request.body ?? '') as string).length,
  }))
  app.route({ method: ['GET', 'POST'], url: '/', handler })
  t.after(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const APPS = {
  'node:http': nodeServer,
  'Express, parser before the guard': (t: TestContext) => expressApp(t, 'before'),
  'Express, parser after the guard': (t: TestContext) => expressApp(t, 'after'),
  Fastify: fastifyApp,
}

type Headers = Readonly<Record<string, string>>
const CHUNKED = { 'transfer-encoding': 'chunked' }

interface Sent {
  readonly method: string
  readonly headers: Headers
  readonly body?: string
  /** Milliseconds between the headers and the end. */
  readonly pause?: number
}

async function send(port: number, { method, headers, body = '', pause }: Sent) {
  const outgoing = request({ port, host: '127.0.0.1', method, headers })
  outgoing.flushHeaders()
  if (pause !== undefined) await after(pause)
  outgoing.end(body)
  const signal = AbortSignal.timeout(3000)
  const [response] = (await once(outgoing, 'response', { signal })) as [IncomingMessage]
  return text(response)
}

const TEXT = { 'content-type': 'text/plain' }
const JSON_TYPE = { 'content-type': 'application/json' }
const EMPTY: Readonly<Record<string, Sent>> = {
  'a body of length 0': { method: 'POST', headers: { ...TEXT, 'content-length': '0' } },
  'JSON of length 0': {
    method: 'POST',
    headers: { ...JSON_TYPE, 'content-length': '0' },
  },
  'an empty chunked body': { method: 'POST', headers: { ...TEXT, ...CHUNKED } },
  'empty chunked JSON': { method: 'POST', headers: { ...JSON_TYPE, ...CHUNKED } },
  'an empty chunked body whose end comes late': {
    method: 'POST',
    headers: { ...TEXT, ...CHUNKED },
    pause: 30,
  },
  'GET without a body': { method: 'GET', headers: {} },
}

for (const [app, start] of Object.entries(APPS))
  for (const [name, sent] of Object.entries(EMPTY))
    test(`${app}: ${name} is empty for the scheme and for the handler`, async (t) => {
      const port = await start(t)

      const answer = await send(port, sent)

      // Fastify refuses empty JSON after the guard.
      if (app === 'Fastify' && sent.headers['content-type'] === JSON_TYPE['content-type'])
        return assert.match(answer, /FST_ERR_CTP_EMPTY_JSON_BODY/)
      assert.deepEqual(JSON.parse(answer), { scheme: 0, handler: 0 })
    })

test('node:http: an empty chunked body that is read before its end is parsed still ends', async (t) => {
  const server = createServer(async (request, response) => {
    const { length } = await new NodeRequest(request).body()
    response.end(JSON.stringify({ scheme: length, handler: await heard(request) }))
  })
  const port = await portOf(t, server)
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())

  const start = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  socket.write(`${start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)
  socket.setTimeout(3000, () => socket.destroy(new Error('no answer')))

  assert.match(await text(socket), /\{"scheme":0,"handler":0\}/)
})

const EMPTY_IN_HTTP2: Readonly<Record<string, [OutgoingHttpHeaders, boolean]>> = {
  'GET without a body': [{ ':method': 'GET' }, true],
  'a body of length 0': [{ ':method': 'POST', 'content-length': '0' }, false],
}
for (const [name, [headers, endStream]] of Object.entries(EMPTY_IN_HTTP2))
  test(`HTTP/2: ${name} is empty for the scheme and for the handler`, async (t) => {
    const server = createHttp2Server(async (request, response) => {
      const raw = request as unknown as IncomingMessage
      const { length } = await new NodeRequest(raw).body()
      response.end(JSON.stringify({ scheme: length, handler: await heard(raw) }))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const client = connectHttp2(`http://127.0.0.1:${port}`)
    t.after(() => {
      client.destroy()
      server.close()
    })

    const stream = client.request(headers, { endStream })
    stream.setTimeout(3000, () => stream.destroy(new Error('no answer')))
    stream.end()

    assert.equal(await text(stream), '{"scheme":0,"handler":0}')
  })

const LARGE = 'a'.repeat(200_000)
for (const app of ['node:http', 'Express, parser after the guard', 'Fastify'] as const)
  test(`${app}: a body that is too large for the scheme is left to the handler whole`, async (t) => {
    const port = await APPS[app](t)
    const json = app.startsWith('Express')
    const type = json ? JSON_TYPE : TEXT
    const body = json ? JSON.stringify(LARGE) : LARGE

    const answer = await send(port, {
      method: 'POST',
      headers: { ...type, ...CHUNKED },
      body,
    })

    assert.deepEqual(JSON.parse(answer), {
      scheme: 'body_too_large',
      handler: LARGE.length,
    })
  })

for (const type of ['application/json', 'application/x-www-form-urlencoded'])
  test(`Express: an endpoint takes an empty body of type ${type} that a parser has read`, async (t) => {
    const { auth, as } = testInstance()
    t.after(() => auth.close())
    await auth.users.create({ username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' })
    const app = express()
    app.use(express.json(), express.urlencoded({ extended: false }))
    inExpress.mount(app, auth)
    const port = await portOf(t, createServer(app))

    const answer = await fetch(`http://127.0.0.1:${port}/api/token/blacklist/`, {
      method: 'POST',
      headers: { ...(await as('ada')), 'content-type': type },
      body: '',
    })

    assert.deepEqual([answer.status, await answer.text()], [200, '{}'])
  })
