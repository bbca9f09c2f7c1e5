import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount, serves } from '../../src/adapters/node.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import { buildWatchword } from '../build-watchword.ts'
import { sqliteStore } from '../stores/open.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const CRED = { username: 'alice', password: PASSWORD } as const
const STATIC = '/api-token-auth/'
const JSON_TYPE = { 'content-type': 'application/json' }
const WRONG = { non_field_errors: ['Unable to log in with provided credentials.'] }

/** A server with the endpoint, and alice. */
async function program(t: TestContext, options: Options = {}) {
  const { auth } = testInstance({ authentication: [bearer(), apiToken()], ...options })
  const server = createServer()
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  const guard = mount(server, auth)
  const hello = guard((request, response) => response.end(request.auth.user.username))
  server.on('request', (request, response) =>
    serves(auth, request) ? undefined : hello(request, response),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const alice = await auth.users.create({ ...CRED, email: 'alice@example.com' })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const post = async (
    body: object | string,
    headers: Record<string, string> = {},
    path = STATIC,
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(url + path, {
      method: 'POST',
      body: text,
      headers: { ...JSON_TYPE, ...headers },
    })
    const answer: unknown = await response.json()
    return {
      status: response.status,
      headers: response.headers,
      body: answer as { token: string },
    }
  }
  const obtain = async (
    body: object | string = CRED,
    headers: Record<string, string> = {},
  ): Promise<string> => {
    const answer = await post(body, headers)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(Object.keys(answer.body), ['token'])
    return answer.body.token
  }
  const requestWith = (token: string): Promise<Response> =>
    fetch(url, { headers: { authorization: `Token ${token}` } })
  return { auth, alice, url, post, obtain, requestWith }
}

test('Z01, Z02: a password gets the token, which opens a route; the same every time', async (t) => {
  const { auth, alice, post, obtain, requestWith } = await program(t)

  const { status, headers, body } = await post(CRED)

  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('allow'), 'POST, OPTIONS')
  assert.match(body.token, /^[0-9a-f]{40}$/)
  assert.equal(await obtain(CRED, { accept: 'application/json' }), body.token)
  assert.equal((await auth.apiTokens.keyFor(alice.id)).token, body.token)
  assert.equal(await (await requestWith(body.token)).text(), 'alice')
})

const REQUIRED = ['This field is required.']
const BLANK = ['This field may not be blank.']

for (const [id, body, expected] of [
  ['Z03', {}, { username: REQUIRED, password: REQUIRED }],
  ['Z04', { username: '', password: '' }, { username: BLANK, password: BLANK }],
  ['Z05', { username: 'alice', password: 'no' }, WRONG],
  ['Z05: an unknown name', { username: 'unknown', password: PASSWORD }, WRONG],
  ['Z07', { username: 'alice', password: ` ${PASSWORD}` }, WRONG],
  ['Z07: behind it', { username: 'alice', password: `${PASSWORD} ` }, WRONG],
  ['Z09', { username: 'alice', password: '   ' }, WRONG],
  ['null', { username: null, password: null }, nulls()],
] as const) {
  test(`${id}: ${JSON.stringify(body)} gets 400 without a challenge`, async (t) => {
    const { post } = await program(t)

    const answer = await post(body)

    assert.deepEqual([answer.status, answer.body], [400, expected])
    assert.equal(answer.headers.get('www-authenticate'), null)
  })
}

function nulls() {
  const sentence = ['This field may not be null.']
  return { username: sentence, password: sentence }
}

test('Z06: an inactive user gets the answer of a wrong password', async (t) => {
  const { auth, alice, post } = await program(t)
  await auth.users.change(alice.id, { active: false })

  const answer = await post(CRED)

  assert.deepEqual([answer.status, answer.body], [400, WRONG])
  assert.deepEqual(await auth.apiTokens.list(alice.id), [])
})

test('Z08, Z10: the username is trimmed, and forms are accepted', async (t) => {
  const { obtain } = await program(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  const token = await obtain()

  assert.equal(await obtain({ ...CRED, username: ' alice ' }), token)
  assert.equal(await obtain(new URLSearchParams(CRED).toString(), form), token)
})

test('a password is not trimmed', async (t) => {
  const { auth, obtain, post } = await program(t)
  await auth.users.create({ username: 'padded', password: `  ${PASSWORD}  ` })

  await obtain({ username: 'padded', password: `  ${PASSWORD}  ` })
  assert.deepEqual((await post({ username: 'padded', password: PASSWORD })).body, WRONG)
})

test('Z11, Z12: other content types, methods and Accept headers get 415, 405 and 406', async (t) => {
  const { url, post } = await program(t)

  const plain = await post('x', { 'content-type': 'text/plain' })
  const get = await fetch(url + STATIC)
  const html = await post(CRED, { accept: 'text/html' })

  assert.deepEqual(
    [plain.status, plain.body],
    [415, { detail: 'Unsupported media type "text/plain" in request.' }],
  )
  assert.deepEqual(
    [get.status, await get.json()],
    [405, { detail: 'Method "GET" not allowed.' }],
  )
  assert.equal(html.status, 406)
})

test('Z13: credentials in the Authorization header are ignored (D20)', async (t) => {
  const { obtain } = await program(t)

  for (const authorization of ['Basic x', 'Token wrong', 'Bearer x', 'Token'])
    await obtain(CRED, { authorization })
})

test('the fields are called username and password with any loginField', async (t) => {
  const { obtain, post } = await program(t, { users: { loginField: 'email' } })

  await obtain({ username: 'alice@example.com', password: PASSWORD })
  assert.deepEqual((await post(CRED)).body, WRONG)
})

test('concurrent first sign-ins get the same token', async (t) => {
  const { auth, alice, obtain } = await program(t, { throttle: { login: null } })

  const tokens = await Promise.all(Array.from({ length: 20 }, () => obtain()))

  assert.equal(new Set(tokens).size, 1)
  assert.equal((await auth.apiTokens.list(alice.id)).length, 1)
})

test('the hooks receive a sign-in, and one that failed', async (t) => {
  const received: unknown[] = []
  const { obtain, post } = await program(t, {
    on: {
      signedIn: ({ user }) => void received.push(user.username),
      signInFailed: ({ credentials }) => void received.push(credentials),
    },
  })

  await obtain()
  await post({ ...CRED, password: 'CANARY-4711' })

  assert.deepEqual(received, ['alice', { username: 'alice', password: '*'.repeat(20) }])
})

test('a user that users.rule rejects gets no token', async (t) => {
  const { post } = await program(t, { users: { rule: (user) => user?.staff === true } })

  assert.deepEqual((await post(CRED)).body, WRONG)
})

test('the endpoint is mounted with the scheme apiToken() or by its option only', async (t) => {
  const mounted = (
    options: Options<Record<string, never>, Scheme<User>>,
    path = STATIC,
  ): boolean => {
    const { auth } = testInstance(options)
    t.after(() => auth.close())
    return serves(auth, { url: path })
  }

  assert.equal(mounted({}), false)
  assert.equal(mounted({ authentication: [bearer()] }), false)
  assert.equal(mounted({ authentication: [bearer(), apiToken()] }), true)
  assert.equal(mounted({ authentication: [apiToken()], path: '/auth' }), true)
  assert.equal(
    mounted({ authentication: [apiToken()], path: '/auth' }, '/auth/api-token-auth/'),
    false,
  )
  assert.equal(
    mounted({ authentication: [apiToken()], endpoints: { apiToken: false } }),
    false,
  )
  assert.equal(mounted({ endpoints: { apiToken: true } }), true)
  assert.equal(mounted({ endpoints: { apiToken: '/login' } }, '/login/'), true)
  const verifiesOnly = { verifyingKey: KEY, algorithm: 'ES256' } as const
  assert.equal(
    mounted({ authentication: [apiToken()], tokens: verifiesOnly }),
    true,
    'it needs no signing key',
  )
})

const KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----`

test('a derived token is accepted while its secret is the current or an old one, and rejected without it', async (t) => {
  const [old, fresh] = [
    'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
    'w8Q1-zz07-Lrt5-19pN-kkD2-bbE6-Ms4f',
  ]
  const store = sqliteStore({ file: ':memory:' })
  t.after(() => store.close())
  // The store outlives its instances. They get a signing key, because stored keys are encrypted with the secret.
  const shared = { ...store, close: async () => {} }
  const tokens = { algorithm: 'HS256', signingKey: old } as const
  const under = async (secret: string | readonly string[]) => {
    const auth = buildWatchword({
      store: shared,
      secret,
      tokens,
      authentication: [apiToken()],
      log: () => {},
    })
    t.after(() => auth.close())
    const { id } =
      (await auth.users.find('alice')) ?? (await auth.users.create({ username: 'alice' }))
    const bearing = (token: string) =>
      new Request('http://x/', { headers: { authorization: `Token ${token}` } })
    return {
      tokenOf: async () => (await auth.apiTokens.keyFor(id)).token,
      requestWith: (value: string) => auth.require(bearing(value)),
    }
  }
  const token = await (await under(old)).tokenOf()

  const both = await under([fresh, old])
  assert.equal(await both.tokenOf(), token)
  assert.equal((await both.requestWith(token)).user.username, 'alice')
  const current = await under(fresh)
  await assert.rejects(current.requestWith(token), { detail: 'Invalid token.' })

  const next = await current.tokenOf()
  assert.notEqual(next, token)
  assert.equal((await current.requestWith(next)).user.username, 'alice')
  await assert.rejects(current.requestWith(token), { detail: 'Invalid token.' })
})

test('without a configured secret the instance does not open, and the message names WATCHWORD_SECRET', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const tokens = { algorithm: 'ES256', verifyingKey: KEY } as const
  const auth = buildWatchword({
    store,
    authentication: [apiToken()],
    tokens,
    log: () => {},
  })
  t.after(() => auth.close())

  await assert.rejects(auth.migrate(), {
    code: 'invalid_config',
    message: /WATCHWORD_SECRET/,
  })
})
