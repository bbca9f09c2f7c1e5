import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { START } from '../../src/testing/clock.ts'
import { testInstance } from '../../src/testing/index.ts'

/** An instance that verifies the tokens of another issuer, whose key set can be switched off. */
async function setUp(t: TestContext, { up, iat = START }: { up: boolean; iat?: number }) {
  const { privatePem, publicJwk, kid } = generateKey('ES256')
  let isUp = up
  const server = createServer((request, response) => {
    if (!isUp) request.socket.destroy()
    else response.end(JSON.stringify({ keys: [{ ...publicJwk, kid }] }))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const { auth } = testInstance({
    tokens: { jwksUrl: `http://127.0.0.1:${port}/keys`, sessions: false },
  })
  t.after(async () => {
    await auth.close()
    server.closeAllConnections()
    server.close()
  })
  const claims = { token_type: 'access', exp: START + 300, iat, jti: 'x' }
  const token = sign(
    { ...claims, user_id: 'nobody' },
    importSigningKey('ES256', privatePem, { kid }),
  )
  const verify = (body = JSON.stringify({ token })): Promise<Response> =>
    auth.handler(
      new Request('http://localhost/api/token/verify/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    )
  const comesUp = (): void => {
    isUp = true
  }
  return { auth, token, verify, comesUp }
}

test('while the key set cannot be read, a token is answered 503 and not 401', async (t) => {
  const { auth, token, verify } = await setUp(t, { up: false })

  const authorization = `Bearer ${token}`
  const error = await auth
    .require(new Request('http://localhost/', { headers: { authorization } }))
    .catch((thrown) => thrown)
  assert.deepEqual([error.code, error.status], ['keys_unavailable', 503])
  assert.equal(error.toResponse().headers.get('retry-after'), '1')
  const verified = await verify()
  assert.deepEqual([verified.status, verified.headers.get('retry-after')], [503, '1'])
})

test('health is down while there is no key set, and ok once it was read', async (t) => {
  const { auth, verify, comesUp } = await setUp(t, { up: false })
  assert.equal((await auth.health()).keys.status, 'down')
  comesUp()
  await new Promise((resolve) => setTimeout(resolve, 1100))
  assert.equal((await verify()).status, 200)
  assert.equal((await auth.health()).keys.status, 'ok')
})

for (const [iat, status] of [
  [START + 5, 200],
  [START + 6, 401],
] as const)
  test(`a token of another issuer that was issued ${iat - START} seconds ahead is answered ${status}`, async (t) => {
    const { verify } = await setUp(t, { up: true, iat })
    assert.equal((await verify()).status, status)
  })
