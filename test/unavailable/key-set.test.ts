import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { bearer, statelessBearer } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { START } from '../../src/testing/clock.ts'
import { testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'

/** Tokens of another issuer whose key set (`tokens.jwksUrl`) cannot be read: neither valid nor invalid, but 503. */
const KEY = generateKey('ES256')
const KEY_SET = JSON.stringify({ keys: [{ ...KEY.publicJwk, kid: KEY.kid }] })

const answerWith =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body)

type Fault = (response: ServerResponse) => void

const FAULTS: Readonly<Record<string, Fault>> = {
  'closes the connection': (response) => response.destroy(),
  'answers 500': answerWith(500, KEY_SET),
  'answers 404': answerWith(404, KEY_SET),
  'answers 204': answerWith(204, ''),
  'answers 401': answerWith(401, KEY_SET),
  redirects: answerWith(302, KEY_SET, { location: '/elsewhere' }),
  'answers an HTML page': answerWith(200, '<p>sign in</p>'),
  'answers half of a key set': answerWith(200, KEY_SET.slice(0, -9)),
  'answers another object': answerWith(200, '{"error":"busy"}'),
  'answers a list': answerWith(200, '[]'),
}

const post = (path: string, fields: Readonly<Record<string, string>>): Request =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })

const guarded = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

const tokenOf = (type: string): string =>
  sign(
    { token_type: type, exp: START + 3600, iat: START, jti: type, user_id: '7' },
    importSigningKey('ES256', KEY.privatePem, { kid: KEY.kid }),
  )

/** A request for each endpoint and scheme that reads a token. */
const REQUESTS: Readonly<Record<string, () => Request>> = {
  verify: () => post('/api/token/verify/', { token: tokenOf('access') }),
  'verify of a refresh token': () =>
    post('/api/token/verify/', { token: tokenOf('refresh') }),
  blacklist: () => post('/api/token/blacklist/', { refresh: tokenOf('refresh') }),
  'bearer() or statelessBearer()': () => guarded(tokenOf('access')),
}

/** An instance, and a switch of what the issuer's server does; `undefined`: it answers the key set. */
async function issuerWith(
  t: TestContext,
  scheme: typeof bearer | typeof statelessBearer = bearer,
) {
  const issuer: { fault: Fault | undefined } = { fault: undefined }
  const server = createServer((_, response) =>
    (issuer.fault ?? answerWith(200, KEY_SET))(response),
  )
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const { auth, clock } = testInstance({
    authentication: [scheme()],
    tokens: { jwksUrl: `http://127.0.0.1:${port}/keys`, adoptForeign: true },
    endpoints: { obtain: false, refresh: false },
  })
  cleanUp(t, async () => {
    await auth.close()
    server.closeAllConnections()
    server.close()
  })
  await auth.users.create({ id: '7', username: 'ada' })
  const answer = async (request: Request): Promise<Response> => {
    if (new URL(request.url).pathname !== '/') return auth.handler(request)
    try {
      await auth.require(request)
      return new Response('{}')
    } catch (error) {
      assert.ok(error instanceof AuthError, String(error))
      return error.toResponse()
    }
  }
  return { issuer, clock, answer }
}

function assertUnavailable(response: Response, what: string): void {
  assert.equal(response.status, 503, what)
  assert.ok(Number(response.headers.get('retry-after')) >= 1, `${what}: no Retry-After`)
}

for (const [name, fault] of Object.entries(FAULTS))
  test(`503 for every token while the server of the key set ${name}`, async (t) => {
    for (const scheme of [bearer, statelessBearer]) {
      const { issuer, answer } = await issuerWith(t, scheme)
      issuer.fault = fault
      for (const [what, requestOf] of Object.entries(REQUESTS))
        assertUnavailable(await answer(requestOf()), what)
    }
  })

test('while the key set cannot be read, tokens of keys that were read stay valid', async (t) => {
  const { issuer, answer } = await issuerWith(t)
  const { verify, ...others } = REQUESTS
  assert.equal((await answer(verify!())).status, 200)
  issuer.fault = answerWith(500, '')
  for (const [what, requestOf] of Object.entries(others))
    assert.equal((await answer(requestOf())).status, 200, what)
})

test('a token without a signature segment gets 401 also while the key set cannot be read', async (t) => {
  const { issuer, answer } = await issuerWith(t)
  issuer.fault = answerWith(500, '')
  const [header, payload] = tokenOf('access').split('.')
  assert.equal((await answer(guarded(`${header}.${payload}`))).status, 401)
})
