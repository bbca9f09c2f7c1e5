import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fastify, { type FastifyServerOptions } from 'fastify'
import { guardOf, mount } from '../../src/adapters/fastify.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { AuthError } from '../../src/base/errors.ts'
import { isStaff } from '../../src/permissions/basic-permissions.ts'
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

function instance(t: TestContext) {
  const { auth } = testInstance({
    authentication: [robot],
    throttle: { sip: '2/min' },
  })
  t.after(() => auth.close())
  return auth
}

function application(t: TestContext, options: FastifyServerOptions = {}) {
  const app = fastify(options)
  t.after(() => app.close())
  return app
}

test('the guard of a route runs before its schema is validated', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  const schema = { body: { type: 'object', required: ['a'] } }
  app.post(
    '/',
    { schema },
    guard(() => 'through'),
  )

  assert.equal(
    (await app.inject({ method: 'POST', url: '/', payload: {} })).statusCode,
    401,
  )
  assert.equal(
    (await app.inject({ method: 'POST', url: '/', payload: {}, headers: R2 })).statusCode,
    400,
  )
  assert.equal(
    (await app.inject({ method: 'POST', url: '/', payload: { a: 1 }, headers: R2 })).body,
    'through',
  )
})

test('the hooks of a route have request.auth', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  const seen: unknown[] = []
  const onRequest = async (request: object): Promise<void> => {
    seen.push((request as { readonly auth?: { readonly user: unknown } }).auth?.user)
  }
  app.get(
    '/',
    { onRequest },
    guard(() => 'through'),
  )

  assert.equal((await app.inject({ url: '/', headers: R2 })).body, 'through')
  assert.equal((await app.inject({ url: '/' })).statusCode, 401)
  assert.deepEqual(seen, [{ id: 'r2' }])
})

test('a request is counted once, also HEAD', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  app.get(
    '/',
    guard({ throttle: 'sip' }, () => 'through'),
  )
  const ask = async (method: 'GET' | 'HEAD'): Promise<number> =>
    (await app.inject({ method, url: '/', headers: R2 })).statusCode

  assert.deepEqual(
    [await ask('HEAD'), await ask('GET'), await ask('HEAD')],
    [200, 200, 429],
  )
})

test('guardOf() guards a route of an application without mount()', async (t) => {
  const app = application(t)
  const auth = instance(t)
  const guard = guardOf(auth)
  app.post(
    '/',
    guard((request) => ({ ...request.auth.user, body: request.body })),
  )
  app.get(
    '/refused',
    guard(async () =>
      Promise.reject(new AuthError('busy', undefined, { retryAfter: 3 })),
    ),
  )

  assert.equal(
    (await app.inject({ method: 'POST', url: '/' })).headers['www-authenticate'],
    'Robot',
  )
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    payload: { a: 1 },
    headers: R2,
  })
  assert.deepEqual(answer.json(), { id: 'r2', body: { a: 1 } })
  assert.equal(
    (await app.inject({ url: '/refused', headers: R2 })).headers['retry-after'],
    '3',
  )
})

test('a guarded handler is called with the application as this', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  app.get(
    '/',
    guard(function () {
      return String(this === app)
    }),
  )

  assert.equal((await app.inject({ url: '/', headers: R2 })).body, 'true')
})

test('mount() adds no body parser to the application', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  app.post(
    '/',
    guard((request) => request.body),
  )
  const send = (type: string, payload: string) =>
    app.inject({
      method: 'POST',
      url: '/',
      payload,
      headers: { ...R2, 'content-type': type },
    })

  assert.deepEqual((await send('application/json', '{"a":1}')).json(), { a: 1 })
  assert.equal((await send('application/x-www-form-urlencoded', 'a=1')).statusCode, 415)
})

for (const options of [
  { routerOptions: { ignoreTrailingSlash: true } },
  { routerOptions: { caseSensitive: false } },
]) {
  test(`endpoint paths are case-sensitive with an optional slash: ${JSON.stringify(options.routerOptions)}`, async (t) => {
    const app = application(t, options)
    mount(app, instance(t))
    const status = async (url: string): Promise<number> =>
      (await app.inject({ method: 'POST', url })).statusCode

    assert.equal(await status('/api/token/verify'), 400)
    assert.equal(await status('/api/token/verify/?x=1'), 400)
    assert.equal(await status('/API/token/verify'), 404)
    assert.equal(await status('/api/%74oken/verify'), 404)
  })
}

test('endpoints can be below a prefix with a parameter', async (t) => {
  const app = application(t)
  app.register(async (inner) => void mount(inner, instance(t)), { prefix: '/:tenant' })

  assert.equal(
    (await app.inject({ method: 'POST', url: '/acme/api/token/verify/' })).statusCode,
    400,
  )
  assert.equal(
    (await app.inject({ method: 'POST', url: '/api/token/verify/' })).statusCode,
    404,
  )
})

test('a second mount() at the same prefix throws', (t) => {
  const app = application(t)
  mount(app, instance(t))

  assert.throws(() => mount(app, instance(t)), { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

test('a guarded handler that a plugin registers again, without its hooks, is guarded there, too', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  let handler: (() => unknown) | undefined
  app.addHook('onRoute', (route) => {
    if (route.url === '/') handler = route.handler as () => unknown
  })
  app.get(
    '/',
    guard((request) => request.auth.user.id),
  )
  app.get('/again', (...args: unknown[]) => handler?.call(app, ...(args as [])))

  assert.equal((await app.inject({ url: '/again' })).statusCode, 401)
  assert.equal((await app.inject({ url: '/again', headers: R2 })).body, 'r2')
  assert.equal((await app.inject({ url: '/', headers: R2 })).body, 'r2')
})

test('a guarded handler that another guarded handler calls keeps its own requirement', async (t) => {
  const app = application(t)
  const guard = mount(app, instance(t))
  let handler: (() => unknown) | undefined
  app.addHook('onRoute', (route) => {
    if (route.url === '/staff') handler ??= route.handler as () => unknown
  })
  app.get(
    '/staff',
    guard(isStaff, () => 'through'),
  )
  app.get(
    '/all',
    guard((...args: unknown[]) => handler?.call(app, ...(args as []))),
  )

  assert.equal((await app.inject({ url: '/staff', headers: R2 })).statusCode, 403)
  assert.equal((await app.inject({ url: '/all', headers: R2 })).statusCode, 403)
})

test('an endpoint below a prefix has one spelling, the prefix included', async (t) => {
  const app = application(t, { routerOptions: { caseSensitive: false } })
  const auth = instance(t)
  for (const prefix of ['/v1', '/of/:tenant'])
    await app.register(async (inner) => void mount(inner, auth), { prefix })

  const statusOf = async (url: string) => (await app.inject({ url })).statusCode
  for (const url of ['/v1/api/token/', '/v1/api/token', '/of/eu/api/token/?a=1'])
    assert.equal(await statusOf(url), 405, url)
  for (const url of [
    '/%761/api/token/',
    '/V1/api/token/',
    '/v1/api/%74oken/',
    '/v1/API/token/',
    '/%6ff/eu/api/token/',
    '/OF/eu/api/token/',
  ])
    assert.equal(await statusOf(url), 404, url)
})
