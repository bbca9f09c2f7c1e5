import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Guard, mount } from '../../src/adapters/node.ts'
import { statelessBearer } from '../../src/authentication/bearer.ts'
import type { TokenUser } from '../../src/authentication/token-user.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const

type Made = (guard: Guard<User, string>) => RequestListener

/** A server with one signed-in user. */
async function program(t: TestContext, listener: Made) {
  const { auth, log: logged } = testInstance()
  const server = createServer()
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  server.on('request', listener(mount(server, auth)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await auth.users.create(ADA)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const post = (path: string, body: object): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  const { access } = (await (await post('/api/token/', ADA)).json()) as { access: string }
  const get = (path = '/'): Promise<Response> =>
    fetch(url + path, { headers: { authorization: `Bearer ${access}` } })
  return { url, post, get, logged }
}

test('a guarded listener has the user, and does not run for anonymous requests', async (t) => {
  let asked = 0
  const app = await program(t, (guard) =>
    guard((request, response) => {
      asked++
      response.end(`${request.auth.user.username} ${request.auth.scheme}`)
    }),
  )

  assert.equal(await (await app.get()).text(), 'ada bearer')
  const refused = await fetch(app.url)

  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="api"')
  assert.equal(asked, 1)
})

test('a guarded listener does not answer requests to endpoints', async (t) => {
  const app = await program(t, (guard) =>
    guard((_, response) => response.end('not an endpoint')),
  )

  assert.deepEqual(await (await app.post('/api/token/verify', { token: 'x' })).json(), {
    detail: 'Token is invalid',
    code: 'token_not_valid',
  })
  assert.equal((await fetch(`${app.url}/.well-known/jwks.json`)).status, 200)
})

test('an error of a listener, thrown or rejected, is a 500 without its message, and is logged', async (t) => {
  const app = await program(t, (guard) =>
    guard((request) => {
      if (request.url === '/now') throw new Error('a secret')
      return Promise.reject(new Error('a secret'))
    }),
  )

  for (const path of ['/now', '/later']) {
    const answer = await app.get(path)
    assert.equal(answer.status, 500)
    assert.deepEqual(await answer.json(), { detail: 'A server error occurred.' })
  }
  assert.equal(app.logged.length, 2)
})

test('a route can have its own schemes', async (t) => {
  const app = await program(t, (guard) =>
    guard(
      { schemes: [statelessBearer()] },
      (request: { auth: { user: TokenUser } }, response) =>
        response.end(typeof request.auth.user.id),
    ),
  )

  assert.equal(await (await app.get()).text(), 'string')
})

test('the response to HEAD has a Content-Length and no body', async (t) => {
  const app = await program(t, (guard) => guard((_, response) => response.end()))

  const answer = await fetch(`${app.url}/api/token/`, { method: 'HEAD' })

  assert.equal(answer.status, 405)
  assert.equal(
    answer.headers.get('content-length'),
    String('{"detail":"Method \\"HEAD\\" not allowed."}'.length),
  )
  assert.equal(await answer.text(), '')
})
