import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import { digestOf } from '../../src/features/api-tokens/api-token.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { allowAny, hasScope } from '../../src/permissions/basic-permissions.ts'
import type { Principal } from '../../src/permissions/permission.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User, UserId } from '../../src/users/user.ts'
import { type BuildOptions, buildWatchword } from '../build-watchword.ts'
import { flushCounts } from '../flush-counts.ts'
import { sqliteStore } from '../stores/open.ts'

const NOON = 1_800_000_000

type Answered = {
  status: number
  challenges: readonly string[]
  body: Record<string, unknown>
}

/** A server whose routes require API tokens, with one user. */
async function program(
  t: TestContext,
  options: Pick<BuildOptions, 'authentication' | 'users' | 'store'> = {},
) {
  let now = NOON
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
    authentication: [apiToken()],
    clock: () => now,
    log: () => {},
    ...options,
  })
  const server = createServer()
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  const guard = mount(server, auth)
  const routes = new Map([
    [
      '/',
      guard((request, response) =>
        response.end(JSON.stringify(principalOf(request.auth))),
      ),
    ],
    [
      '/any/',
      guard(allowAny, (request, response) =>
        response.end(JSON.stringify(principalOf(request.auth))),
      ),
    ],
    [
      '/posts/',
      guard(hasScope('posts:read'), (request, response) =>
        response.end(JSON.stringify(principalOf(request.auth))),
      ),
    ],
  ])
  server.on('request', (request, response) =>
    routes.get(request.url ?? '')?.(request, response),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  /** Sends bytes as given, without an HTTP client that could change them. */
  async function get(authorization: string | undefined, path = '/'): Promise<Answered> {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const header =
      authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
    socket.write(
      Buffer.from(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n`,
        'latin1',
      ),
    )
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    const challenges = [...head.matchAll(/^WWW-Authenticate: (.*)$/gim)].map(
      ([, challenge = '']) => challenge.trim(),
    )
    return {
      status: Number(head.split(' ')[1]),
      challenges,
      body: JSON.parse(body.replace(/^[\da-f]+\r\n|\r\n0$/g, '')),
    }
  }
  const user = await auth.users.create({ username: 'alice' })
  const advance = (seconds: number): void => {
    now += seconds
  }
  return { auth, user, get, advance }
}

const principalOf = ({
  user,
  scheme,
  scopes,
  token,
  credential,
}: Principal<User | undefined>): object => ({
  user: user?.username,
  scheme,
  scopes,
  token,
  by: credential?.name,
})

const rejected = (
  detail: string,
  challenges: readonly string[] = ['Token'],
): Answered => ({
  status: 401,
  challenges,
  body: { detail },
})

for (const [id, header, detail] of [
  ['T01', undefined, 'Authentication credentials were not provided.'],
  ['T01', '', 'Authentication credentials were not provided.'],
  ['T02', 'Token', 'Invalid token header. No credentials provided.'],
  [
    'T03',
    'Token foo bar',
    'Invalid token header. Token string should not contain spaces.',
  ],
  [
    'T03',
    'Token foo\tbar',
    'Invalid token header. Token string should not contain spaces.',
  ],
  [
    'T04',
    'Token abcd\xb8',
    'Invalid token header. Token string should not contain invalid characters.',
  ],
  [
    'T04',
    'Token \xff',
    'Invalid token header. Token string should not contain invalid characters.',
  ],
  ['UTF-8', 'Token abcd\xc3\xa9', 'Invalid token.'],
  ['T05', 'Token xyz', 'Invalid token.'],
  ['T10', 'Bearer xyz', 'Authentication credentials were not provided.'],
  ['no blank', 'Tokenxyz', 'Authentication credentials were not provided.'],
] as const) {
  test(`${id}: "Authorization: ${header ?? '(none)'}" gets: ${detail}`, async (t) => {
    const { get } = await program(t)

    assert.deepEqual(await get(header), rejected(detail))
  })
}

test('T06, T08, T09: the keyword is case-insensitive, and the token is compared exactly', async (t) => {
  const { auth, user, get } = await program(t)
  const { token } = await auth.apiTokens.keyFor(user.id)
  const alice = { user: 'alice', scheme: 'apiToken', scopes: [] }

  for (const header of [`Token ${token}`, `tOKEN   ${token}`, `  token\t${token} `]) {
    assert.deepEqual(
      await get(header),
      { status: 200, challenges: [], body: alice },
      header,
    )
  }
  for (const wrong of [
    token.toUpperCase(),
    token.slice(1),
    `${token}0`,
    token.slice(0, 8),
    digestOf(token),
  ]) {
    assert.deepEqual(await get(`Token ${wrong}`), rejected('Invalid token.'), wrong)
  }
})

test('a wrong token is rejected on a public route', async (t) => {
  const { get } = await program(t)

  assert.equal((await get(undefined, '/any/')).status, 200)
  assert.deepEqual(await get('Token xyz', '/any/'), rejected('Invalid token.'))
})

test('T07: deactivating and activating a user takes effect at the next request', async (t) => {
  const { auth, user, get } = await program(t)
  const { token } = await auth.apiTokens.create(user.id)

  await auth.users.change(user.id, { active: false })
  assert.deepEqual(await get(`Token ${token}`), rejected('User inactive or deleted.'))

  await auth.users.change(user.id, { active: true })
  assert.equal((await get(`Token ${token}`)).status, 200)
})

test('an inactive user is rejected with ruleOnRequest off, too, and admitted with checkActive off', async (t) => {
  for (const [users, expected] of [
    [{ ruleOnRequest: false }, 401],
    [{ checkActive: false }, 200],
  ] as const) {
    const { auth, user, get } = await program(t, { users })
    const { token } = await auth.apiTokens.create(user.id)

    await auth.users.change(user.id, { active: false })

    assert.equal((await get(`Token ${token}`)).status, expected)
  }
})

test('users.rule is applied at each request (D11), unless ruleOnRequest is off', async (t) => {
  let banned = false
  const rule = () => !banned
  for (const [ruleOnRequest, expected] of [
    [true, rejected('User inactive or deleted.')],
    [false, undefined],
  ] as const) {
    banned = false
    const { auth, user, get } = await program(t, { users: { rule, ruleOnRequest } })
    const { token } = await auth.apiTokens.create(user.id)
    assert.equal((await get(`Token ${token}`)).status, 200)

    banned = true

    const answer = await get(`Token ${token}`)
    if (expected === undefined) assert.equal(answer.status, 200)
    else assert.deepEqual(answer, expected)
  }
})

test("deleting a user deletes the user's tokens", async (t) => {
  const { auth, user, get } = await program(t)
  const texts = [
    (await auth.apiTokens.create(user.id)).token,
    (await auth.apiTokens.keyFor(user.id)).token,
  ]

  await auth.users.delete(user.id)

  for (const token of texts)
    assert.deepEqual(await get(`Token ${token}`), rejected('Invalid token.'))
  assert.deepEqual(await auth.apiTokens.list(user.id), [])
})

test('a token whose user was deleted in the database is rejected as invalid', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const { auth, user, get } = await program(t, { store })
  const { token } = await auth.apiTokens.create(user.id)

  await store.ports.users.delete(user.id as UserId)

  assert.deepEqual(await get(`Token ${token}`), rejected('Invalid token.'))
})

test('an expired token is rejected as invalid', async (t) => {
  const { auth, user, get, advance } = await program(t)
  const { token } = await auth.apiTokens.create(user.id, { expiresIn: '10h' })

  advance(36_000 - 1)
  assert.equal((await get(`Token ${token}`)).status, 200)

  advance(1)
  assert.deepEqual(await get(`Token ${token}`), rejected('Invalid token.'))
})

test('flush deletes a token a day after its expiry, and no valid one', async (t) => {
  const { auth, user, advance } = await program(t)
  const hour = await auth.apiTokens.create(user.id, { expiresIn: '1h' })
  const { record } = await auth.apiTokens.create(user.id)

  advance(3600 + 86_400)
  assert.equal((await auth.flush()).tokens, 0)
  assert.deepEqual(await auth.apiTokens.revoke(hour.record.hint), hour.record)
  await auth.apiTokens.create(user.id, { expiresIn: '1h' })

  advance(3600 + 86_400 + 1)
  const deleted = flushCounts(await auth.flush())
  assert.deepEqual(deleted, { sessions: 0, tokens: 1, keys: 0, events: 0 })
  assert.deepEqual(await auth.apiTokens.list(user.id), [record])
})

test('two Authorization headers are rejected, even with the same token (H1)', async (t) => {
  const { auth, user, get } = await program(t)
  const { token } = await auth.apiTokens.create(user.id)

  const twice = await get(`Token ${token}\r\nAuthorization: Token ${token}`)

  assert.deepEqual([twice.status, twice.challenges], [401, ['Token']])
})

test('revoking a token takes effect at the next request, and other tokens stay valid', async (t) => {
  const { auth, user, get } = await program(t)
  const [one, other] = [
    await auth.apiTokens.create(user.id),
    await auth.apiTokens.create(user.id),
  ]

  assert.deepEqual(await auth.apiTokens.revoke(one.record.hint), one.record)
  assert.equal(await auth.apiTokens.revoke(one.record.id), undefined)

  assert.deepEqual(await get(`Token ${one.token}`), rejected('Invalid token.'))
  assert.equal((await get(`Token ${other.token}`)).status, 200)
  assert.equal(await auth.apiTokens.revokeAll(user.id), 1)
  assert.deepEqual(await get(`Token ${other.token}`), rejected('Invalid token.'))
})

test('a token stays valid after a new password and after revoking all sessions, as in Django', async (t) => {
  const { auth, user, get } = await program(t)
  const { token } = await auth.apiTokens.create(user.id)

  await auth.users.setPassword(user.id, 'another-9kc-w2pd')
  await auth.sessions.revokeAll(user.id)

  assert.equal((await get(`Token ${token}`)).status, 200)
})

test('a token is admitted to routes of its scopes, and the handler gets its name', async (t) => {
  const { auth, user, get } = await program(t)
  const narrow = await auth.apiTokens.create(user.id, {
    name: 'export',
    scopes: ['posts:read', 'users:read'],
  })
  const others = [
    await auth.apiTokens.create(user.id, { scopes: ['posts:write'] }),
    await auth.apiTokens.keyFor(user.id),
  ]

  assert.deepEqual((await get(`Token ${narrow.token}`, '/posts/')).body, {
    user: 'alice',
    scheme: 'apiToken',
    scopes: ['posts:read', 'users:read'],
    by: 'export',
  })
  for (const { token } of others)
    assert.equal((await get(`Token ${token}`, '/posts/')).status, 403)
})

test('a configured keyword is required in the header and sent as the challenge', async (t) => {
  const { auth, user, get } = await program(t, {
    authentication: [apiToken({ keyword: 'ApiKey' })],
  })
  const { token } = await auth.apiTokens.create(user.id)

  assert.equal((await get(`apikey ${token}`)).status, 200)
  assert.deepEqual(
    await get(`Token ${token}`),
    rejected('Authentication credentials were not provided.', ['ApiKey']),
  )
  assert.throws(() => apiToken({ keyword: 'Api Key' }), { code: 'invalid_config' })
  assert.throws(() => apiToken({ keyword: '' }), { code: 'invalid_config' })
})

test('with bearer() and apiToken() each handles its own keyword, and both send a challenge', async (t) => {
  const { auth, user, get } = await program(t, { authentication: [bearer(), apiToken()] })
  const { token } = await auth.apiTokens.create(user.id)

  assert.equal((await get(`Token ${token}`)).status, 200)
  assert.deepEqual(
    await get('Token xyz'),
    rejected('Invalid token.', ['Bearer realm="api"', 'Token']),
  )
  assert.equal((await get(`Bearer ${token}`)).body.code, 'token_not_valid')
})

test('creating a token for an unknown user or with an invalid lifetime is rejected', async (t) => {
  const { auth, user } = await program(t)
  const unknown = 'unknown' as typeof user.id

  await assert.rejects(auth.apiTokens.create(unknown), { code: 'user_not_found' })
  await assert.rejects(auth.apiTokens.keyFor(unknown), { code: 'user_not_found' })
  await assert.rejects(
    auth.apiTokens.create(user.id, { expiresIn: '5 minutes' as '5m' }),
    { code: 'invalid' },
  )
  assert.deepEqual(await auth.apiTokens.list(unknown), [])
  assert.equal(await auth.apiTokens.revokeAll(unknown), 0)
})

test('a prefix that several tokens share revokes none of them', async (t) => {
  const zeros = (size: number) => new Uint8Array(size)
  let drawn = 0
  const random = (size: number): Uint8Array => {
    const bytes = zeros(size)
    // The last byte differs: ids and tokens differ, prefixes do not.
    bytes[size - 1] = ++drawn
    return bytes
  }
  const { auth } = testInstance({
    tokens: { algorithm: 'HS256', signingKey: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e' },
    random,
  })
  t.after(() => auth.close())
  const { id } = await auth.users.create({ username: 'alice' })
  const [one, other] = [await auth.apiTokens.create(id), await auth.apiTokens.create(id)]
  assert.equal(one.record.hint, other.record.hint)

  await assert.rejects(auth.apiTokens.revoke(one.record.hint), { code: 'invalid' })
  assert.deepEqual(await auth.apiTokens.revoke(other.record.id), other.record)

  assert.deepEqual(await auth.apiTokens.list(id), [one.record])
})

test('the scopes of a token bound a superuser, who has no other right through it than those and their roles', async (t) => {
  const { auth } = testInstance({
    authentication: [apiToken()],
    roles: { editor: ['pages.edit'], billing: ['bills.pay', 'bills.void'] },
  })
  t.after(() => auth.close())
  const root = await auth.users.create({
    username: 'root',
    superuser: true,
    roles: ['editor'],
  })
  const rightsWith = async (scopes: readonly string[]) => {
    const { token } = await auth.apiTokens.create(root.id, { name: 'a', scopes })
    const headers = { authorization: `Token ${token}` }
    const principal = await auth.require(new Request('http://localhost/', { headers }))
    const rights = ['pages.edit', 'bills.pay', 'bills.void'] as const
    return rights.filter((right) => principal.can(right))
  }

  assert.deepEqual(await rightsWith([]), ['pages.edit', 'bills.pay', 'bills.void'])
  assert.deepEqual(await rightsWith(['bills:read']), ['pages.edit'])
  assert.deepEqual(await rightsWith(['bills.pay']), ['pages.edit', 'bills.pay'])
})

test('a text that cannot be an API token is answered like an unknown one, and causes no query', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  let queries = 0
  const apiTokens: typeof store.ports.apiTokens = {
    ...store.ports.apiTokens,
    find: (...asked) => {
      queries++
      return store.ports.apiTokens.find(...asked)
    },
  }
  const { auth, user, get } = await program(t, {
    store: { ...store, ports: { ...store.ports, apiTokens } },
  })
  const { token } = await auth.apiTokens.create(user.id, { prefix: 'ABCdef1234' })
  const { token: key } = await auth.apiTokens.keyFor(user.id)

  const answer = async (text: string) => {
    const { status, body } = await get(`Token ${text}`)
    return [status, body.detail]
  }
  const unknown = await answer('0'.repeat(40))
  assert.deepEqual(unknown, [401, 'Invalid token.'])
  assert.equal(queries, 1)
  for (const text of [
    'x',
    `${key}z`,
    key.slice(1),
    `${token}-`,
    token.slice(0, -1),
    `_${'z'.repeat(43)}`,
    `a-b_${'z'.repeat(43)}`,
    'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
    Buffer.from('ü'.repeat(20)).toString('latin1'),
  ])
    assert.deepEqual(await answer(text), unknown, text)
  assert.equal(queries, 1)
  for (const text of [token, key]) assert.equal((await get(`Token ${text}`)).status, 200)
})
