import 'reflect-metadata'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import { Controller, Get, Module, Res, type Type, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import fastify from 'fastify'
import { Hono } from 'hono'
import { mount as mountInFastify } from '../../src/adapters/fastify.ts'
import { mount as mountInHono } from '../../src/adapters/hono.ts'
import { guardOf, mount as mountInNest } from '../../src/adapters/nest.ts'
import { guard as guardInNext } from '../../src/adapters/next.ts'
import { session } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { NAVIGATION, type Received, sent } from '../adapters/browser-request.ts'

const PUBLIC = { permissions: allowAny, browsable: 'rendered' } as const
const JSON_TYPE = { 'content-type': 'application/json' }

/** What a handler answers. */
interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

const answered = (
  body: Answered['body'],
  headers: Answered['headers'] = JSON_TYPE,
  status = 200,
): Answered => ({ status, headers, body })

const SHOWN: Readonly<Record<string, Answered>> = {
  json: answered('{"a":1}'),
  conflict: answered('{"a":1}', JSON_TYPE, 409),
  problem: answered('{"a":1}', { 'content-type': 'application/problem+json' }, 422),
}

const PASSED: Readonly<Record<string, Answered>> = {
  pdf: answered('%PDF', { 'content-type': 'application/pdf' }),
  redirect: answered(null, { location: '/x/' }, 302),
  nothing: answered(null, {}, 204),
  gzip: answered(gzipSync('{"a":1}'), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
  download: answered('{"a":1}', {
    ...JSON_TYPE,
    'content-disposition': 'attachment; filename="a.json"',
  }),
  large: answered(JSON.stringify('x'.repeat(2_097_152))),
}

const ALL = Object.entries({ ...SHOWN, ...PASSED })

type Auth = ReturnType<typeof testInstance>['auth']

/** Serves each answer at `/shown/NAME/` behind a guard, and at `/plain/NAME/` without one. @returns the address */
type Serve = (t: TestContext, auth: Auth) => Promise<string>

const FRAMEWORKS: Readonly<Record<string, Serve>> = {
  async Fastify(t, auth) {
    const app = fastify()
    t.after(() => app.close())
    const guard = mountInFastify(app, auth)
    for (const [name, { status, headers, body }] of ALL) {
      const handle = async (_: unknown, reply: import('fastify').FastifyReply) =>
        reply
          .code(status)
          .headers(headers)
          .send(body ?? undefined)
      app.get(`/shown/${name}/`, guard(PUBLIC, handle))
      app.get(`/plain/${name}/`, handle)
    }
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  async Hono(t, auth) {
    const app = new Hono()
    const guard = mountInHono(app, auth)
    for (const [name, { status, headers, body }] of ALL) {
      const handle = () => new Response(body as string | null, { status, headers })
      app.get(`/shown/${name}/`, guard(PUBLIC), handle)
      app.get(`/plain/${name}/`, handle)
    }
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    t.after(() => void server.close())
    if (!server.listening) await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  'Nest on Express': async (t, auth) => {
    const app = await NestFactory.create(nestModule(auth, 'express'), { logger: false })
    t.after(() => app.close())
    mountInNest(app, auth)
    await app.listen(0, '127.0.0.1')
    return `http://127.0.0.1:${app.getHttpServer().address().port}`
  },
  'Nest on Fastify': async (t, auth) => {
    const routerOptions = { ignoreTrailingSlash: true }
    const adapter = new FastifyAdapter({ routerOptions })
    const module = nestModule(auth, 'fastify')
    const app = await NestFactory.create(module, adapter, { logger: false })
    t.after(() => app.close())
    mountInNest(app, auth)
    await app.listen(0, '127.0.0.1')
    return `http://127.0.0.1:${app.getHttpServer().address().port}`
  },
}

interface NestResponse {
  status(status: number): this
  header(name: string, value: string): this
  end(body?: unknown): unknown
  send(body?: unknown): unknown
}

/** Decorators are called, because Node.js does not run their syntax. */
function nestModule(auth: Auth, platform: 'express' | 'fastify'): Type {
  const guard = guardOf(auth)
  class Routes {}
  const add = (name: string, path: string, { status, headers, body }: Answered) => {
    const handle = (response: NestResponse): void => {
      response.status(status)
      for (const [field, value] of Object.entries(headers)) response.header(field, value)
      if (platform === 'express') response.end(body ?? undefined)
      else response.send(body ?? undefined)
    }
    const descriptor = { value: handle, configurable: true, writable: true }
    Object.defineProperty(Routes.prototype, name, descriptor)
    Res()(Routes.prototype, name, 0)
    Get(path)(Routes.prototype, name, descriptor)
    return descriptor
  }
  for (const [name, each] of ALL) {
    const guarded = add(`shown ${name}`, `/shown/${name}/`, each)
    UseGuards(guard(PUBLIC))(Routes.prototype, `shown ${name}`, guarded)
    add(`plain ${name}`, `/plain/${name}/`, each)
  }
  Controller()(Routes)
  class App {}
  Module({ controllers: [Routes] })(App)
  return App
}

const comparable = ({ status, headers, text }: Received): unknown => {
  const { date: _, vary: __, ...rest } = headers
  return { status, headers: rest, text }
}

for (const [framework, serveIn] of Object.entries(FRAMEWORKS))
  test(`BR-111: ${framework}: an answer of JSON is shown in the page, and every other one is as without the feature`, async (t) => {
    const { auth } = testInstance({ browsableApi: true, authentication: [session()] })
    t.after(() => auth.close())
    const url = await serveIn(t, auth)
    for (const name of Object.keys(SHOWN)) {
      const received = await sent(`${url}/shown/${name}/`, NAVIGATION)
      assert.equal(received.status, SHOWN[name]?.status, name)
      assert.match(received.text, /\{&quot;a&quot;:1\}<\/pre>/, name)
      assert.match(received.headers['content-type'] ?? '', /^text\/html/)
      assert.equal(received.headers['cache-control'], 'no-store')
      assert.equal(received.headers.etag, undefined)
      const length = received.headers['content-length']
      assert.ok(length === undefined || +length === Buffer.byteLength(received.text))
    }
    for (const name of Object.keys(PASSED)) {
      const received = await sent(`${url}/shown/${name}/`, NAVIGATION)
      const plain = await sent(`${url}/plain/${name}/`, NAVIGATION)
      assert.deepEqual(comparable(received), comparable(plain), name)
    }
  })

test('BR-111: Next: an answer of JSON is shown in the page, and every other one is as it was', async () => {
  await using app = testInstance({ browsableApi: { production: true }, proxies: 1 })
  const get = ({ status, headers, body }: Answered): Promise<Response> =>
    guardInNext(
      app.auth,
      PUBLIC,
      () => new Response(body as string | null, { status, headers }),
    )(new Request('http://localhost/notes/', { headers: NAVIGATION }) as never, {})
  for (const each of Object.values(SHOWN)) {
    const response = await get(each)
    assert.equal(response.status, each.status)
    assert.match(await response.text(), /\{&quot;a&quot;:1\}<\/pre>/)
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
  }
  for (const [name, each] of Object.entries(PASSED)) {
    const response = await get(each)
    assert.equal(response.status, each.status, name)
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.deepEqual(bytes, Buffer.from(each.body ?? ''), name)
  }
})
