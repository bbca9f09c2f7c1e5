import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import express, { type Express } from 'express'
import { type Guard, mount } from '../../src/adapters/express.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { AuthError } from '../../src/base/errors.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

interface Robot {
  readonly id: string
}
/** Signs in any user by name, without a password. */
const robot: Scheme<Robot> = () => ({
  challenge: 'Robot',
  identify(request) {
    const [word, id] = (request.header('authorization') ?? '').split(' ')
    return word === 'Robot' && id !== undefined
      ? { user: { id }, scheme: 'robot' }
      : undefined
  },
})
const R2 = { authorization: 'Robot r2' }

/** Starts a server. @returns its URL and the log of the instance */
async function serve(
  t: TestContext,
  addRoutes: (app: Express, mounted: () => Guard<Robot, string>) => void,
) {
  const { auth, log: logged } = testInstance({ authentication: [robot] })
  const app = express()
  addRoutes(app, () => mount(app, auth))
  const server = app.listen(0, '127.0.0.1')
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, logged }
}

test('a guard can protect a router', async (t) => {
  const { url } = await serve(t, (app, mounted) => {
    const guard = mounted()
    const router = express.Router()
    router.all('/*any', (_, res) => void res.send('through'))
    app.use(
      '/inner',
      guard((_req, _res, next) => next()),
      router,
    )
  })

  assert.equal(await (await fetch(`${url}/inner/x`, { headers: R2 })).text(), 'through')
  assert.equal((await fetch(`${url}/inner/x`)).status, 401)
  const preflight = {
    origin: 'https://app.example',
    'access-control-request-method': 'GET',
  }
  assert.equal(
    (await fetch(`${url}/inner/x`, { method: 'OPTIONS', headers: preflight })).status,
    401,
  )
})

test('a guard with a requirement can protect a router', async (t) => {
  const { url } = await serve(t, (app, mounted) => {
    const guard = mounted()
    const router = express.Router()
    router.use(guard(isStaff, (_req, _res, next) => next()))
    router.all('/*any', (_, res) => void res.send('through'))
    app.use('/inner', router)
  })

  assert.equal((await fetch(`${url}/inner/x`)).status, 401)
  assert.equal((await fetch(`${url}/inner/x`, { headers: R2 })).status, 403)
})

test('if a handler throws after a part of the response was sent, the connection is closed', async (t) => {
  const { url } = await serve(t, (app, mounted) => {
    const guard = mounted()
    app.get(
      '/',
      guard((_, res) => {
        res.write('half an ')
        throw new AuthError('busy')
      }),
    )
    // In other environments Express writes the error to standard error.
    app.set('env', 'test')
  })

  await assert.rejects(async () => (await fetch(url, { headers: R2 })).text())
})

test('a body that another middleware has consumed is a 500 and an error in the log', async (t) => {
  const { url, logged } = await serve(t, (app, mounted) => {
    app.use(async (req, _, next) => {
      await req.toArray()
      next()
    })
    mounted()
  })

  const answer = await fetch(`${url}/api/token/verify/`, { method: 'POST', body: '{}' })

  assert.equal(answer.status, 500)
  assert.match(String(logged.at(-1)?.reason), /Another listener has read the body/)
})

for (const [name, parser] of [
  ['raw bytes', express.raw({ type: 'application/json' })],
  ['text', express.text({ type: 'application/json' })],
  [
    'raw bytes beside the parsed body',
    express.json({ verify: (req, _, bytes) => Object.assign(req, { rawBody: bytes }) }),
  ],
] as const) {
  test(`a body that a parser has read is taken from the request: ${name}`, async (t) => {
    const { url } = await serve(t, (app, mounted) => {
      app.use(parser)
      mounted()
    })

    const headers = { 'content-type': 'application/json' }
    const twice = '{"token":"a","token":"b"}'
    const answer = await fetch(`${url}/api/token/verify/`, {
      method: 'POST',
      body: twice,
      headers,
    })

    // Only raw bytes show that a field was repeated.
    assert.equal(answer.status, 400)
    assert.deepEqual(Object.keys((await answer.json()) as object), ['token'])
  })
}
