import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { withUser } from './consent.ts'
import { claimsOf, URL_OF_APP } from './setup.ts'

/** A provider that shares its key with a Simple JWT server, whose refresh tokens it adopts. */
async function adopting(t: TestContext) {
  const { privatePem } = generateKey('ES256')
  const key = importSigningKey('ES256', privatePem)
  const app = await withUser(t, {
    tokens: { algorithm: 'ES256', signingKey: privatePem, adoptForeign: true },
  })
  let count = 0
  return {
    ...app,
    /** A token of the other server. */
    foreign(claims: object): string {
      const now = Math.floor(app.clock.now())
      const jti = String(++count).padStart(32, '0')
      return sign(
        {
          token_type: 'refresh',
          user_id: app.ada.id,
          iat: now,
          exp: now + 3600,
          jti,
          iss: URL_OF_APP,
          aud: URL_OF_APP,
          ...claims,
        },
        key,
      )
    },
    refreshOwn: (refresh: string) =>
      app.send('POST', '/api/token/refresh/', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh }),
      }),
    sessions: async () => (await app.auth.sessions.list(app.ada.id)).length,
  }
}

test('a refresh token of the other server is adopted by the endpoint of users, not by that of applications', async (t) => {
  const { foreign, refreshOwn, refresh, shop, sessions } = await adopting(t)
  const client = await shop()
  const answer = await refresh(client, foreign({}))
  assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_grant'])
  assert.equal(await sessions(), 0)
  assert.equal((await refreshOwn(foreign({}))).status, 200)
  assert.equal(await sessions(), 1)
})

test('a refresh token of the other server that names an application is adopted by neither', async (t) => {
  const { foreign, refreshOwn, refresh, shop, sessions } = await adopting(t)
  const client = await shop()
  for (const claims of [
    { client_id: client.id },
    { client_id: client.id, scope: 'posts:read', resource: [URL_OF_APP] },
    { client_id: client.id, sid: '0'.repeat(32), gen: 0 },
    { client_id: 'another' },
    { client_id: '' },
    { client_id: 7 },
  ]) {
    const token = foreign(claims)
    const name = JSON.stringify(claims)
    assert.equal((await refresh(client, token)).status, 400, name)
    assert.equal((await refreshOwn(token)).status, 401, name)
  }
  assert.equal(await sessions(), 0)
})

test('a refresh token of an application is not adopted after its session is gone', async (t) => {
  const { agree, exchange, refreshOwn, refresh, shop, auth, ada } = await adopting(t)
  const client = await shop()
  const code = (await agree(client)).get('code') ?? ''
  const { refresh_token: token = '' } = (await exchange(client, { code })).body
  assert.equal(claimsOf(token).client_id, client.id)
  assert.equal((await refreshOwn(token)).status, 401)
  const ids = (await auth.sessions.list(ada.id)).map(({ id }) => id)
  await auth.sessions.revokeAll(ada.id)
  assert.equal((await refresh(client, token)).status, 400)
  assert.equal((await refreshOwn(token)).status, 401)
  const after = (await auth.sessions.list(ada.id)).map(({ id }) => id)
  assert.deepEqual(after.sort(), ids.sort())
})
