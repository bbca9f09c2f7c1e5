import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Algorithm } from '../../src/jwt/algorithms.ts'
import { type VerifierOptions, verifier } from '../../src/verify/index.ts'
import { basicOf, PARTNER_API, provider, URL_OF_APP } from '../oauth/setup.ts'
import { proofKeyPair } from '../proofs/key.ts'

const URL_OF_PARTNER = 'https://partner.example.com'

/** A provider, an application with a key, and the service of a partner. */
async function setUp(
  t: TestContext,
  dpop: VerifierOptions['dpop'] | undefined = { url: URL_OF_PARTNER },
  alg: Algorithm = 'ES256',
) {
  const app = provider(t)
  const key = proofKeyPair(alg)
  const tokens = verifier({
    issuer: URL_OF_APP,
    audience: PARTNER_API,
    fetch: (url, init) => app.auth.handler(new Request(String(url), init)),
    clock: app.clock.now,
    ...(dpop !== undefined && { dpop }),
  })
  const { id, secret } = await app.client({ resources: [PARTNER_API] })
  const askFor = async (headers: Record<string, string>) => {
    const fields = { grant_type: 'client_credentials', resource: PARTNER_API }
    const { body } = await app.form('/oauth/token', fields, basicOf(id, secret), headers)
    return body.access_token ?? ''
  }
  const dpopOf = key.proof({ url: `${URL_OF_APP}/oauth/token`, now: app.clock.now() })
  const token = await askFor({ dpop: dpopOf })
  const proof = (more: object = {}, by = key) =>
    by.proof({
      url: PARTNER_API,
      method: 'GET',
      now: app.clock.now(),
      accessToken: token,
      ...more,
    })
  return {
    ...app,
    key,
    token,
    tokens,
    proof,
    plain: () => askFor({}),
    async call(dpop?: string, scheme = 'DPoP', sent = token, url = PARTNER_API) {
      const headers = new Headers({ authorization: `${scheme} ${sent}` })
      if (dpop !== undefined) headers.set('dpop', dpop)
      try {
        const required = { scope: 'posts:read', clients: true }
        await tokens.require(new Request(url, { headers }), required)
        return 'accepted'
      } catch (error) {
        const answer = (error as { toResponse(): Response }).toResponse()
        assert.equal(answer.status, 401)
        const challenge = answer.headers.get('www-authenticate') ?? ''
        return /^DPoP error="(\w+)", algs="/.exec(challenge)?.[1] ?? challenge
      }
    },
  }
}

for (const alg of ['ES256', 'ES512', 'EdDSA', 'PS256', 'RS256'] as const)
  test(`a bound token with a proof of its key is accepted once: ${alg}`, async (t) => {
    const { call, proof } = await setUp(t, { url: URL_OF_PARTNER }, alg)
    const dpop = proof()
    assert.equal(await call(dpop), 'accepted')
    assert.equal(await call(dpop), 'invalid_dpop_proof')
    assert.equal(await call(proof()), 'accepted')
  })

test('a bound token without its key is refused', async (t) => {
  const { call, proof, key, token, tokens, plain, clock } = await setUp(t)
  assert.equal(await call(undefined, 'Bearer'), 'invalid_token')
  assert.equal(await call(proof(), 'Bearer'), 'invalid_token')
  assert.equal(await call(proof(), 'DPoP', await plain()), 'invalid_token')
  await assert.rejects(tokens.check(token, { scope: 'posts:read', clients: true }), {
    code: 'bound_token',
    status: 401,
  })
  for (const dpop of [
    undefined,
    'a.b.c',
    `${proof()}, ${proof()}`,
    proof({}, proofKeyPair()),
    proof({ method: 'POST' }),
    proof({ url: `${URL_OF_PARTNER}/other` }),
    proof({ url: 'https://evil.example/api' }),
    proof({ accessToken: 'another' }),
    proof({ now: clock.now() - 61 }),
    proof({ header: { alg: 'none' } }),
    proof({ header: { alg: 'HS256' } }),
    proof({ header: { jwk: key.privateJwk } }),
    proof({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
  ])
    assert.equal(await call(dpop), 'invalid_dpop_proof', dpop?.slice(0, 40))
  const forged = 'https://evil.example/api'
  assert.equal(
    await call(proof({ url: forged }), 'DPoP', token, forged),
    'invalid_dpop_proof',
  )
  assert.equal(await call(proof()), 'accepted')
})

test('of fifty requests with one proof one is accepted', async (t) => {
  const { call, proof } = await setUp(t)
  const dpop = proof()
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(dpop)))
  assert.equal(answers.filter((answer) => answer === 'accepted').length, 1)
})

test('processes share what was used', async (t) => {
  const used = new Map<string, number>()
  const use = async (id: string, until: number) => {
    if (used.has(id)) return false
    used.set(id, until)
    return true
  }
  const { call, proof, clock } = await setUp(t, { url: URL_OF_PARTNER, use })
  const dpop = proof()
  assert.equal(await call(dpop), 'accepted')
  assert.equal(await call(dpop), 'invalid_dpop_proof')
  const [[id = '', until] = []] = used
  assert.match(id, /^[\w-]{43}$/)
  assert.equal(until, Math.floor(clock.now()) + 60)

  const failing = await setUp(t, {
    url: URL_OF_PARTNER,
    use: () => Promise.reject(new Error('no answer')),
  })
  const headers = { authorization: `DPoP ${failing.token}`, dpop: failing.proof() }
  await assert.rejects(
    failing.tokens.require(new Request(PARTNER_API, { headers }), {
      scope: 'posts:read',
      clients: true,
    }),
    { message: 'no answer' },
  )
})

test('without the option bound tokens are refused', async (t) => {
  const app = await setUp(t)
  const strict = verifier({
    issuer: URL_OF_APP,
    audience: PARTNER_API,
    fetch: (url, init) => app.auth.handler(new Request(String(url), init)),
    clock: app.clock.now,
  })
  const headers = { authorization: `DPoP ${app.token}`, dpop: app.proof() }
  await assert.rejects(
    strict.require(new Request(PARTNER_API, { headers }), {
      scope: 'posts:read',
      clients: true,
    }),
    { code: 'bound_token' },
  )
  for (const dpop of [{ url: 'partner' }, { url: 'http://partner.example' }, {}])
    assert.throws(
      () =>
        verifier({ issuer: URL_OF_APP, audience: 'a', dpop: dpop as { url: string } }),
      { code: 'invalid_config' },
    )
})

test('a bound token that lacks a scope gets the challenge of its scheme', async (t) => {
  const { tokens, token, proof } = await setUp(t)
  const headers = { authorization: `DPoP ${token}`, dpop: proof() }
  const request = new Request(PARTNER_API, { headers })
  await assert.rejects(
    tokens.require(request, { scope: 'admin', clients: true }),
    (error: { toResponse(): Response }) => {
      const challenge = error.toResponse().headers.get('www-authenticate') ?? ''
      return /^DPoP realm="api", error="insufficient_scope", scope="admin", algs="/.test(
        challenge,
      )
    },
  )
})
