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

test('who sends it comes before what the schema of a route says', async (t) => {
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

test('hooks of a route know who sends it', async (t) => {
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

test('a request counts once, be it HEAD', async (t) => {
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

test('a route outside of where the instance is mounted is guarded by its handler', async (t) => {
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

test('a guarded handler is called as a method of its application', async (t) => {
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

test('parsers of the application stay as they are', async (t) => {
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
  test(`endpoints are found as they are spelled: ${JSON.stringify(options.routerOptions)}`, async (t) => {
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

test('endpoints are below a prefix with a parameter', async (t) => {
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

test('two instances cannot be mounted in one place', (t) => {
  const app = application(t)
  mount(app, instance(t))

  assert.throws(() => mount(app, instance(t)), { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

test('a guarded handler that a plugin registers once more, without the hooks of its route, is guarded there too', async (t) => {
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

test('a guarded handler that another guard calls asks for what its own route asks for', async (t) => {
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
