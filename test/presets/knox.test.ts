import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { type KnoxOptions, knox } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import { until } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const HOUR = 3600

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly token: string
    readonly expiry: string | null
    readonly [name: string]: unknown
  }
}

/** An instance with the preset, ada and bob. */
async function program(t: TestContext, options: KnoxOptions = {}, others: Options = {}) {
  const preset = knox(options)
  const authentication = [basic(), preset.scheme]
  const here = testInstance({ authentication, presets: [preset], ...others })
  const { auth, clock } = here
  t.after(() => auth.close())
  const [ada, bob] = [await userNamed('ada'), await userNamed('bob')]

  async function userNamed(username: string) {
    return auth.users.create({ username, password: PASSWORD })
  }
  const send = async (
    path: string,
    authorization?: string,
    body?: object,
  ): Promise<Answer> => {
    const headers = new Headers({ 'content-type': 'application/json' })
    if (authorization !== undefined) headers.set('authorization', authorization)
    const reply = await auth.handler(
      new Request(`http://test${path}`, {
        method: 'POST',
        headers,
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
    const text = await reply.text()
    return {
      status: reply.status,
      headers: reply.headers,
      body: JSON.parse(text || '{}'),
    }
  }
  const login = (username = 'ada', password = PASSWORD): Promise<Answer> =>
    send('/knox/login/', basicOf(username, password))
  const logIn = async (username?: string): Promise<string> =>
    (await login(username)).body.token
  /** The status of a request with a token to a guarded route. */
  const use = async (token: string, keyword = 'Token'): Promise<number> => {
    const headers = { authorization: `${keyword} ${token}` }
    try {
      await auth.require(new Request('http://test/', { headers }))
      return 200
    } catch (error) {
      return (error as { readonly status: number }).status
    }
  }
  const expiries = async (id = ada.id) =>
    (await auth.apiTokens.list(id)).map(({ expiresAt }) => expiresAt)
  return { ...here, auth, clock, ada, bob, send, login, logIn, use, expiries }
}

const basicOf = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

test('each sign-in returns a token of its own, of which the store has a digest', async (t) => {
  const { login, use, auth, ada } = await program(t)

  const [first, second] = [await login(), await login()]

  assert.match(first.body.token, /^[\da-f]{64}$/)
  assert.notEqual(first.body.token, second.body.token)
  assert.equal(first.body.expiry, '2030-01-01T10:00:00.000000Z')
  assert.deepEqual(
    [await use(first.body.token), await use(second.body.token)],
    [200, 200],
  )
  const [row] = await auth.apiTokens.list(ada.id)
  assert.deepEqual([row?.kind, row?.hint.length, row?.name], ['knox', 8, undefined])
})

test('signing out revokes this token, or all tokens of this user and kind', async (t) => {
  const { logIn, use, send, auth, ada } = await program(t)
  const [a, b, c, other] = [
    await logIn(),
    await logIn(),
    await logIn(),
    await logIn('bob'),
  ]
  const key = (await auth.apiTokens.create(ada.id, { name: 'export' })).token
  const all = async () => Promise.all([a, b, c, other, key].map((token) => use(token)))

  assert.equal((await send('/knox/logout/', `Token ${a}`)).status, 204)
  assert.deepEqual(await all(), [401, 200, 200, 200, 200])
  assert.equal((await send('/knox/logoutall/', `Token ${b}`)).status, 204)
  assert.deepEqual(await all(), [401, 401, 401, 200, 200])
})

for (const [what, authorization, detail] of [
  ['the word alone', 'Token', 'Invalid token header. No credentials provided.'],
  [
    'three words',
    'Token a b',
    'Invalid token header. Token string should not contain spaces.',
  ],
  ['an unknown token', `Token ${'f'.repeat(64)}`, 'Invalid token.'],
  [
    'bytes that are not UTF-8',
    'Token \xff',
    'Invalid token header. Token string should not contain invalid characters.',
  ],
] as const) {
  test(`a header with ${what} is answered as knox answers it`, async (t) => {
    const { send } = await program(t)
    const { status, headers, body } = await send('/knox/logout/', authorization)
    assert.deepEqual(
      [status, headers.get('www-authenticate'), body],
      [401, 'Token', { detail }],
    )
  })
}

test('the token of a user who has become inactive is refused', async (t) => {
  const { logIn, send, auth, ada } = await program(t)
  const token = await logIn()
  await auth.users.change(ada.id, { active: false })
  const { status, body } = await send('/knox/logout/', `Token ${token}`)
  assert.deepEqual([status, body], [401, { detail: 'User inactive or deleted.' }])
})

test('the word before a token is compared in any letter case, and only the first characters are not enough', async (t) => {
  const { logIn, use } = await program(t)
  const token = await logIn()
  assert.equal(await use(token, 'tOkEn'), 200)
  assert.equal(await use(token.slice(0, 15) + '0'.repeat(49)), 401)
})

test('of fifty sign-ins at once as many succeed as the limit allows', async (t) => {
  const { send, logIn, auth, ada } = await program(t, { limit: 10 })
  const token = await logIn()

  // With a token, so that no throttle of passwords counts them.
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => send('/knox/login/', `Token ${token}`)),
  )

  const refused = answers.filter(({ status }) => status !== 200)
  assert.equal(refused.length, 41)
  for (const { status, body } of refused)
    assert.deepEqual(
      [status, body],
      [403, { error: 'Maximum amount of tokens allowed per user exceeded.' }],
    )
  assert.equal((await auth.apiTokens.list(ada.id)).length, 10)
})

test('the limit counts live tokens of the preset alone', async (t) => {
  const { login, clock, auth, ada, send, logIn } = await program(t, { limit: 2 })
  for (let n = 0; n < 3; n++) await auth.apiTokens.create(ada.id)
  const statuses = async () => (await login()).status

  assert.deepEqual(
    [await statuses(), await statuses(), await statuses()],
    [200, 200, 403],
  )
  clock.advance('10h')
  const token = await logIn()
  assert.deepEqual([await statuses(), await statuses()], [200, 403])
  await send('/knox/logout/', `Token ${token}`)
  assert.equal(await statuses(), 200)
})

test('tokens without expiry count for the limit', async (t) => {
  const { login, use } = await program(t, { limit: 1, ttl: null })
  const { body } = await login()
  assert.deepEqual([body.expiry, await use(body.token)], [null, 200])
  assert.equal((await login()).status, 403)
})

test('with revokeOldest a sign-in at the limit revokes the oldest token', async (t) => {
  const { logIn, use, clock, auth } = await program(t, {
    limit: 2,
    onLimit: 'revokeOldest',
  })
  const tokens: string[] = []
  for (let n = 0; n < 4; n++) {
    clock.advance('1s')
    tokens.push(await logIn())
  }
  assert.deepEqual(
    await Promise.all(tokens.map((token) => use(token))),
    [401, 401, 200, 200],
  )
  const revoked = async () => auth.events.list({ kind: 'api_token_revoked' })
  await until(async () => (await revoked()).length === 2)
})

test('a token is valid until its expiry, and flush deletes it afterwards', async (t) => {
  const { logIn, use, clock, auth } = await program(t)
  const token = await logIn()
  clock.advance(10 * HOUR - 1)
  assert.equal(await use(token), 200)
  clock.advance('1s')
  assert.equal(await use(token), 401)
  clock.advance('2d')
  assert.equal((await auth.flush()).tokens, 1)
})

for (const ttl of [0, -60]) {
  test(`a lifetime of ${ttl} seconds makes tokens that are never valid`, async (t) => {
    const { login, use } = await program(t, { ttl })
    const { status, body } = await login()
    assert.deepEqual([status, await use(body.token)], [200, 401])
  })
}

test('autoRefresh moves the expiry with each use, in the store soon after', async (t) => {
  const { logIn, use, clock, expiries } = await program(t, { autoRefresh: true })
  const token = await logIn()
  const start = clock.now()

  clock.advance('9h')
  assert.equal(await use(token), 200)
  clock.advance('9h')
  assert.equal(await use(token), 200)

  await until(async () => (await expiries())[0] === start + 28 * HOUR)
  clock.advance('10h')
  assert.equal(await use(token), 401)
})

test('without autoRefresh, and for API keys, a use moves no expiry', async (t) => {
  const { logIn, use, clock, expiries, auth, bob } = await program(t)
  const refreshing = await program(t, { autoRefresh: true })
  const token = await logIn()
  const { token: key } = await refreshing.auth.apiTokens.create(refreshing.bob.id, {
    expiresIn: '2h',
  })
  const before = [await expiries(), await refreshing.expiries(refreshing.bob.id)]
  assert.deepEqual(await auth.apiTokens.list(bob.id), [])

  for (const { advance } of [clock, refreshing.clock]) advance('1h')
  assert.deepEqual([await use(token), await refreshing.use(key)], [200, 200])

  // A write of the same instance: those before it have been written.
  const other = await refreshing.logIn()
  refreshing.clock.advance('1h')
  await refreshing.use(other)
  await until(
    async () => (await refreshing.expiries())[0] === refreshing.clock.now() + 10 * HOUR,
  )
  assert.deepEqual(
    [await expiries(), await refreshing.expiries(refreshing.bob.id)],
    before,
  )
})

test('autoRefreshMaxTtl ends a token that is in use', async (t) => {
  const { logIn, use, clock, expiries } = await program(t, {
    autoRefresh: true,
    autoRefreshMaxTtl: '11h',
  })
  const token = await logIn()
  const start = clock.now()
  clock.advance('5h')
  assert.equal(await use(token), 200)
  await until(async () => (await expiries())[0] === start + 11 * HOUR)
  clock.advance('5h')
  assert.equal(await use(token), 200)
  clock.advance('1h')
  assert.equal(await use(token), 401)
})

test('a gain of no more than minRefreshInterval is not written', async (t) => {
  const { logIn, use, clock, expiries, bob } = await program(t, { autoRefresh: true })
  const [token, other] = [await logIn(), await logIn('bob')]
  const before = await expiries()

  clock.advance('60s')
  await use(token)
  clock.advance('1s')
  await use(other)

  // Written with the other, or not at all.
  const end = clock.now() + 10 * HOUR
  await until(async () => (await expiries(bob.id))[0] === end)
  assert.deepEqual(await expiries(), before)
})

test('with autoRefresh tokens without expiry stay so', async (t) => {
  const { logIn, use, clock, expiries } = await program(t, {
    ttl: null,
    autoRefresh: true,
  })
  const token = await logIn()
  clock.advance('365d')
  assert.equal(await use(token), 200)
  assert.deepEqual(await expiries(), [undefined])
})

test('a request is answered while expiries cannot be written', async (t) => {
  const { logIn, use, clock, faults } = await program(t, { autoRefresh: true })
  const token = await logIn()
  clock.advance(10 * HOUR - 1)
  faults.fail('apiTokens.extend')
  assert.equal(await use(token), 200)
})

test('tokens have the configured prefix, length and expiry, and older ones stay valid', async (t) => {
  const { logIn, use, auth, ada } = await program(t, {
    tokenPrefix: 'TEST_',
    tokenLength: 40,
  })
  const token = await logIn()
  assert.match(token, /^TEST_[\da-f]{40}$/)
  assert.equal(await use(token), 200)
  assert.equal((await auth.apiTokens.list(ada.id))[0]?.hint, token.slice(0, 13))
})

for (const [format, expected] of [
  ['%H:%M %d/%m/%y', '10:00 01/01/30'],
  [
    '%Y-%m-%dT%H:%M:%S.%f%z, %A %a %B %b %j %I%p %Z 100%%',
    '2030-01-01T10:00:00.000000+0000, Tuesday Tue January Jan 001 10AM UTC 100%',
  ],
  [(expiry: Date) => `until ${expiry.toISOString()}`, 'until 2030-01-01T10:00:00.000Z'],
] as const) {
  test(`the expiry is written as ${format} says`, async (t) => {
    const { login } = await program(t, { expiryFormat: format })
    assert.equal((await login()).body.expiry, expected)
  })
}

test('the options user and response change the answer', async (t) => {
  const { login, ada } = await program(t, {
    user: ({ username }) => ({ username }),
    response: ({ token: _, ...body }, { user, token }) =>
      Response.json({ ...body, by: user.id, hint: token.hint }, { status: 201 }),
  })
  const { status, headers, body } = await login()
  assert.deepEqual(
    [status, headers.get('content-type'), headers.get('cache-control')],
    [201, 'application/json', 'no-store'],
  )
  assert.deepEqual(Object.keys(body), ['expiry', 'user', 'by', 'hint'])
  assert.deepEqual([body.user, body.by], [{ username: 'ada' }, ada.id])
})

test('with credentials in the body a stale token in the header does not keep anyone from signing in', async (t) => {
  const { send, use } = await program(t, { credentials: 'body' })
  const ada = { username: 'ada', password: PASSWORD }
  const stale = `Token ${'0'.repeat(64)}`

  const { status, body } = await send('/knox/login/', stale, ada)

  assert.deepEqual([status, await use(body.token)], [200, 200])
  const wrong = await send('/knox/login/', undefined, { ...ada, password: 'wrong' })
  assert.deepEqual(
    [wrong.status, wrong.body],
    [400, { non_field_errors: ['Unable to log in with provided credentials.'] }],
  )
})

test('several presets of one kind sign in below their prefixes, and sign out of all', async (t) => {
  const other = knox({ prefix: '/mobile', ttl: '30d', credentials: 'body' })
  const first = knox()
  const { send, logIn, use } = await program(
    t,
    {},
    { presets: [first, other], authentication: [basic(), first.scheme] },
  )
  const ada = { username: 'ada', password: PASSWORD }
  const { body } = await send('/mobile/login/', undefined, ada)
  assert.equal(body.expiry, '2030-01-31T00:00:00.000000Z')
  const token = await logIn()

  await send('/knox/logoutall/', `Token ${token}`)

  assert.deepEqual([await use(body.token), await use(token)], [401, 401])
})

test('a sign-in is recorded, passed to the hook, and updates the last sign-in', async (t) => {
  const seen: string[] = []
  const { login, send, auth, ada, clock } = await program(
    t,
    {},
    {
      users: { updateLastLogin: true },
      on: { signedIn: ({ user }) => void seen.push(user.username) },
    },
  )
  const { body } = await login()
  await send('/knox/logout/', `Token ${body.token}`)

  assert.deepEqual(seen, ['ada'])
  assert.equal((await auth.users.find('ada'))?.lastLoginAt, clock.now())
  const kinds = async () =>
    (await auth.events.list({ userId: ada.id })).map(({ kind }) => kind).toSorted()
  await until(async () => (await kinds()).length === 4)
  assert.deepEqual(await kinds(), [
    'api_token_created',
    'api_token_revoked',
    'signed_in',
    'user_created',
  ])
})

test('a new password revokes the tokens of earlier sign-ins, and they do not count for the limit', async (t) => {
  const { logIn, use, auth, ada, login } = await program(t, { limit: 1 })
  const token = await logIn()
  await auth.users.setPassword(ada.id, 'another-4-Password')
  assert.equal(await use(token), 401)
  assert.equal((await login('ada', 'another-4-Password')).status, 200)
  assert.equal((await auth.flush()).tokens, 1)
})

test('with checkRevoke off a new password revokes no token, as in knox', async (t) => {
  const { logIn, use, auth, ada } = await program(
    t,
    {},
    { tokens: { checkRevoke: false } },
  )
  const token = await logIn()
  await auth.users.setPassword(ada.id, 'another-4-Password')
  assert.equal(await use(token), 200)
  assert.equal((await auth.flush()).tokens, 0)
})

test('a token that is limited to scopes can neither sign in nor sign out', async (t) => {
  const preset = knox()
  const { send, auth, ada } = await program(
    t,
    {},
    { presets: [preset], authentication: [preset.scheme, apiToken({ keyword: 'Key' })] },
  )
  const { token } = await auth.apiTokens.create(ada.id, { scopes: ['notes:read'] })
  for (const [path, keyword] of [
    ['/knox/login/', 'Key'],
    ['/knox/logout/', 'Token'],
    ['/knox/logoutall/', 'Token'],
  ] as const)
    assert.equal((await send(path, `${keyword} ${token}`)).status, 403)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)
})

for (const limit of [null, 5]) {
  test(`with the limit ${limit} a password that changes during the sign-in leaves no token of the old one`, async (t) => {
    const changing: Scheme<User> = (deps) => {
      const { identify, ...scheme } = basic()(deps)
      return {
        ...scheme,
        async identify(request) {
          const identity = await identify(request)
          await here.auth.users.setPassword(here.ada.id, 'another-4-Password')
          return identity
        },
      }
    }
    const here = await program(t, { limit, authentication: [changing] })
    const { status, body } = await here.login()
    assert.deepEqual(
      [status, body],
      [401, { detail: 'Incorrect authentication credentials.' }],
    )
    assert.deepEqual(await here.auth.apiTokens.list(here.ada.id), [])
  })
}

for (const [options, message] of [
  [{ tokenPrefix: 'abcdefghij_' }, /^knox\(\{ tokenPrefix \}\) must be 10 letters/],
  [{ tokenPrefix: 'a b_' }, /^knox\(\{ tokenPrefix \}\) must be 10 letters/],
  [{ tokenLength: 33 }, /must be an even number from 40 to 128/],
  [{ tokenLength: 42.5 }, /must be an even number from 40 to 128/],
  [{ limit: 0 }, /must be a whole number, 1 or more, or null/],
  [{ ttl: 'soon' }, /^knox\(\{ ttl \}\) must be a duration/],
  [{ autoRefreshMaxTtl: '12h' }, /limits autoRefresh: set autoRefresh to true/],
  [{ autoRefresh: true, autoRefreshMaxTtl: '1h' }, /must be ttl or more/],
  [{ credentials: 'body', authentication: [basic()] }, /has no effect with credentials/],
  [{ expiryFormat: '%Q' }, /must be a format of strftime/],
  [{ expiryFormat: '100%' }, /must be a format of strftime/],
  [{ headerPrefix: 'My Token' }, /must be a word without blanks/],
  [{ authentication: [] }, /must not be empty/],
  [{ prefix: 'knox' }, /must be a path/],
  [
    { TOKEN_TTL: 600 },
    /^There is no option "knox\(\{ TOKEN_TTL \}\)"\. Use knox\(\{ ttl \}\) instead\.$/,
  ],
  [
    { SECURE_HASH_ALGORITHM: 'x' },
    /For tokens of knox, use knox\(\{ importedTokens: true \}\)\.$/,
  ],
  [{ tttl: 600 }, /Did you mean "knox\(\{ ttl \}\)"\?$/],
] as const) {
  test(`knox(${JSON.stringify(options)}) is refused`, () => {
    assert.throws(() => knox(options as never), { code: 'invalid_config', message })
  })
}

const KNOX_TOKEN = '5a1e'.repeat(16)

const imported = (userId: string, token = KNOX_TOKEN) => ({
  userId,
  digest: hash('sha512', token, 'hex'),
  hint: token.slice(0, 15),
  createdAt: new Date('2029-12-31T20:00:00Z'),
  expiresAt: new Date('2030-01-01T06:00:00Z'),
})

test('tokens that knox has issued work once their digests are imported, until they expire or the password changes', async (t) => {
  const { auth, ada, bob, use, clock } = await program(t, { importedTokens: true })
  const other = KNOX_TOKEN.replace('5', '6')
  const rows = [imported(ada.id), imported(bob.id, other), imported('nobody', 'x')]
  assert.deepEqual(await auth.apiTokens.import(rows), { imported: 2, skipped: 1 })
  assert.deepEqual(await auth.apiTokens.import(rows), { imported: 0, skipped: 3 })

  assert.equal(await use(KNOX_TOKEN), 200)
  // Found by its new digest now.
  assert.equal(await use(KNOX_TOKEN), 200)
  assert.equal(await use(KNOX_TOKEN.replace('5', '7')), 401)
  const [token] = await auth.apiTokens.list(ada.id)
  const { kind, hint, createdAt } = token!
  assert.deepEqual([kind, hint], ['knox', KNOX_TOKEN.slice(0, 15)])
  assert.equal(createdAt, Date.parse('2029-12-31T20:00:00Z') / 1000)

  await auth.users.setPassword(bob.id, 'w2pd-x9kc-qhr4-7mzt')
  assert.equal(await use(other), 401)
  clock.advance('6h')
  assert.equal(await use(KNOX_TOKEN), 401)
})

test('an imported token is revoked as others are, and its digest is not a token', async (t) => {
  const { auth, ada, send, use } = await program(t, { importedTokens: true })
  await auth.apiTokens.import([imported(ada.id)])
  assert.equal(await use(imported(ada.id).digest), 401)
  assert.equal((await send('/knox/logoutall/', `Token ${KNOX_TOKEN}`)).status, 204)
  assert.equal(await use(KNOX_TOKEN), 401)
})

test('without importedTokens such a token is unknown', async (t) => {
  const { auth, ada, use } = await program(t)
  await auth.apiTokens.import([imported(ada.id)])
  assert.equal(await use(KNOX_TOKEN), 401)
})

test('what is no row of knox is refused with its place', async (t) => {
  const { auth, ada } = await program(t)
  const good = imported(ada.id)
  for (const [wrong, field] of [
    [{ ...good, digest: 'abc' }, '1.digest'],
    [{ ...good, userId: 7 }, '1.userId'],
    [{ ...good, hint: 'x'.repeat(26) }, '1.hint'],
    [{ ...good, expiresAt: 'tomorrow' }, '1.expiresAt'],
  ] as const)
    await assert.rejects(auth.apiTokens.import([good, wrong as never]), (error) => {
      assert.deepEqual(Object.keys((error as { body: object }).body), [field])
      return true
    })
})
