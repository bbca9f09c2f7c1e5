import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../src/base/errors.ts'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { instanceFor, PASSWORD, post, SECRET, signIn } from './setup.ts'

const { privatePem, kid } = generateKey('ES256')
const foreign = importSigningKey('ES256', privatePem, { kid })

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

test('a token with an unknown key id gets the response of any invalid token', async (t) => {
  const auth = instanceFor(t, { database: 'sqlite::memory:', secret: SECRET })
  const { id } = await auth.users.create({ username: 'ann', password: PASSWORD })
  const now = Math.floor(Date.now() / 1000)
  const claims = { exp: now + 300, iat: now, jti: 'x', user_id: id }
  const access = sign({ ...claims, token_type: 'access' }, foreign)
  await assert.rejects(auth.authenticate(bearing(access)), { status: 401 })
  assert.equal((await post(auth, '/api/token/verify/', { token: access })).status, 401)
  const refresh = sign({ ...claims, token_type: 'refresh' }, foreign)
  for (const path of ['/api/token/refresh/', '/api/token/blacklist/']) {
    assert.equal((await post(auth, path, { refresh })).status, 401)
  }
})

test('while the store is unavailable, an unknown key id gets 503 and known keys still verify', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  let isAway = false
  const list: typeof store.ports.keys.list = async () => {
    if (isAway) throw new AuthError('store_unavailable', undefined, { retryAfter: 1 })
    return store.ports.keys.list()
  }
  const auth = instanceFor(t, {
    database: withPorts(store, { keys: { ...store.ports.keys, list } }),
    secret: SECRET,
  })
  await auth.users.create({ username: 'ann', password: PASSWORD })
  const { access = '' } = await signIn(auth)
  isAway = true
  const stranger = sign(
    { exp: 2_000_000_000, token_type: 'access', jti: 'x', user_id: 'x' },
    foreign,
  )
  await assert.rejects(auth.authenticate(bearing(stranger)), { status: 503 })
  assert.equal((await auth.authenticate(bearing(access)))?.user.username, 'ann')
})
