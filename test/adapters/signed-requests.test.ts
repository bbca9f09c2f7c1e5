/** A signed request is that of its signer in every framework, and its body is there for the handler. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { serve } from '@hono/node-server'
import { All, Body, Controller, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import fastify from 'fastify'

import { Hono } from 'hono'
import { createSigner, httpbis } from 'http-message-signatures'
import * as inExpress from '../../src/adapters/express.ts'
import * as inFastify from '../../src/adapters/fastify.ts'
import * as inFetch from '../../src/adapters/fetch.ts'
import * as inHono from '../../src/adapters/hono.ts'
import * as inNest from '../../src/adapters/nest.ts'
import * as inNext from '../../src/adapters/next.ts'
import * as inNode from '../../src/adapters/node.ts'
import { NodeRequest } from '../../src/adapters/node-request.ts'
import { draftCavage, hawk, httpSignature } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import { Hawk } from '../hawk/reference.ts'

const ORIGIN = 'https://api.example.com'
const SECRET = 'qhr4-7mzt-w2pd-x9kc-and-thirty-two-bytes'
/** Serialized again, it would be another one. */
const BODY = '{ "title" :\t"x" }'
const QUERY = '/notes?q=%2F&name=%7Ea+b&empty='
const JSON_TYPE = { 'content-type': 'application/json' }

async function setUp(t: TestContext) {
  const app = testInstance({
    url: ORIGIN,
    authentication: [draftCavage(), httpSignature(), hawk()],
  })
  t.after(() => app.auth.close())
  const { id: userId } = await app.auth.users.create({ username: 'ada' })
  const { signingKeys } = app.auth
  await signingKeys.create({ userId }, { id: 'mac', secret: SECRET })
  await signingKeys.create(
    { userId },
    { id: 'hawk', secret: SECRET, algorithm: 'hawk-sha256' },
  )
  return app
}

type Instance = Awaited<ReturnType<typeof setUp>>
type Auth = Instance['auth']
type Ask = (path: string, init: RequestInit) => Promise<Response>

async function asking(t: TestContext, server: Server): Promise<Ask> {
  t.after(() => server.close().closeAllConnections())
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init)
}

/** What the handlers answer. */
const shown = (username: string, body: unknown) => ({ username, body })

function expressApp(t: TestContext, auth: Auth, parsers: readonly express.Handler[]) {
  const app = express()
  for (const parser of parsers) app.use(parser)
  const guard = inExpress.mount(app, auth)
  const after = express.text({ type: '*/*' })
  app.all(
    '/notes',
    guard((request, response) => {
      const answer = () =>
        response.json(shown(request.auth.user.username, request.body ?? ''))
      if (parsers.length > 0) answer()
      else after(request, response, answer)
    }),
  )
  return asking(t, createServer(app))
}

async function nestApp(
  t: TestContext,
  auth: Auth,
  options: { readonly rawBody: boolean },
  platform?: FastifyAdapter,
): Promise<Ask> {
  class Notes {
    answer(body: unknown): object {
      return shown('ada', body)
    }
  }
  Body()(Notes.prototype, 'answer', 0)
  const descriptor = Object.getOwnPropertyDescriptor(Notes.prototype, 'answer')
  const decorators = [All('notes'), UseGuards(inNest.guardOf(auth)())]
  for (const on of decorators) on(Notes.prototype, 'answer', descriptor ?? {})
  Controller()(Notes)
  class App {}
  Module({ controllers: [Notes] })(App)
  const settings = { logger: false, ...options } as const
  const app =
    platform === undefined
      ? await NestFactory.create(App, settings)
      : await NestFactory.create(App, platform, settings)
  t.after(() => app.close())
  inNest.mount(app, auth)
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  return (path, init) => fetch(url + path, init)
}

function honoApp(auth: Auth): Hono {
  const app = new Hono()
  const guard = inHono.mount(app, auth)
  app.all('/notes', guard(), async (c) =>
    c.json(shown(c.get('auth').user.username, await c.req.text())),
  )
  return app
}

const keepBytes = express.json({
  verify: (request, _, bytes) => Object.assign(request, { rawBody: bytes }),
})

const APPS: Readonly<Record<string, (t: TestContext, auth: Auth) => Promise<Ask>>> = {
  'node:http': (t, auth) => {
    const server = createServer()
    const guard = inNode.mount(server, auth)
    const handler = guard(async (request, response) => {
      const body = await text(request)
      response.end(JSON.stringify(shown(request.auth.user.username, body)))
    })
    return asking(t, server.on('request', handler))
  },
  Express: (t, auth) => expressApp(t, auth, []),
  'Express, with rawBody': (t, auth) => expressApp(t, auth, [keepBytes]),
  'Express, with express.raw()': (t, auth) =>
    expressApp(t, auth, [express.raw({ type: '*/*' })]),
  Fastify: async (t, auth) => {
    const app = fastify({ forceCloseConnections: true })
    const guard = inFastify.mount(app, auth)
    const handler = guard((request) =>
      shown(request.auth.user.username, request.body ?? ''),
    )
    app.route({ method: ['GET', 'POST'], url: '/notes', handler })
    t.after(() => app.close())
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return (path, init) => fetch(url + path, init)
  },
  'Nest on Express, with rawBody': (t, auth) => nestApp(t, auth, { rawBody: true }),
  'Nest on Fastify, with rawBody': (t, auth) =>
    nestApp(t, auth, { rawBody: true }, new FastifyAdapter()),
  Hono: async (_, auth) => {
    const app = honoApp(auth)
    return async (path, init) => app.request(ORIGIN + path, init)
  },
  'Hono on Node.js': async (t, auth) =>
    asking(t, serve({ fetch: honoApp(auth).fetch, port: 0 }) as Server),
  fetch: async (_, auth) => {
    const route = inFetch.guardOf(auth)(async (request) =>
      Response.json(shown(request.auth.user.username, await request.text())),
    )
    return (path, init) => route(new Request(ORIGIN + path, init))
  },
  Next: async (_, auth) => {
    const route = inNext.guard(auth, async (request) =>
      Response.json(shown(request.auth.user.username, await request.text())),
    )
    return (path, init) => route(new Request(ORIGIN + path, init), {})
  },
}

/** A body that is parsed before the guard, of which no bytes are kept. */
const PARSED: typeof APPS = {
  'Express, parser before the guard': (t, auth) => expressApp(t, auth, [express.json()]),
  'Nest on Express': (t, auth) => nestApp(t, auth, { rawBody: false }),
  'Nest on Fastify': (t, auth) =>
    nestApp(t, auth, { rawBody: false }, new FastifyAdapter()),
}

const digestOf = (body: string): string =>
  createHash('sha256').update(body).digest('base64')

interface Sent {
  readonly method: string
  readonly body?: string
  readonly now: number
}

type Sign = (sent: Sent) => Promise<Record<string, string>>

const signed: Sign = async ({ method, body, now }) => {
  const { headers } = await httpbis.signMessage(
    {
      key: createSigner(SECRET, 'hmac-sha256', 'mac'),
      fields: [
        '@method',
        '@target-uri',
        ...(body === undefined ? [] : ['content-digest']),
      ],
      params: ['created', 'keyid', 'nonce'],
      paramValues: { created: new Date(now * 1000), nonce: randomUUID() },
    },
    {
      method,
      url: ORIGIN + QUERY,
      headers:
        body === undefined ? {} : { 'content-digest': `sha-256=:${digestOf(body)}:` },
    },
  )
  return headers as Record<string, string>
}

const signedAsDraft: Sign = async ({ method, body, now }) => {
  const headers = {
    date: new Date(now * 1000).toUTCString(),
    'x-id': randomUUID(),
    ...(body !== undefined && { digest: `SHA-256=${digestOf(body)}` }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const signing = [`(request-target): ${method.toLowerCase()} ${QUERY}`, ...lines]
  const signature = createHmac('sha256', SECRET)
    .update(signing.join('\n'))
    .digest('base64')
  const names = ['(request-target)', ...Object.keys(headers)].join(' ')
  const authorization = `Signature keyId="mac",algorithm="hmac-sha256",headers="${names}",signature="${signature}"`
  return { ...headers, authorization }
}

const signedByHawk: Sign = async ({ method, body, now }) => {
  const { header } = Hawk.client.header(ORIGIN + QUERY, method, {
    credentials: { id: 'hawk', key: SECRET, algorithm: 'sha256' },
    timestamp: now,
    ...(body !== undefined && { payload: body, contentType: 'application/json' }),
  })
  return { authorization: header }
}

const SCHEMES = {
  httpSignature: signed,
  draftCavage: signedAsDraft,
  hawk: signedByHawk,
}

/** @param arrives the body that arrives, if it is not the one that was signed */
async function answerTo(
  ask: Ask,
  { clock }: Instance,
  sign: Sign,
  { body, arrives = body }: { readonly body?: string; readonly arrives?: string },
): Promise<Response> {
  const method = body === undefined ? 'GET' : 'POST'
  const sent = { method, now: clock.now(), ...(body !== undefined && { body }) }
  const headers = { ...(body !== undefined && JSON_TYPE), ...(await sign(sent)) }
  return ask(QUERY, {
    method,
    headers,
    ...(arrives !== undefined && { body: arrives }),
  })
}

for (const [framework, start] of Object.entries(APPS)) {
  for (const [scheme, sign] of Object.entries(SCHEMES)) {
    test(`${framework}: ${scheme}() verifies a query as it was sent, and a body byte by byte`, async (t) => {
      const app = await setUp(t)
      const ask = await start(t, app.auth)
      const read = await answerTo(ask, app, sign, {})
      assert.equal(read.status, 200, await read.text())

      const written = await answerTo(ask, app, sign, { body: BODY })
      const { username, body } = (await written.json()) as ReturnType<typeof shown>
      assert.equal(username, 'ada')
      const seen = typeof body === 'string' ? body : JSON.stringify(body)
      assert.match(seen, /"title"\s*:\s*"x"|^\{"type":"Buffer"/)

      const arrives = BODY.replace('x', 'y')
      const swapped = await answerTo(ask, app, sign, { body: BODY, arrives })
      assert.equal(swapped.status, 401)
    })
  }
}

for (const [framework, start] of Object.entries(PARSED)) {
  test(`${framework}: a body of which no bytes are kept is an error that says what to do`, async (t) => {
    const app = await setUp(t)
    const ask = await start(t, app.auth)
    assert.equal((await answerTo(ask, app, signed, {})).status, 200)
    for (const sign of Object.values(SCHEMES)) {
      const answer = await answerTo(ask, app, sign, { body: BODY })
      assert.equal(answer.status, 500)
    }
    assert.match(JSON.stringify(app.log), /keep the bytes in request\.rawBody/)
  })
}

test('fetch: a body that was read before the guard is an error that says what to do', async (t) => {
  const app = await setUp(t)
  const route = inFetch.guardOf(app.auth)(() => new Response('ok'))
  const ask: Ask = async (path, init) => {
    const request = new Request(ORIGIN + path, init)
    await request.text()
    return route(request)
  }
  assert.equal((await answerTo(ask, app, signed, { body: BODY })).status, 500)
  assert.match(JSON.stringify(app.log), /let it read a copy/)
})

test('node:http: a body that a scheme has read is held once', async (t) => {
  const app = await setUp(t)
  const server = createServer()
  const guard = inNode.mount(server, app.auth)
  const handler = guard(async (request, response) => {
    const seen = await new NodeRequest(request).body()
    const [chunk] = (await request.toArray()) as Uint8Array[]
    response.end(String(chunk?.buffer === seen.buffer && chunk.length === BODY.length))
  })
  const ask = await asking(t, server.on('request', handler))
  const answer = await answerTo(ask, app, signed, { body: BODY })
  assert.equal(await answer.text(), 'true')
})
