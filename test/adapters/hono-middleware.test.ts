import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { methodOverride } from 'hono/method-override'
import { mount } from '../../src/adapters/hono.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { AuthError } from '../../src/base/errors.ts'
import { denied, granted, type Permission } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

/** Signs in any user by name, without a password. */
const robot: Scheme<{ readonly id: string }> = () => ({
  challenge: 'Robot',
  identify(request) {
    const [word, id] = (request.header('authorization') ?? '').split(' ')
    return word === 'Robot' && id !== undefined
      ? { user: { id }, scheme: 'robot' }
      : undefined
  },
})
const R2 = { authorization: 'Robot r2' }

/** Denies every request, with a detail of what the adapter passes. */
const mirror: Permission<unknown, unknown> = ({ request: { url, address, secure } }) =>
  denied('it is a mirror', { detail: JSON.stringify({ url, address, secure }) })

function instance(t: TestContext) {
  const { auth } = testInstance({ authentication: [robot] })
  t.after(() => auth.close())
  return auth
}

for (const [runtime, env, address] of [
  ['Bun', { requestIP: () => ({ address: '192.0.2.1' }) }, '192.0.2.1'],
  [
    'Bun with the server in the environment',
    { server: { requestIP: () => ({ address: '192.0.2.1' }) } },
    '192.0.2.1',
  ],
  ['Bun with a closed connection', { requestIP: () => null }, ''],
  ['Deno', { remoteAddr: { hostname: '192.0.2.2' } }, '192.0.2.2'],
  ['none', undefined, ''],
] as const) {
  test(`the client address comes from the runtime: ${runtime}`, async (t) => {
    const app = new Hono()
    const guard = mount(app, instance(t))
    app.get('/', guard(mirror), (c) => c.text('through'))

    const answer = await app.request('https://api.example/?q=1', { headers: R2 }, env)

    assert.deepEqual(JSON.parse(((await answer.json()) as { detail: string }).detail), {
      url: '/?q=1',
      address,
      secure: true,
    })
  })
}

test('two Authorization headers, which fetch joins, are rejected', async (t) => {
  const app = new Hono()
  const guard = mount(app, instance(t))
  app.get('/', guard(), (c) => c.text('through'))
  const headers = [
    ['authorization', 'Robot r2'],
    ['authorization', 'Robot r3'],
  ] as [string, string][]

  assert.equal((await app.request('/', { headers })).status, 401)
})

test('endpoints are below the prefix of a nested application', async (t) => {
  for (const app of [new Hono(), new Hono({ strict: false })]) {
    const inner = new Hono()
    mount(inner, instance(t))
    app.route('/v1', inner)
    mount(app.basePath('/v2'), instance(t))
    const status = async (path: string): Promise<number> =>
      (await app.request(path, { method: 'POST' })).status

    assert.deepEqual(
      [await status('/v1/api/token/verify/'), await status('/v2/api/token/verify')],
      [400, 400],
    )
    assert.deepEqual(
      [await status('/api/token/verify/'), await status('/v1/api/%74oken/verify/')],
      [404, 404],
    )
  }
})

test('an AuthError gets its response even if the application handles errors', async (t) => {
  const app = new Hono()
  const guard = mount(app, instance(t))
  const messages: string[] = []
  app.onError((error, c) => {
    messages.push(error.message)
    return c.text('theirs', 500)
  })
  app.get('/busy', guard(), () =>
    Promise.reject(new AuthError('busy', 'a note', { retryAfter: 3 })),
  )
  app.get('/boom', guard(), () => Promise.reject(new Error('boom')))

  const busy = await app.request('/busy', { headers: R2 })
  const boom = await app.request('/boom', { headers: R2 })

  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '3'])
  assert.deepEqual([boom.status, await boom.text()], [500, 'theirs'])
  assert.deepEqual(messages, ['a note', 'boom'])
})

test('a body that middleware has read can be read again', async (t) => {
  const app = new Hono()
  app.use(async (c, next) => {
    await c.req.text()
    await next()
  })
  mount(app, instance(t))
  const headers = { 'content-type': 'application/json' }

  const answer = await app.request('/api/token/verify/', {
    method: 'POST',
    body: '{"token":["a"]}',
    headers,
  })

  assert.deepEqual(await answer.json(), { token: ['Not a valid string.'] })
})

test('a permission gets the method after method override', async (t) => {
  const auth = instance(t)
  const seen: string[] = []
  const app = new Hono()
  app.use(methodOverride({ app, header: 'x-http-method-override' }))
  const guard = mount(app, auth)
  const look: Permission<unknown, unknown> = ({ request }) => {
    seen.push(request.method)
    return granted
  }
  app.delete('/', guard(look), (c) => c.text('deleted'))
  const { port, stop } = await new Promise<{ port: number; stop(): void }>((resolve) => {
    const server = serve(
      { fetch: app.fetch, port: 0, hostname: '127.0.0.1' },
      ({ port }) => resolve({ port, stop: () => server.close() }),
    )
  })
  t.after(stop)

  const headers = { ...R2, 'x-http-method-override': 'DELETE', connection: 'close' }
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers })

  assert.equal(await answer.text(), 'deleted')
  assert.deepEqual(seen, ['DELETE'])
})

test('an endpoint below a prefix has one spelling, the prefix included', async (t) => {
  const { auth } = testInstance()
  t.after(() => auth.close())
  const app = new Hono()
  for (const prefix of ['/v1', '/of/:tenant']) {
    const inner = new Hono()
    mount(inner, auth)
    app.route(prefix, inner)
  }
  const mounted = new Hono()
  mount(mounted, auth)
  app.mount('/whole', mounted.fetch)

  const statusOf = async (path: string) => (await app.request(path)).status
  for (const path of ['/v1/api/token/', '/of/eu/api/token', '/whole/api/token/'])
    assert.equal(await statusOf(path), 405, path)
  for (const path of [
    '/%761/api/token/',
    '/V1/api/token/',
    '/v1/api/%74oken/',
    '/%6ff/eu/api/token/',
  ])
    assert.equal(await statusOf(path), 404, path)
})
