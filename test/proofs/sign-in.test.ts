import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { proofKeyPair } from './key.ts'

const URL_OF_APP = 'https://app.example.com'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** An instance with a user, and a client with a key. */
async function setUp(t: TestContext, options: Options = {}) {
  const instance = testInstance({ url: URL_OF_APP, dpop: true, ...options })
  const { auth, clock } = instance
  cleanUp(t, () => auth.close())
  const ada = await auth.users.create({
    username: 'ada',
    email: 'ada@example.com',
    emailVerified: true,
    password: PASSWORD,
  })
  const key = proofKeyPair()
  const post = async (path: string, body: object, dpop?: string | undefined) => {
    const response = await auth.handler(
      new Request(URL_OF_APP + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(dpop !== undefined && { dpop }),
        },
        body: JSON.stringify(body),
      }),
    )
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, string>,
    }
  }
  const proofFor = (path: string, more: object = {}, by = key) =>
    by.proof({ url: URL_OF_APP + path, now: clock.now(), ...more })
  return {
    ...instance,
    ada,
    key,
    post,
    proofFor,
    signIn: (dpop: string | undefined = proofFor('/api/token/'), password = PASSWORD) =>
      post('/api/token/', { username: 'ada', password }, dpop === '' ? undefined : dpop),
    refresh: (refresh = '', dpop: string | undefined = proofFor('/api/token/refresh/')) =>
      post('/api/token/refresh/', { refresh }, dpop === '' ? undefined : dpop),
    async call(token = '', scheme = 'DPoP', dpop: string | undefined = undefined) {
      const url = `${URL_OF_APP}/posts/`
      const sent =
        dpop ?? key.proof({ url, method: 'GET', now: clock.now(), accessToken: token })
      const headers = { authorization: `${scheme} ${token}`, dpop: sent }
      try {
        const { user } = await auth.require(new Request(url, { headers }))
        return user.username
      } catch (error) {
        return (error as { status: number }).status
      }
    },
  }
}

test('the tokens of a sign-in with a proof are bound to its key', async (t) => {
  const { signIn, call, key, auth, ada } = await setUp(t)
  const { status, body } = await signIn()
  assert.equal(status, 200)
  for (const token of [body.access, body.refresh])
    assert.deepEqual(claimsOf(token ?? '').cnf, { jkt: key.jkt })
  assert.equal((await auth.sessions.list(ada.id))[0]?.jkt, key.jkt)

  assert.equal(await call(body.access), 'ada')
  assert.equal(await call(body.access, 'Bearer'), 401)
  assert.equal(await call(body.access, 'DPoP', ''), 401)
})

test('a sign-in without a proof has tokens as before, unless proofs are required', async (t) => {
  const { signIn, call } = await setUp(t)
  const { body } = await signIn('')
  assert.equal(claimsOf(body.access ?? '').cnf, undefined)
  assert.equal(await call(body.access, 'Bearer'), 'ada')
  assert.equal(await call(body.access, 'DPoP'), 401)

  const strict = await setUp(t, { dpop: { required: true } })
  const refused = await strict.signIn('')
  assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_dpop_proof'])
  assert.match(
    refused.headers.get('www-authenticate') ?? '',
    /^DPoP error="invalid_dpop_proof"/,
  )
  assert.equal((await strict.signIn()).status, 200)
})

test('without the option a proof binds nothing', async (t) => {
  const { signIn, call } = await setUp(t, { dpop: false })
  const { body } = await signIn()
  assert.equal(claimsOf(body.access ?? '').cnf, undefined)
  assert.equal(await call(body.access, 'Bearer'), 'ada')
})

test('a refresh needs the key, and without it spends nothing', async (t) => {
  const { signIn, refresh, call, key, proofFor } = await setUp(t)
  const { body } = await signIn()
  const path = '/api/token/refresh/'
  const used = proofFor(path)
  for (const dpop of [
    '',
    proofFor('/api/token/'),
    proofFor(path, {}, proofKeyPair()),
    proofFor(path, { method: 'GET' }),
    'a.b.c',
  ])
    assert.equal((await refresh(body.refresh, dpop)).status, 401, dpop.slice(0, 9))
  const next = await refresh(body.refresh, used)
  assert.equal(next.status, 200)
  for (const token of [next.body.access, next.body.refresh])
    assert.deepEqual(claimsOf(token ?? '').cnf, { jkt: key.jkt })
  assert.equal(await call(next.body.access), 'ada')
  assert.equal((await refresh(next.body.refresh, used)).status, 401, 'replayed')
  assert.equal((await refresh(next.body.refresh)).status, 200)
})

test('claims that are computed again keep the key', async (t) => {
  const { signIn, refresh, key } = await setUp(t, {
    tokens: { claims: ({ username }) => ({ name: username }) },
  })
  const { body } = await signIn()
  const next = await refresh(body.refresh)
  const claims = claimsOf(next.body.access ?? '')
  assert.deepEqual([claims.name, claims.cnf], ['ada', { jkt: key.jkt }])
})

test('no claim of an application binds a token', async (t) => {
  const { signIn } = await setUp(t, { tokens: { claims: () => ({ cnf: { jkt: 'x' } }) } })
  assert.equal((await signIn('')).status, 500)
})

test('a wrong proof is refused before a password is checked, and counts as no attempt', async (t) => {
  const { signIn, proofFor } = await setUp(t)
  for (let n = 0; n < 20; n++) {
    const { status, body } = await signIn(
      proofFor('/api/token/', { method: 'GET' }),
      'wrong',
    )
    assert.deepEqual([status, body.code], [401, 'invalid_dpop_proof'])
  }
  assert.equal((await signIn()).status, 200)
})

test('a wrong password does not use up the proof, and a sign-in does', async (t) => {
  const { signIn, proofFor } = await setUp(t)
  const dpop = proofFor('/api/token/')
  assert.equal((await signIn(dpop, 'wrong')).status, 401)
  assert.equal((await signIn(dpop)).status, 200)
  assert.equal((await signIn(dpop)).status, 401)
})

test('a link of a mail is not used up by a proof that is refused', async (t) => {
  const { post, proofFor, mail, key } = await setUp(t, {
    accounts: { signInCodes: true },
    dpop: { nonces: true },
    secret: 'a secret of the tests of proofs, long enough',
  })
  await post('/auth/code/', { email: 'ada@example.com' })
  const text = (await mail()).at(-1)?.text ?? ''
  const [, token = ''] = /[?&]token=([\w-]{43})/.exec(text) ?? []
  const path = '/auth/code/redeem/'
  const first = await post(path, { token }, proofFor(path))
  assert.deepEqual([first.status, first.body.code], [401, 'use_dpop_nonce'])
  const claims = { nonce: first.headers.get('dpop-nonce') }
  const { status, body } = await post(path, { token }, proofFor(path, { claims }))
  assert.equal(status, 200)
  assert.deepEqual(claimsOf(body.access ?? '').cnf, { jkt: key.jkt })
})

test('a wrong configuration stops the start', async () => {
  for (const options of [
    { url: undefined },
    { tokens: { transport: 'cookie' } },
    { dpop: { nonce: true } },
  ] as unknown as Options[]) {
    const start = async () => {
      const { auth } = testInstance({ url: URL_OF_APP, dpop: true, ...options })
      try {
        await auth.migrate()
      } finally {
        await auth.close()
      }
    }
    await assert.rejects(start, { code: 'invalid_config' })
  }
})
