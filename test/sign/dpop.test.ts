import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { guardOf } from '../../src/adapters/fetch.ts'
import {
  type DpopOptions,
  dpop,
  dpopKey,
  type JsonKey,
  signedFetch,
} from '../../src/sign/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { ASYMMETRIC, keyPairFor } from './keys.ts'

const ORIGIN = 'https://api.example.com'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** An instance whose tokens are bound, its guarded route, and a client with a key. */
async function setUp(nonces = false, key?: DpopOptions['key']) {
  const app = testInstance({ url: ORIGIN, dpop: { required: true, nonces } })
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const guarded = guardOf(app.auth)((request) =>
    Response.json({ user: request.auth.user.username }),
  )
  const sent: Request[] = []
  const handler = async (request: Request): Promise<Response> => {
    sent.push(request.clone())
    if (new URL(request.url).pathname === '/hello/') return guarded(request)
    return app.auth.handler(request)
  }
  const proof = { key: key ?? (await dpopKey()), clock: app.clock.now }
  const fetchWith = (options: Partial<DpopOptions> = {}) =>
    signedFetch(dpop({ ...proof, ...options }), { fetch: handler })
  const signIn = async () => {
    const answer = await fetchWith()(`${ORIGIN}/api/token/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: PASSWORD }),
    })
    assert.equal(answer.status, 200)
    return (await answer.json()) as { readonly access: string; readonly refresh: string }
  }
  return { ...app, sent, fetchWith, signIn }
}

const pairs = ASYMMETRIC.map((name) => [name, keyPairFor(name).privateJwk] as const)
for (const [name, key] of [['dpopKey()', undefined] as const, ...pairs]) {
  test(`${name}: signs in, and uses and refreshes the tokens`, async () => {
    await using app = await setUp(false, key && { ...key, alg: ALG[name] })
    const { access, refresh } = await app.signIn()
    const fetch = app.fetchWith({ accessToken: () => access })
    const answer = await fetch(`${ORIGIN}/hello/?page=2`)
    assert.deepEqual([answer.status, await answer.json()], [200, { user: 'ada' }])
    const refreshed = await app.fetchWith()(`${ORIGIN}/api/token/refresh/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh }),
    })
    assert.equal(refreshed.status, 200)
  })
}

/** Of RSA keys, which do not say it. */
const ALG: Readonly<Record<string, string>> = {
  'rsa-pss-sha512': 'PS512',
  'rsa-v1_5-sha256': 'RS256',
}

test('a token is worth nothing with the key of another client', async () => {
  await using app = await setUp()
  const { access } = await app.signIn()
  const other = app.fetchWith({ key: await dpopKey('EdDSA'), accessToken: access })
  assert.equal((await other(`${ORIGIN}/hello/`)).status, 401)
  const own = app.fetchWith({ accessToken: access })
  assert.equal((await own(`${ORIGIN}/hello/`)).status, 200)
})

test('the header Authorization of a request stays, and its token is proven', async () => {
  await using app = await setUp()
  const { access } = await app.signIn()
  const headers = { authorization: `DPoP ${access}` }
  const fetch = app.fetchWith({ accessToken: 'another' })
  assert.equal((await fetch(`${ORIGIN}/hello/`, { headers })).status, 200)
})

test('a nonce that the server asks for costs one more request, and is used by the next ones', async () => {
  await using app = await setUp(true)
  const { access } = await app.signIn()
  assert.equal(app.sent.length, 2)
  const fetch = app.fetchWith({ accessToken: access })
  assert.equal((await fetch(`${ORIGIN}/hello/`)).status, 200)
  assert.equal((await fetch(`${ORIGIN}/hello/`)).status, 200)
  assert.equal(app.sent.length, 2 + 3)
})

test('a server that asks for a nonce again and again gets two requests', async () => {
  let requests = 0
  const refusing = async () => {
    requests++
    return Response.json(
      { error: 'use_dpop_nonce' },
      { status: 400, headers: { 'dpop-nonce': `n${requests}` } },
    )
  }
  const fetch = signedFetch(dpop({ key: await dpopKey() }), { fetch: refusing })
  const answer = await fetch(`${ORIGIN}/oauth/token`, { method: 'POST', body: 'x' })
  assert.deepEqual([answer.status, requests], [400, 2])
})

test('oauth4webapi accepts proofs as a resource server', async () => {
  const key = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const issuer = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const jkt = await oauth.calculatePKCECodeChallenge(
    JSON.stringify(
      thumbprintMembers({ ...(await crypto.subtle.exportKey('jwk', key.publicKey)) }),
    ),
  )
  const now = Math.floor(Date.now() / 1000)
  const accessToken = await jwtOf(issuer.privateKey, {
    iss: ORIGIN,
    aud: ORIGIN,
    sub: 'ada',
    client_id: 'c',
    jti: 'j',
    iat: now,
    exp: now + 60,
    cnf: { jkt },
  })
  const { headers } = await dpop({ key, accessToken }).sign({ url: `${ORIGIN}/notes?x` })
  const as: oauth.AuthorizationServer = { issuer: ORIGIN, jwks_uri: `${ORIGIN}/jwks` }
  const jwk = await crypto.subtle.exportKey('jwk', issuer.publicKey)
  const validate = (url: string) =>
    oauth.validateJwtAccessToken(as, new Request(url, { headers }), ORIGIN, {
      [oauth.customFetch]: async () =>
        Response.json({ keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] }),
    })
  assert.equal((await validate(`${ORIGIN}/notes`)).sub, 'ada')
  await assert.rejects(validate(`${ORIGIN}/others`), /htu/)
})

/** RFC 7638 §3.2. */
const thumbprintMembers = ({ crv, kty, x, y }: JsonKey) => ({
  crv,
  kty,
  x,
  y,
})

async function jwtOf(
  key: Parameters<typeof crypto.subtle.sign>[1],
  claims: object,
): Promise<string> {
  const encode = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ typ: 'at+jwt', alg: 'ES256' })}.${encode(claims)}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, key, Buffer.from(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

test('a key that cannot sign proofs is an error at once', () => {
  for (const key of [
    { kty: 'oct', k: 'AAAA' },
    { kty: 'EC', crv: 'secp256k1' },
  ])
    assert.throws(() => dpop({ key }), { name: 'TypeError', message: /dpopKey\(\)/ })
})
