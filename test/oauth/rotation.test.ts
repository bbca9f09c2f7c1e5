import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { withUser } from './consent.ts'
import { headerOf, URL_OF_APP } from './setup.ts'

test('after the rotation of keys the former one is published, and what it has signed stays valid (OT-26)', async (t) => {
  const app = await withUser(t, {
    oauth: { scopes: { 'posts:read': 'Read' }, access: '10m' },
  })
  const { shop, agree, exchange, refresh, guarded, send, form, auth, clock } = app
  const client = await shop()
  const tokensOf = async () =>
    (await exchange(client, { code: (await agree(client)).get('code') ?? '' })).body
  const before = await tokensOf()
  const code = (await agree(client)).get('code') ?? ''
  clock.advance('30s')
  await auth.keys.rotate()

  const kidOf = (token = '') => String(headerOf(token).kid)
  const keysOf = async () =>
    (await send('GET', '/.well-known/jwks.json')).body as unknown as {
      readonly keys: { readonly kid: string }[]
    }
  const published = await keysOf()
  const former = kidOf(before.access_token)
  assert.ok(published.keys.some(({ kid }) => kid === former))
  const verified = async (token = '', audience = URL_OF_APP) =>
    jwtVerify(token, createLocalJWKSet(published), {
      issuer: URL_OF_APP,
      audience,
      currentDate: new Date(clock.now() * 1000),
    })
  await verified(before.access_token)
  await verified(before.id_token, client.id)
  assert.equal((await guarded(before.access_token ?? '')).status, 200)

  // A code of before is exchanged for tokens of the new key, as are refresh tokens.
  const exchanged = (await exchange(client, { code })).body
  const refreshed = (await refresh(client, before.refresh_token ?? '')).body
  for (const { access_token } of [exchanged, refreshed]) {
    assert.notEqual(kidOf(access_token), former)
    await verified(access_token)
    assert.equal((await guarded(access_token ?? '')).status, 200)
  }
  const hint = new URLSearchParams({ id_token_hint: before.id_token ?? '' })
  assert.notEqual((await send('GET', `/oauth/logout?${hint}`)).status, 400)

  // Leaked keys: what they have signed is invalid at once.
  clock.advance('30s')
  await auth.keys.rotate({ leaked: true })
  assert.equal((await guarded(refreshed.access_token ?? '')).status, 401)
  const again = await refresh(client, refreshed.refresh_token ?? '')
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])
  assert.ok((await keysOf()).keys.every(({ kid }) => kid !== former))
  const revoked = await form('/oauth/revoke', {
    token: refreshed.refresh_token ?? '',
    client_id: client.id,
    client_secret: client.secret,
  })
  assert.equal(revoked.status, 200)
})
