import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../../src/base/clock.ts'
import * as jwt from '../../src/jwt/index.ts'
import { md5RevokeClaim } from '../../src/tokens/revoke-claim.ts'
import type { StoredUser } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { signed, tampered } from '../conformance/forge.ts'
import { CREDENTIALS, post } from './client.ts'
import { ALICE, instance, KEYS, NOW, optionsOf } from './fixture.ts'

/** The numbered cases of claims. Simple JWT's cases about token objects are checked on the claims of our tokens. */
const HEX = /^[\da-f]{32}$/
const LATE = (NOW + 0.999_999) as UnixSeconds

test('N01 a refresh token has type, exp, iat, jti and user id, in this order and in whole seconds', async () => {
  await using here = await instance({ ...optionsOf('NB'), clock: () => LATE })
  const claims = (await post(here, '/api/token/', CREDENTIALS)).claims('refresh')
  const { jti, ...rest } = claims

  assert.deepEqual(Object.keys(claims), ['token_type', 'exp', 'iat', 'jti', 'user_id'])
  assert.deepEqual(rest, {
    token_type: 'refresh',
    exp: 1_893_542_400,
    iat: 1_893_456_000,
    user_id: '1',
  })
  assert.match(String(jti), HEX)
})

test('N01 with a store it also has its session, last', async () => {
  await using here = await instance({ ...optionsOf(''), clock: () => LATE })
  const claims = (await post(here, '/api/token/', CREDENTIALS)).claims('refresh')

  assert.deepEqual(Object.keys(claims), [
    'token_type',
    'exp',
    'iat',
    'jti',
    'user_id',
    'sid',
    'gen',
  ])
  assert.deepEqual(
    [claims.exp, claims.iat, claims.gen],
    [1_893_542_400, 1_893_456_000, 0],
  )
  assert.match(String(claims.sid), HEX)
})

test('N02 the access token issued with it has the same iat, and another jti', async () => {
  await using here = await instance({ ...optionsOf('NB'), clock: () => LATE })
  const pair = await post(here, '/api/token/', CREDENTIALS)
  const { jti, ...rest } = pair.claims('access')

  assert.deepEqual(Object.keys(pair.claims('access')), [
    'token_type',
    'exp',
    'iat',
    'jti',
    'user_id',
  ])
  assert.deepEqual(rest, {
    token_type: 'access',
    exp: 1_893_456_300,
    iat: 1_893_456_000,
    user_id: '1',
  })
  assert.match(String(jti), HEX)
  assert.notEqual(jti, pair.claims('refresh').jti)
})

test('N03 a sliding token has the end of its refreshing before the user id', async () => {
  await using here = await instance({ ...optionsOf('NB'), clock: () => LATE })
  const claims = (await post(here, '/api/token/sliding/', CREDENTIALS)).claims('token')

  assert.deepEqual(Object.keys(claims), [
    'token_type',
    'exp',
    'iat',
    'jti',
    'refresh_exp',
    'user_id',
  ])
  assert.deepEqual([claims.exp, claims.refresh_exp], [1_893_456_300, 1_893_542_400])
})

test('N04 the revoke claim in its MD5 form is that of the stored hash, after the user id', async () => {
  const user = { id: ALICE } as StoredUser
  const claim = md5RevokeClaim.make({
    user,
    hash: 'pbkdf2_sha256$1000000$saltsaltsalt$AAAA',
  })
  assert.equal(claim, 'BABA67BA1A6DD808C72D54E82D4AD7A6')

  await using here = await instance(optionsOf('REVNB'))
  const claims = (await post(here, '/api/token/', CREDENTIALS)).claims('refresh')
  assert.deepEqual(Object.keys(claims).slice(-2), ['user_id', 'hash_password'])
})

test('N05 audience and issuer come last', async () => {
  const { tokens, ...options } = optionsOf('REVNB')
  await using here = await instance({
    ...options,
    tokens: { ...tokens, audience: 'aud1', issuer: 'iss1' },
  })
  const pair = await post(here, '/api/token/', CREDENTIALS)

  for (const member of ['refresh', 'access'])
    assert.deepEqual(Object.keys(pair.claims(member)).slice(-4), [
      'user_id',
      'hash_password',
      'aud',
      'iss',
    ])
})

test('N06 an access token issued later has a new exp, iat and jti', async () => {
  let now = NOW
  await using here = await instance({ ...optionsOf('NB'), clock: () => now })
  const pair = await post(here, '/api/token/', CREDENTIALS)

  now = (NOW + 30) as UnixSeconds
  const again = await post(here, '/api/token/refresh/', {
    refresh: pair.token('refresh'),
  })

  const { exp, iat, jti } = again.claims('access')
  assert.deepEqual([exp, iat], [NOW + 30 + 300, NOW + 30])
  assert.notEqual(jti, pair.claims('access').jti)
  assert.notEqual(jti, pair.claims('refresh').jti)
})

test('N17 a token without a type or a lifetime cannot be configured', () => {
  for (const tokens of [{ typeClaim: '' }, { access: 0 }, { refresh: 0 }] as const) {
    const options = { ...optionsOf(''), tokens: { ...optionsOf('').tokens, ...tokens } }
    assert.throws(
      () => watchword(options),
      { name: 'AuthError', code: 'invalid_config' },
      JSON.stringify(tokens),
    )
  }
  for (const slidingTokens of [{ lifetime: '0s' }, { refreshClaim: '' }] as const)
    assert.throws(
      () => watchword({ ...optionsOf(''), slidingTokens }),
      { name: 'AuthError', code: 'invalid_config' },
      JSON.stringify(slidingTokens),
    )
})

test('N18 a token with a lifetime of 0 has expired when it is issued', async () => {
  await using here = await instance(optionsOf(''))
  const claims = JSON.stringify({ exp: NOW, iat: NOW, jti: 'a'.repeat(32) })
  const token = signed(
    { alg: 'HS256', typ: 'JWT' },
    claims,
    'HS256',
    Buffer.from(KEYS.right),
  )

  const { status, body } = await post(here, '/api/token/verify/', { token })
  assert.deepEqual([status, body.detail], [401, 'Token is expired'])
})

test('N19 no export reads the claims of an unverified token', () => {
  const key = jwt.importSecret('HS256', KEYS.right)
  const token = jwt.sign({ exp: NOW + 60, user_id: '1' }, key)
  const { verify } = jwt.verifier({
    keys: new jwt.KeySet([key.verifying]),
    clock: () => NOW,
  })

  assert.deepEqual({ ...verify(token) }, { exp: NOW + 60, user_id: '1' })
  assert.throws(() => verify(tampered(token, 'signature')), { code: 'bad_signature' })
  const readers = Object.keys(jwt).filter((name) => /decode|unverified|peek/i.test(name))
  assert.deepEqual(readers, [])
})
