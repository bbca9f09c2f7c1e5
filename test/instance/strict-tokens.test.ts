import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { START } from '../../src/testing/clock.ts'
import { testInstance } from '../../src/testing/index.ts'

const KEY = 'hT7!kq02-Zr5w_Lx9vB3-nPe6yUj1-sDf8'

const encoded = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

/** An instance that shares its secret with another issuer, and a token that the other issuer signs. */
async function setUp(t: TestContext) {
  const { auth } = testInstance({
    tokens: { algorithm: 'HS256', signingKey: KEY, adoptForeign: true },
  })
  t.after(() => auth.close())
  const { id } = await auth.users.create({ username: 'mia' })
  const token = (claims: object, typ = 'JWT'): string => {
    const own = { exp: START + 250, iat: START, jti: 'f00d', user_id: id, ...claims }
    const signed = `${encoded({ alg: 'HS256', typ })}.${encoded(own)}`
    return `${signed}.${createHmac('sha256', KEY).update(signed).digest('base64url')}`
  }
  const post = async (path: string, body: object): Promise<number> => {
    const request = new Request(`http://localhost/api/token/${path}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await auth.handler(request)).status
  }
  const isAccepted = async (access: string): Promise<boolean> => {
    const headers = { authorization: `Bearer ${access}` }
    const request = new Request('http://localhost/', { headers })
    return (await auth.authenticate(request).catch(() => undefined)) !== undefined
  }
  return { token, post, isAccepted }
}

test('the header typ of an access token is not accepted for a refresh token', async (t) => {
  const { token, post, isAccepted } = await setUp(t)
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
    const refresh = token({ token_type: 'refresh' }, typ)
    assert.equal(await post('refresh', { refresh }), 401, typ)
    assert.equal(await post('blacklist', { refresh }), 401, typ)
    assert.equal(await post('verify', { token: refresh }), 401, typ)
    assert.equal(await isAccepted(token({ token_type: 'access' }, typ)), true, typ)
  }
  assert.equal(await post('refresh', { refresh: token({ token_type: 'refresh' }) }), 200)
})

test('a jti is at most 255 characters long', async (t) => {
  const { token, post, isAccepted } = await setUp(t)
  for (const [length, status] of [
    [255, 200],
    [256, 401],
    [1999, 401],
  ] as const) {
    const jti = 'q'.repeat(length)
    const refresh = token({ token_type: 'refresh', jti })
    const access = token({ token_type: 'access', jti })
    assert.equal(await post('verify', { token: refresh }), status, `${length}`)
    assert.equal(await post('refresh', { refresh }), status, `${length}`)
    assert.equal(await isAccepted(access), status === 200, `${length}`)
  }
})

test('a sid is at most 255 characters long', async (t) => {
  const { token, isAccepted } = await setUp(t)
  const withSid = (length: number) =>
    isAccepted(token({ token_type: 'access', sid: 's'.repeat(length) }))
  assert.equal(await withSid(255), true)
  assert.equal(await withSid(256), false)
})
