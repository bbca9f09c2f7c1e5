import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { type ProofParts, proofKeyPair } from '../proofs/key.ts'
import { VERIFIER, withUser } from './consent.ts'
import { basicOf, type Credentials, claimsOf, URL_OF_APP } from './setup.ts'

const TOKEN = `${URL_OF_APP}/oauth/token`
const POSTS = `${URL_OF_APP}/posts/`

/** A provider, and what applications send it with proofs. */
async function setUp(t: TestContext, options: Options = {}) {
  const app = await withUser(t, options)
  const key = proofKeyPair()
  const proofOf = (parts: Partial<ProofParts> = {}, by = key): string =>
    by.proof({ url: TOKEN, now: app.clock.now(), ...parts })

  const ask = (
    { id, secret }: Credentials,
    fields: Record<string, string>,
    dpop: string | undefined = proofOf(),
  ) =>
    app.form(
      '/oauth/token',
      { ...(secret === '' && { client_id: id }), ...fields },
      secret === '' ? undefined : basicOf(id, secret),
      dpop === '' ? {} : { dpop },
    )

  return {
    ...app,
    key,
    proofOf,
    ask,
    machineToken: async (client: Credentials) =>
      (await ask(client, { grant_type: 'client_credentials' })).body.access_token ?? '',
    /** A request to a route of an API. */
    async call(
      token: string,
      {
        dpop,
        scheme = 'DPoP',
        url = POSTS,
        method = 'GET',
        requirement = { scope: 'posts:read', clients: true },
      }: {
        dpop?: string | undefined
        scheme?: string
        url?: string
        method?: string
        requirement?: object
      } = {},
    ) {
      const headers = new Headers({ authorization: `${scheme} ${token}` })
      if (dpop !== undefined) headers.set('dpop', dpop)
      try {
        await app.auth.require(
          new Request(url, { method, headers }),
          requirement as never,
        )
        return { status: 200, challenge: null, nonce: null }
      } catch (error) {
        const answer = (error as { toResponse(): Response }).toResponse()
        const [challenge, nonce] = ['www-authenticate', 'dpop-nonce'].map((name) =>
          answer.headers.get(name),
        )
        return { status: answer.status, challenge, nonce }
      }
    },
    /** Ada lets an application in, which redeems its code with a proof. */
    async consent(client: Credentials, more: Record<string, string> = {}) {
      const answer = await app.agree(client, more)
      const fields = {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        code_verifier: VERIFIER,
      }
      return (dpop?: string) => ask(client, fields, dpop)
    },
    bound: (token: string, method = 'GET', url = POSTS) =>
      key.proof({ url, method, now: app.clock.now(), accessToken: token }),
  }
}

const CHALLENGE = /^DPoP error="(\w+)", algs="ES256 [\w ]+"$/
const errorIn = ({ challenge }: { challenge?: string | null | undefined }) =>
  CHALLENGE.exec(challenge ?? '')?.[1]

test('a token that was asked for with a proof is bound to its key', async (t) => {
  const { client, ask, call, bound, key, proofOf } = await setUp(t)
  const machine = await client()
  const { body, status } = await ask(machine, { grant_type: 'client_credentials' })
  assert.equal(status, 200)
  assert.equal(body.token_type, 'DPoP')
  const token = body.access_token ?? ''
  assert.deepEqual(claimsOf(token).cnf, { jkt: key.jkt })

  assert.equal((await call(token, { dpop: bound(token) })).status, 200)
  const post = { dpop: bound(token, 'POST'), method: 'POST' }
  assert.equal((await call(token, post)).status, 200)
  const dpop = bound(token)
  assert.equal((await call(token, { dpop, url: `${POSTS}?page=2` })).status, 200)
  assert.equal((await call(token, { dpop: bound(token), scheme: 'dpop' })).status, 200)

  const unbound = await ask(machine, { grant_type: 'client_credentials' }, '')
  assert.equal(unbound.body.token_type, 'Bearer')
  const plain = unbound.body.access_token ?? ''
  assert.equal((await call(plain, { scheme: 'Bearer' })).status, 200)
  assert.equal((await call(plain, { scheme: 'Bearer', dpop: proofOf() })).status, 200)
})

test('a bound token without the key opens nothing', async (t) => {
  const { client, call, bound, key, machineToken, clock } = await setUp(t)
  const machine = await client()
  const token = await machineToken(machine)
  const other = await machineToken(machine)
  const thief = proofKeyPair()
  const at = { url: POSTS, method: 'GET', now: clock.now(), accessToken: token }
  const spent = bound(token)
  assert.equal((await call(token, { dpop: spent })).status, 200)

  const refusals: Record<string, [Parameters<typeof call>[1], string]> = {
    'as Bearer': [{ scheme: 'Bearer' }, 'invalid_token'],
    'as Bearer with a proof': [{ scheme: 'Bearer', dpop: bound(token) }, 'invalid_token'],
    'without a proof': [{}, 'invalid_dpop_proof'],
    'a proof that was seen': [{ dpop: spent }, 'invalid_dpop_proof'],
    'of another key': [{ dpop: thief.proof(at) }, 'invalid_dpop_proof'],
    'for another token': [{ dpop: bound(other) }, 'invalid_dpop_proof'],
    'for no token': [
      { dpop: key.proof({ ...at, accessToken: '' }) },
      'invalid_dpop_proof',
    ],
    'for another method': [{ dpop: bound(token, 'POST') }, 'invalid_dpop_proof'],
    'for another path': [
      { dpop: bound(token, 'GET', `${POSTS}1/`) },
      'invalid_dpop_proof',
    ],
    'for another host': [
      { dpop: bound(token, 'GET', 'https://evil.example/posts/') },
      'invalid_dpop_proof',
    ],
    'for the host of the request': [
      {
        url: 'https://evil.example/posts/',
        dpop: bound(token, 'GET', 'https://evil.example/posts/'),
      },
      'invalid_dpop_proof',
    ],
    'of an hour ago': [
      { dpop: key.proof({ ...at, now: at.now - 3600 }) },
      'invalid_dpop_proof',
    ],
    'of an hour ahead': [
      { dpop: key.proof({ ...at, now: at.now + 3600 }) },
      'invalid_dpop_proof',
    ],
    'two proofs': [{ dpop: `${bound(token)}, ${bound(token)}` }, 'invalid_dpop_proof'],
    'no proof at all': [{ dpop: 'a.b.c' }, 'invalid_dpop_proof'],
    'a secret as its key': [
      { dpop: key.proof({ ...at, header: { alg: 'HS256' } }) },
      'invalid_dpop_proof',
    ],
    unsigned: [
      { dpop: key.proof({ ...at, header: { alg: 'none' } }) },
      'invalid_dpop_proof',
    ],
    'a private key': [
      { dpop: key.proof({ ...at, header: { jwk: key.privateJwk } }) },
      'invalid_dpop_proof',
    ],
  }
  for (const [what, [request, error]] of Object.entries(refusals)) {
    const answer = await call(token, request)
    assert.equal(answer.status, 401, what)
    assert.equal(errorIn(answer), error, what)
  }
  // None of them has used up what is right.
  assert.equal((await call(token, { dpop: bound(token) })).status, 200)
})

test('what a bound token lacks is said in the challenge of its scheme', async (t) => {
  const { client, call, bound, machineToken, ownToken } = await setUp(t)
  const machine = await client({ scopes: ['posts:read'] })
  const token = await machineToken(machine)
  const requirement = { scope: 'posts:write', clients: true }
  const narrow = await call(token, { dpop: bound(token), requirement })
  assert.equal(narrow.status, 403)
  const lacks = 'realm="api", error="insufficient_scope", scope="posts:write"'
  assert.match(narrow.challenge ?? '', new RegExp(`^DPoP ${lacks}, algs="ES256 `))
  const old = { ...requirement, scope: 'posts:read', fresh: '5m' }
  const late = await call(token, { dpop: bound(token), requirement: old })
  assert.equal(late.status, 401)
  assert.match(
    late.challenge ?? '',
    /^DPoP realm="api", error="insufficient_user_authentication", .*, algs="ES256 /,
  )
  const plain = await ownToken(machine)
  const asBearer = await call(plain, { scheme: 'Bearer', requirement })
  assert.equal(asBearer.challenge, `Bearer ${lacks}`)
})

test('a token that is bound to no key is no DPoP token', async (t) => {
  const { client, call, ownToken, bound } = await setUp(t)
  const token = await ownToken(await client())
  const answer = await call(token, { dpop: bound(token) })
  assert.equal(answer.status, 401)
  assert.equal(errorIn(answer), 'invalid_token')
})

test('a proof that was refused for its token is not used up by it', async (t) => {
  const { client, auth, machineToken, call, bound } = await setUp(t)
  const machine = await client()
  const token = await machineToken(machine)
  const dpop = bound(token)
  const forged = `${token.slice(0, -4)}AAAA`
  assert.equal((await call(forged, { dpop })).status, 401)
  assert.equal((await call(token, { dpop })).status, 200)
  await auth.clients.disable(machine.id)
  assert.equal((await call(token, { dpop: bound(token) })).status, 401)
})

test('at the token endpoint a wrong proof is an error of RFC 9449, and consumes nothing', async (t) => {
  const { shop, consent, proofOf, clock, key } = await setUp(t)
  const public_ = await shop({ proof: 'none' })
  const redeem = await consent(public_)
  const used = proofOf()
  const wrong = [
    proofOf({ method: 'GET' }),
    proofOf({ url: `${URL_OF_APP}/oauth/revoke` }),
    proofOf({ url: 'https://evil.example/oauth/token' }),
    proofOf({ now: clock.now() - 61 }),
    proofOf({ header: { alg: 'none' } }),
    proofOf({ header: { jwk: key.privateJwk } }),
    'x',
  ]
  for (const proof of wrong) {
    const { status, body, headers } = await redeem(proof)
    assert.equal(status, 400)
    assert.equal(body.error, 'invalid_dpop_proof')
    assert.equal(headers.get('www-authenticate'), null)
  }
  assert.equal((await redeem(used)).status, 200)
  assert.equal((await redeem(used)).body.error, 'invalid_dpop_proof')
})

test('the refresh token of a public client is bound to the key', async (t) => {
  const { shop, consent, ask, proofOf, key, auth, ada } = await setUp(t)
  const phone = await shop({ proof: 'none' })
  const { body } = await (await consent(phone))()
  const refresh = body.refresh_token ?? ''
  assert.deepEqual(claimsOf(refresh).cnf, { jkt: key.jkt })
  const fields = { grant_type: 'refresh_token', refresh_token: refresh }
  const [session] = (await auth.sessions.list(ada.id)).filter(({ clientId }) => clientId)
  assert.equal(session?.jkt, key.jkt)

  const without = await ask(phone, fields, '')
  assert.deepEqual([without.status, without.body.error], [400, 'invalid_dpop_proof'])
  const stolen = await ask(phone, fields, proofOf({}, proofKeyPair()))
  assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant'])
  // Neither has spent it.
  const next = await ask(phone, fields)
  assert.equal(next.status, 200)
  assert.equal(next.body.token_type, 'DPoP')
  assert.deepEqual(claimsOf(next.body.access_token ?? '').cnf, { jkt: key.jkt })
  const again = {
    grant_type: 'refresh_token',
    refresh_token: next.body.refresh_token ?? '',
  }
  assert.equal((await ask(phone, again, '')).status, 400)
  assert.equal((await ask(phone, again)).status, 200)
})

test('an application with a secret may change its key', async (t) => {
  const { shop, consent, ask, proofOf } = await setUp(t)
  const client = await shop()
  const { body } = await (await consent(client))()
  const refresh = body.refresh_token ?? ''
  assert.equal(claimsOf(refresh).cnf, undefined)
  const [second, third] = [proofKeyPair(), proofKeyPair()]
  const refreshed = await ask(
    client,
    { grant_type: 'refresh_token', refresh_token: refresh },
    proofOf({}, second),
  )
  const access = refreshed.body.access_token ?? ''
  assert.deepEqual(claimsOf(access).cnf, { jkt: second.jkt })
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: refreshed.body.refresh_token ?? '',
  }
  const last = await ask(client, fields, proofOf({}, third))
  assert.deepEqual(claimsOf(last.body.access_token ?? '').cnf, { jkt: third.jkt })
})

test('a code can be bound to the key of its application in advance', async (t) => {
  const { shop, consent, proofOf, key, browser, address } = await setUp(t)
  const phone = await shop({ proof: 'none' })
  const redeem = await consent(phone, { dpop_jkt: key.jkt })
  assert.equal((await redeem('')).body.error, 'invalid_dpop_proof')
  assert.equal((await redeem(proofOf({}, proofKeyPair()))).body.error, 'invalid_grant')
  assert.equal((await redeem()).body.token_type, 'DPoP')

  await browser.open(address(phone, { dpop_jkt: 'short' }))
  assert.match(browser.page.path, /error=invalid_request/)
})

test('an application can be registered for bound tokens alone', async (t) => {
  const { client, ask } = await setUp(t)
  const machine = await client({ dpopBoundAccessTokens: true })
  const fields = { grant_type: 'client_credentials' }
  const refused = await ask(machine, fields, '')
  assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_dpop_proof'])
  assert.equal((await ask(machine, fields)).body.token_type, 'DPoP')
})

test('with the option proofs need a nonce of the server, for some minutes', async (t) => {
  const { client, ask, proofOf, call, key, clock } = await setUp(t, {
    dpop: { nonces: true },
    secret: 'a secret of the tests of proofs, long enough',
  })
  const machine = await client()
  const fields = { grant_type: 'client_credentials' }
  const first = await ask(machine, fields)
  assert.deepEqual([first.status, first.body.error], [400, 'use_dpop_nonce'])
  const nonce = first.headers.get('dpop-nonce') ?? ''
  assert.match(nonce, /^[\w-]{32}$/)

  const { body, status, headers } = await ask(
    machine,
    fields,
    proofOf({ claims: { nonce } }),
  )
  assert.equal(status, 200)
  assert.equal(headers.get('dpop-nonce'), nonce)
  const token = body.access_token ?? ''
  const at = { url: POSTS, method: 'GET', accessToken: token }
  const without = await call(token, { dpop: key.proof({ ...at, now: clock.now() }) })
  assert.equal(without.status, 401)
  assert.equal(errorIn(without), 'use_dpop_nonce')
  const withNonce = (given: unknown) =>
    call(token, {
      dpop: key.proof({ ...at, now: clock.now(), claims: { nonce: given } }),
    })
  assert.equal((await withNonce(without.nonce)).status, 200)
  for (const wrong of ['A'.repeat(32), `${nonce.slice(0, -1)}A`, '', 7, [nonce]])
    assert.equal(errorIn(await withNonce(wrong)), 'use_dpop_nonce', String(wrong))

  clock.advance('2m')
  assert.equal((await withNonce(nonce)).status, 200)
  clock.advance('2m')
  const late = await withNonce(nonce)
  assert.equal(errorIn(late), 'use_dpop_nonce')
  assert.notEqual(late.nonce, nonce)
})

test('introspection and metadata show what is bound', async (t) => {
  const { client, machineToken, form, key, send } = await setUp(t)
  const machine = await client()
  const token = await machineToken(machine)
  const api = await client({ name: 'API', audiences: [URL_OF_APP] })
  const shown = await form('/oauth/introspect', { token }, basicOf(api.id, api.secret))
  assert.deepEqual(shown.body.cnf, { jkt: key.jkt })
  assert.equal(shown.body.token_type, 'DPoP')

  const { body } = await send('GET', '/.well-known/oauth-authorization-server')
  const algorithms: readonly string[] = body.dpop_signing_alg_values_supported ?? []
  assert.ok(algorithms.includes('ES256'))
  assert.ok(!algorithms.some((each) => each === 'none' || each.startsWith('HS')))
})

test('the claims of a user are for the key, too', async (t) => {
  const { shop, consent, send, bound } = await setUp(t)
  const { body } = await (await consent(await shop({ proof: 'none' })))()
  const token = body.access_token ?? ''
  const url = `${URL_OF_APP}/oauth/userinfo`
  const headers = { authorization: `DPoP ${token}`, dpop: bound(token, 'GET', url) }
  assert.equal((await send('GET', '/oauth/userinfo', { headers })).status, 200)
  const replayed = await send('GET', '/oauth/userinfo', { headers })
  assert.equal(replayed.status, 401)
  assert.equal(
    errorIn({ challenge: replayed.headers.get('www-authenticate') }),
    'invalid_dpop_proof',
  )
  const plain = { authorization: `Bearer ${token}` }
  const refused = await send('GET', '/oauth/userinfo', { headers: plain })
  assert.equal(refused.status, 401)
  assert.equal(
    errorIn({ challenge: refused.headers.get('www-authenticate') }),
    'invalid_token',
  )
})

test('a request with a bound token asks the store for one thing more', async (t) => {
  const { client, machineToken, ownToken, call, bound, faults } = await setUp(t)
  const machine = await client()
  const [token, plain] = [await machineToken(machine), await ownToken(machine)]
  const calledBy = async (request: () => ReturnType<typeof call>) => {
    // What is cached with the first request is not asked for again.
    assert.equal((await request()).status, 200)
    faults.clear()
    assert.equal((await request()).status, 200)
    return [...faults.called]
  }
  const usual = await calledBy(() => call(plain, { scheme: 'Bearer' }))
  const more = await calledBy(() => call(token, { dpop: bound(token) }))
  assert.deepEqual(
    more.filter((verb) => !usual.includes(verb)),
    ['proofs.use'],
  )
})

test('if the store does not answer, no proof is accepted', async (t) => {
  const { client, machineToken, call, bound, faults } = await setUp(t)
  const token = await machineToken(await client())
  faults.fail('proofs.use')
  assert.equal((await call(token, { dpop: bound(token) })).status, 503)
  faults.clear()
  assert.equal((await call(token, { dpop: bound(token) })).status, 200)
})
