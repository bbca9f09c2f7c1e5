import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bearer, session, statelessBearer } from '../../src/authentication.ts'
import { isNotImpersonated } from '../../src/permissions/index.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { freshSqlite } from '../stores/sqlite.ts'
import { until } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const CREDENTIALS = { username: 'ada', password: PASSWORD }
const SECRET = 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g'
const PHONE = 'Mozilla/5.0 (iPhone)'

const post = (
  auth: Watchword,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) =>
  auth.handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
    { address: '192.0.2.7' },
  )

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

async function signedIn(options: TestOptions = {}) {
  const instance = testInstance({ authentication: [bearer(), session()], ...options })
  const ada = await instance.auth.users.create(CREDENTIALS)
  const only = async () => {
    const [first, ...others] = await instance.auth.sessions.list(ada.id)
    assert.ok(first && others.length === 0)
    return first
  }
  return { ...instance, ada, only }
}

for (const path of ['/api/token/', '/api/token/sliding/', '/auth/login/']) {
  test(`a session of ${path} shows where it began, and how`, async () => {
    const { auth, clock, only } = await signedIn({ endpoints: { slidingObtain: true } })
    clock.advance(7)
    const moment = clock.now()
    await post(auth, path, CREDENTIALS, { 'user-agent': PHONE })
    clock.advance(60)

    const { address, userAgent, amr, authTime, actor, lastUsedAt } = await only()
    assert.deepEqual(
      { address, userAgent, amr, authTime, actor, lastUsedAt },
      {
        address: '192.0.2.7',
        userAgent: PHONE,
        amr: ['pwd'],
        authTime: moment,
        actor: undefined,
        lastUsedAt: undefined,
      },
    )
    await auth.close()
  })
}

test('the address of a session is that of the client behind the trusted proxies', async () => {
  const { auth, only } = await signedIn({ proxies: 1 })
  const forwarded = { 'x-forwarded-for': '198.51.100.9, 203.0.113.5' }
  await post(auth, '/api/token/', CREDENTIALS, forwarded)

  assert.equal((await only()).address, '203.0.113.5')
  await auth.close()
})

for (const [sent, kept] of [
  ['x'.repeat(5000), 'x'.repeat(200)],
  ['evil\u009b31m agent', 'evil 31m agent'],
  ['a\tb', 'a b'],
  ['   ', undefined],
] as const) {
  test(`of the user agent ${JSON.stringify(sent.slice(0, 20))} a session keeps ${JSON.stringify(kept?.slice(0, 20))}`, async () => {
    const { auth, only } = await signedIn()
    const response = await post(auth, '/api/token/', CREDENTIALS, { 'user-agent': sent })

    assert.equal(response.status, 200)
    assert.equal((await only()).userAgent, kept)
    await auth.close()
  })
}

test('a request and a refresh are the last use of a session, and no request waits for its record', async () => {
  const { auth, clock, faults, only } = await signedIn()
  const { access, refresh } = (await (
    await post(auth, '/api/token/', CREDENTIALS)
  ).json()) as { access: string; refresh: string }
  faults.fail('sessions.recordUses')
  clock.advance(10)
  await auth.require(bearing(access))
  assert.equal((await only()).lastUsedAt, clock.now())
  clock.advance(10)
  assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 200)
  assert.equal((await only()).lastUsedAt, clock.now())
  await auth.close()
})

for (const [what, tokens] of Object.entries({
  'without rotation': { rotate: false },
  'that spends no token': { blacklistAfterRotation: false },
})) {
  test(`a refresh ${what} is a use of its session`, async () => {
    const { auth, clock, only, ada } = await signedIn({ tokens })
    const { refresh } = await auth.signIn(ada)
    clock.advance(10)

    assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 200)
    assert.equal((await only()).lastUsedAt, clock.now())
    await auth.close()
  })
}

test('a refresh of a sliding token is a use of its session', async () => {
  const { auth, clock, only } = await signedIn({
    endpoints: { slidingObtain: true, slidingRefresh: true },
    tokens: { types: ['sliding'] },
  })
  const response = await post(auth, '/api/token/sliding/', CREDENTIALS)
  const { token } = (await response.json()) as { token: string }
  clock.advance(10)

  assert.equal((await post(auth, '/api/token/sliding/refresh/', { token })).status, 200)
  assert.equal((await only()).lastUsedAt, clock.now())
  await auth.close()
})

test('a refused token is no use of its session', async () => {
  const { auth, only } = await signedIn()
  const { access, refresh } = await auth.signIn((await auth.users.find('ada'))!)
  await auth.sessions.revoke((await only()).id)
  await assert.rejects(auth.require(bearing(access)), { code: 'revoked' })
  assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 401)

  assert.equal((await only()).lastUsedAt, undefined)
  await auth.close()
})

/** Two instances on one file, as in two processes. */
async function twoOnOneFile(t: TestContext) {
  const place = await freshSqlite(t)
  assert.ok(typeof place !== 'string')
  const database = place.url
  const open = (clock?: () => number) => {
    const auth = buildWatchword({ database, secret: SECRET, ...(clock && { clock }) })
    cleanUp(t, () => auth.close())
    return auth
  }
  return { open }
}

test('other processes see the last use after a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { open } = await twoOnOneFile(t)
  let now = 1_900_000_000
  const [here, there] = [open(() => now), open()]
  const ada = await here.users.create(CREDENTIALS)
  const { access } = await here.signIn(ada)
  const seenThere = async () => (await there.sessions.list(ada.id))[0]?.lastUsedAt

  for (let i = 0; i < 5; i++) {
    now += 1
    await here.require(bearing(access))
  }
  assert.equal(await seenThere(), undefined)
  t.mock.timers.tick(60_000)
  t.mock.timers.reset()
  await until(async () => (await seenThere()) === now)
})

test('an instance that is closed writes the last uses', async (t) => {
  const { open } = await twoOnOneFile(t)
  const [here, there] = [open(() => 1_900_000_000), open()]
  const ada = await here.users.create(CREDENTIALS)
  const { access } = await here.signIn(ada)
  await here.require(bearing(access))
  await here.close()

  assert.equal((await there.sessions.list(ada.id))[0]?.lastUsedAt, 1_900_000_000)
})

for (const claims of [undefined, () => ({ plan: 'pro' })]) {
  test(`tokens.signInClaims: a refresh keeps auth_time and amr${claims ? ', also with own claims' : ''}`, async () => {
    const { auth, clock, ada } = await signedIn({
      tokens: { signInClaims: true, ...(claims && { claims }) },
    })
    const moment = clock.now()
    const pair = await auth.signIn(ada, { methods: ['pwd', 'otp'] })
    clock.advance(100)
    const response = await post(auth, '/api/token/refresh/', { refresh: pair.refresh })
    const again = (await response.json()) as { access: string; refresh: string }

    for (const token of [pair.access, pair.refresh, again.access, again.refresh]) {
      const { auth_time, amr, plan } = claimsOf(token)
      assert.deepEqual([auth_time, amr], [moment, ['pwd', 'otp']])
      assert.equal(plan, claims && 'pro')
    }
    await auth.close()
  })
}

test('without tokens.signInClaims a token has the claims of Simple JWT alone', async () => {
  const { auth, ada } = await signedIn()
  const { access } = await auth.signIn(ada, { methods: ['pwd'] })
  const names = Object.keys(claimsOf(access))
  assert.deepEqual(names, ['token_type', 'exp', 'iat', 'jti', 'user_id', 'sid'])
  await auth.close()
})

test('tokens.claims must not set what the sign-in says', async () => {
  const cases = [
    ['act', false],
    ['amr', true],
    ['auth_time', true],
  ] as const
  for (const [name, signInClaims] of cases) {
    const { auth, ada } = await signedIn({
      tokens: { signInClaims, claims: () => ({ [name]: 1 }) },
    })
    await assert.rejects(auth.signIn(ada), { code: 'server_error' }, name)
    await auth.close()
  }
})

for (const method of [['x'.repeat(33)], ['a b'], [7], 'pwd', Array(11).fill('pwd')]) {
  test(`auth.signIn refuses the methods ${JSON.stringify(method).slice(0, 40)}`, async () => {
    const { auth, ada } = await signedIn()
    await assert.rejects(auth.signIn(ada, { methods: method as never }), {
      code: 'invalid',
    })
    assert.deepEqual(await auth.sessions.list(ada.id), [])
    await auth.close()
  })
}

test('who acts as a user is shown by the session, its tokens, the request and the audit log', async () => {
  const { auth, ada, only } = await signedIn({ users: { updateLastLogin: true } })
  const eve = await auth.users.create({ username: 'eve' })
  const request = new Request('http://localhost/', { headers: { 'user-agent': PHONE } })
  const { access, refresh } = await auth.signIn(ada, { actor: eve, request })
  const response = await post(auth, '/api/token/refresh/', { refresh })
  const again = (await response.json()) as { access: string }

  const { actor, userAgent } = await only()
  assert.deepEqual([actor, userAgent], [eve.id, PHONE])
  for (const token of [access, again.access]) {
    assert.deepEqual(claimsOf(token).act, { sub: eve.id })
    for (const scheme of [bearer(), statelessBearer()]) {
      const principal = await auth.require(bearing(token), { schemes: [scheme] })
      assert.equal(principal.actor, eve.id)
    }
  }
  const [event] = await auth.events.list({ kind: 'signed_in' })
  assert.deepEqual([event?.userId, event?.actor], [ada.id, eve.id])
  // The user did not sign in.
  assert.equal((await auth.users.find({ id: ada.id }))?.lastLoginAt, undefined)
  await auth.close()
})

test('isNotImpersonated denies who acts as a user, and grants the user', async () => {
  const { auth, ada } = await signedIn()
  const eve = await auth.users.create({ username: 'eve' })
  const own = await auth.signIn(ada)
  const others = await auth.signIn(ada, { actor: eve.id })

  assert.equal(
    (await auth.require(bearing(own.access), isNotImpersonated)).user.id,
    ada.id,
  )
  await assert.rejects(auth.require(bearing(others.access), isNotImpersonated), {
    code: 'permission_denied',
    detail: 'Another user who acts as you cannot do this.',
  })
  await assert.rejects(
    auth.require(new Request('http://localhost/'), isNotImpersonated),
    { code: 'not_authenticated' },
  )
  await auth.close()
})
