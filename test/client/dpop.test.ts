import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calculateJwkThumbprint, EmbeddedJWK, exportJWK, jwtVerify, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { claimsOf } from '../../src/client/claims.ts'
import { dpop } from '../../src/client/dpop.ts'
import { newKey, proofOf } from '../../src/client/proof.ts'
import type { ProofKey } from '../../src/client/proof-keys.ts'
import { ADA, API, BOB, REFRESH } from './bench.ts'
import { keysOf, openBench } from './dpop-bench.ts'
import { START_MS } from './page.ts'

for (const nonces of [false, true])
  test(`with a key, nonces ${nonces}: sign-in, requests and refresh are proven, and a stolen token is refused`, async (t) => {
    const bench = await openBench(t, { dpop: { required: true, nonces } })
    const keys = keysOf()
    const given = {
      storage: 'browser',
      refreshAhead: false,
      proof: dpop({ keys }),
    } as const
    const { client } = bench.open(given)
    await bench.time.until(client.signIn(ADA))
    const token = await bench.time.until(client.getAccessToken())
    const [thumbprint] = keys.all.keys()
    assert.deepEqual(claimsOf(token).cnf, { jkt: thumbprint })
    assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
    const body = { method: 'POST', body: 'x' }
    assert.equal((await bench.time.until(client.fetch('/hello/', body))).status, 200)
    for (const scheme of ['Bearer', 'DPoP']) {
      const headers = { authorization: `${scheme} ${token}` }
      const answer = await bench.time.until(client.fetch(`${API}/hello/`, { headers }))
      assert.equal(answer.status, 401)
    }
    await bench.time.pass(301_000)
    assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
    assert.equal(bench.count(REFRESH) > 0, true)
    const proofs = bench.sent.map(({ headers }) => headers.get('dpop')).filter(Boolean)
    const ids = proofs.map((proof) => claimsOf(proof).jti)
    assert.equal(new Set(ids).size, ids.length)
  })

test('tabs share the key; a reload without it signs out with the reason, also on the server', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const keys = keysOf()
  const given = {
    storage: 'browser',
    refreshAhead: false,
    proof: dpop({ keys }),
  } as const
  const { client } = bench.open(given)
  await bench.time.until(client.signIn(ADA))
  const other = bench.open(given)
  assert.equal((await bench.time.until(other.client.fetch('/hello/'))).status, 200)
  keys.all.clear()
  const late = bench.open(given)
  await bench.time.until(late.client.ready)
  assert.deepEqual(late.client.state, { status: 'signedOut', reason: 'proofKeyLost' })
  await bench.time.pass(2000)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('requests that go on when the page is left are proven', async (t) => {
  const bench = await openBench(t, { dpop: { required: true } })
  const { client } = bench.open({ proof: dpop({ keys: keysOf() }) })
  await bench.time.until(client.signIn(ADA))
  const init = { method: 'POST', keepalive: true, redirect: 'error' } as const
  assert.equal((await bench.time.until(client.fetch('/hello/', init))).status, 200)
})

test('a sign-out removes the key', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const keys = keysOf()
  const { client } = bench.open({ storage: 'browser', proof: dpop({ keys }) })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(10)
  assert.equal(keys.all.size, 1)
  await bench.time.until(client.signOut())
  await bench.time.pass(2000)
  assert.equal(keys.all.size, 0)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('a key cannot be exported', async () => {
  const { privateKey } = await newKey()
  await assert.rejects(crypto.subtle.exportKey('jwk', privateKey as never))
})

test('a sign-in that fails leaves no key, and one by another user only its own', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const keys = keysOf()
  const { client } = bench.open({ storage: 'browser', proof: dpop({ keys }) })
  const wrong = { ...ADA, password: 'wrong' }
  await assert.rejects(bench.time.until(client.signIn(wrong)), {
    code: 'invalid_credentials',
  })
  assert.equal(keys.all.size, 0)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(10)
  await bench.time.until(client.signIn(BOB))
  await bench.time.pass(10)
  const token = await bench.time.until(client.getAccessToken())
  assert.deepEqual([...keys.all.keys()], [jktOf(token)])
  assert.equal((await bench.sessionsOf('ada')).length, 0)
  assert.equal((client.user as object | undefined) && 'cnf' in Object(client.user), false)
})

test('keys that cannot be written or removed stay in memory', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const denied = () => Promise.reject(new Error('full'))
  const keys = { get: async () => undefined, set: denied, remove: denied }
  const { client } = bench.open({ storage: 'browser', proof: dpop({ keys }) })
  await bench.time.until(client.signIn(ADA))
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  await bench.time.until(client.signOut())
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('one request is sent three times at most, and not again for a nonce that it had', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const { client } = bench.open({ proof: dpop({ keys: keysOf() }) })
  await bench.time.until(client.signIn(ADA))
  const nonceAt = (nonce: string) => () =>
    refusal('DPoP error="use_dpop_nonce"', { 'dpop-nonce': nonce })
  const invalid = () => refusal('DPoP error="invalid_token"')
  const sendings = async (...answers: readonly (() => Response)[]): Promise<number> => {
    const before = bench.count('/hello/')
    bench.state.fault = ({ path }) => {
      const answer = answers[bench.count('/hello/') - before - 1]
      return path === '/hello/' && answer ? { answer } : undefined
    }
    await bench.time.until(client.fetch('/hello/', { method: 'POST', body: 'x' }))
    await bench.time.pass(20_000)
    return bench.count('/hello/') - before
  }
  const { length } = bench.sent
  const each = [nonceAt('a'), invalid, nonceAt('b'), nonceAt('c'), nonceAt('d')]
  assert.equal(await sendings(...each), 3)
  assert.equal(await sendings(nonceAt('e'), nonceAt('f'), nonceAt('g')), 2)
  assert.equal(await sendings(nonceAt('f')), 1)
  const proofs = bench.sent.slice(length).map(({ headers }) => headers.get('dpop'))
  const nonces = proofs.map((proof) => claimsOf(proof).nonce)
  assert.deepEqual(nonces, [undefined, 'a', 'a', 'a', 'b', 'e', 'f'])
})

test('jose verifies each proof that a client sends', async (t) => {
  const bench = await openBench(t, { dpop: { required: true, nonces: true } })
  const { client } = bench.open({ storage: 'browser', proof: dpop({ keys: keysOf() }) })
  await bench.time.until(client.signIn(ADA))
  const jkt = jktOf(await bench.time.until(client.getAccessToken()))
  await bench.time.until(client.fetch('/hello/?page=2#top'))
  await bench.time.pass(301_000)
  await bench.time.until(client.fetch('/hello/', { method: 'post', body: 'x' }))
  await bench.time.until(client.signOut())
  const proven = bench.sent.filter(({ headers }) => headers.has('dpop'))
  assert.ok(proven.length >= 6, String(proven.length))
  const refused = proven.filter(({ headers }) => !claimsOf(headers.get('dpop')).nonce)
  assert.equal(refused.length, 1)
  for (const { headers, method, url, at } of proven) {
    const now = new Date(START_MS + at)
    const proof = headers.get('dpop') ?? ''
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['jti', 'htm', 'htu', 'iat'],
      maxTokenAge: 5,
      clockTolerance: 5,
      currentDate: now,
    })
    assert.equal(await calculateJwkThumbprint(protectedHeader.jwk ?? {}), jkt)
    assert.deepEqual([payload.htm, payload.htu], [method, url.replace(/[?#].*/, '')])
    const [scheme, token] = headers.get('authorization')?.split(' ') ?? []
    const ath = token && (await oauth.calculatePKCECodeChallenge(token))
    assert.deepEqual([scheme, payload.ath], [token && 'DPoP', ath])
  }
})

test('oauth4webapi accepts proofs as a resource server', async () => {
  const [key, issuer] = await Promise.all([newKey(), newKey()])
  const publicKeyOf = (of: ProofKey) => exportJWK(of.publicKey as never)
  const access = await new SignJWT({
    client_id: 'c',
    cnf: { jkt: await calculateJwkThumbprint(await publicKeyOf(key)) },
  })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'ES256' })
    .setIssuer(API)
    .setAudience(API)
    .setSubject('ada')
    .setJti('j')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(issuer.privateKey as never)
  const address = `${API}/notes?x`
  const proof = await proofOf(key, {
    method: 'GET',
    address,
    at: Date.now() / 1000,
    access,
  })
  const headers = { authorization: `DPoP ${access}`, dpop: proof }
  const jwk = { ...(await publicKeyOf(issuer)), alg: 'ES256', use: 'sig' }
  const server = { issuer: API, jwks_uri: `${API}/jwks` }
  const validate = (url: string) =>
    oauth.validateJwtAccessToken(server, new Request(url, { headers }), API, {
      [oauth.customFetch]: async () => Response.json({ keys: [jwk] }),
    })
  assert.equal((await validate(`${API}/notes`)).sub, 'ada')
  await assert.rejects(validate(`${API}/others`), /htu/)
})

const jktOf = (token: unknown): string =>
  (claimsOf(token).cnf as { readonly jkt: string }).jkt

const refusal = (challenge: string, headers: Record<string, string> = {}): Response =>
  Response.json(
    { code: 'token_not_valid' },
    { status: 401, headers: { ...headers, 'www-authenticate': challenge } },
  )
