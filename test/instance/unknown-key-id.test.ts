import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { post } from './setup.ts'

const { privatePem, kid } = generateKey('ES256')
const foreign = importSigningKey('ES256', privatePem, { kid })

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

test('a token with an unknown key id gets the response of any invalid token', async () => {
  await using app = testInstance()
  const { auth, clock } = app
  const { id } = await auth.users.create({ username: 'ann' })
  const now = clock.now()
  const claims = { exp: now + 300, iat: now, jti: 'x', user_id: id }
  const access = sign({ ...claims, token_type: 'access' }, foreign)
  await assert.rejects(auth.authenticate(bearing(access)), { status: 401 })
  assert.equal((await post(auth, '/api/token/verify/', { token: access })).status, 401)
  const refresh = sign({ ...claims, token_type: 'refresh' }, foreign)
  for (const path of ['/api/token/refresh/', '/api/token/blacklist/']) {
    assert.equal((await post(auth, path, { refresh })).status, 401)
  }
})

test('while the store is unavailable, an unknown key id gets 503 and known keys still verify', async () => {
  await using app = testInstance()
  const { auth, clock } = app
  await auth.users.create({ username: 'ann' })
  const known = new Request('http://localhost/', { headers: await app.as('ann') })
  app.faults.fail('keys.list')
  const foreignToken = sign(
    { exp: clock.now() + 300, token_type: 'access', jti: 'x', user_id: 'x' },
    foreign,
  )
  await assert.rejects(auth.authenticate(bearing(foreignToken)), { status: 503 })
  assert.equal((await auth.authenticate(known))?.user.username, 'ann')
})
