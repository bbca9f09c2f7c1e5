import assert from 'node:assert/strict'
import { createHmac, hash } from 'node:crypto'
import { test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import {
  browserOf,
  cookieHeader,
  cookiesOf,
  FORM_BODY,
  JSON_BODY,
  login,
} from './browser.ts'
import { type Answered, served } from './served.ts'

const assertAnonymous = ({ status, headers, body }: Answered, about?: string): void =>
  assert.deepEqual(
    [status, headers.get('www-authenticate'), body],
    [403, undefined, { detail: 'Authentication credentials were not provided.' }],
    about,
  )
const idOf = (secret: string): SessionId =>
  hash('sha256', secret, 'hex').slice(0, 32) as SessionId
const ALICE = { user: 'alice', scheme: 'session' }

test('C01, C02: an anonymous request gets 403 without a challenge, and needs no CSRF token', async (t) => {
  const { send } = await served(t, { authentication: [session()] })

  assertAnonymous(await send('GET', '/'))
  assertAnonymous(await send('POST', '/', JSON_BODY, '{}'))
  assertAnonymous(
    await send('POST', '/', { ...JSON_BODY, Cookie: 'sessionid=x; csrftoken=y' }, '{}'),
  )
})

test('C03: the session cookie authenticates its user', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  const { status, body } = await browser.send('GET', '/')

  assert.deepEqual([status, body], [200, ALICE])
})

test('C15: deactivating or deleting a user takes effect at the next request', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const [alice, again] = [await browserOf(server), await browserOf(server)]

  await server.auth.users.change(server.userOf('alice').id, { active: false })
  assertAnonymous(await alice.send('GET', '/'))

  await server.auth.users.delete(server.userOf('alice').id)
  assertAnonymous(await again.send('GET', '/'))
})

test('a user deactivated in the database is rejected, too', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  await server.store.ports.users.change(server.userOf('alice').id, { active: false })
  assertAnonymous(await browser.send('GET', '/'))

  await server.store.ports.users.change(server.userOf('alice').id, { active: true })
  assert.equal((await browser.send('GET', '/')).status, 200)
})

test('C16, C18: the first scheme decides between 401 and 403', async (t) => {
  const first = await served(t, { authentication: [session(), basic()] })
  assertAnonymous(await first.send('GET', '/'))
  const { status, body } = await first.send('GET', '/', { Authorization: 'Basic x' })
  assert.deepEqual(
    [status, body],
    [403, { detail: 'Invalid basic header. Credentials not correctly base64 encoded.' }],
    'C17',
  )

  const second = await served(t, { authentication: [basic(), session()] })
  const asked = await second.send('GET', '/')
  assert.deepEqual(
    [asked.status, asked.headers.get('www-authenticate')],
    [401, ['Basic realm="api"']],
  )
})

test('C19: after session() a bad bearer token gets 403 without a challenge', async (t) => {
  const { send } = await served(t, { authentication: [session(), bearer()] })

  const { status, headers } = await send('GET', '/', { Authorization: 'Bearer x' })

  assert.deepEqual([status, headers.get('www-authenticate')], [403, undefined])
})

test('a bad bearer token does not fall back to the session', async (t) => {
  const server = await served(t, { authentication: [bearer(), session()] })
  const browser = await browserOf(server)

  assert.equal((await browser.send('GET', '/')).status, 200)
  assert.equal(
    (await browser.send('GET', '/', { Authorization: 'Bearer x' })).status,
    401,
  )
})

test('signing in sets both cookies, and the response has the user', async (t) => {
  const server = await served(t, { authentication: [session()] })

  const answer = await login(server)

  const { sessionid, csrftoken } = cookiesOf(answer)
  assert.match(sessionid!, /^[\w-]{43}$/)
  assert.match(csrftoken!, /^[A-Za-z\d]{32}$/)
  assert.deepEqual(answer.headers.get('set-cookie'), [
    `csrftoken=${csrftoken}; Path=/; Max-Age=31449600; SameSite=Lax`,
    `sessionid=${sessionid}; Path=/; Max-Age=1209600; SameSite=Lax; HttpOnly`,
  ])
  assert.deepEqual(answer.headers.get('cache-control'), ['no-store'])
  const { id } = server.userOf('alice')
  assert.deepEqual(
    [answer.status, answer.body],
    [200, { user: { id, username: 'alice' }, csrfToken: csrftoken }],
  )
})

for (const [about, options, headers, secure] of [
  ['this machine itself', {}, {}, false],
  [
    'this machine by name',
    {},
    { Host: 'localhost:8000', Origin: 'http://localhost:8000' },
    false,
  ],
  ['another host', {}, { Host: 'api.example.com' }, true],
  [
    'another host over https, by way of a proxy',
    {},
    { Host: 'a.example', Origin: 'https://a.example' },
    true,
  ],
  [
    'a proxy that names this machine, for a page over https',
    { origins: ['https://a.example'] },
    { Host: 'localhost:8000', Origin: 'https://a.example' },
    true,
  ],
  [
    'another host with secure: false',
    { secure: false },
    { Host: '192.168.1.5:8000' },
    false,
  ],
  ['this machine with secure: true', { secure: true }, {}, true],
] as const) {
  test(`at ${about}, cookies are ${secure ? 'for https only' : 'sent over plain http, too'}`, async (t) => {
    const server = await served(t, { authentication: [session(options)] })
    const browser = await browserOf(server, headers)

    assert.deepEqual(Object.keys(browser.cookies), [
      'csrftoken',
      secure ? '__Host-sessionid' : 'sessionid',
    ])
    const cookies = (await login(server, headers)).headers.get('set-cookie') ?? []
    assert.deepEqual(
      cookies.map((each) => each.includes('; Secure')),
      [secure, secure],
    )
    assert.equal((await browser.send('GET', '/')).status, 200)
    assert.equal(
      (
        await browser.send(
          'POST',
          '/',
          { ...JSON_BODY, 'X-CSRFToken': browser.csrf },
          '{}',
        )
      ).status,
      200,
    )
  })
}

test('a cookie without the prefix __Host- is ignored on a host that uses the prefix', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)

  assertAnonymous(
    await server.send('GET', '/', {
      Host: 'api.example.com',
      Cookie: `sessionid=${cookies.sessionid}`,
    }),
  )
})

test('a sign-in is throttled and trimmed, and calls hooks, as with tokens', async (t) => {
  const calls: string[] = []
  const server = await served(t, {
    authentication: [session()],
    users: { updateLastLogin: true },
    throttle: { login: '2/min' },
    on: {
      signedIn: ({ user }: { user: User }) => void calls.push(user.username),
      signedOut: () => void calls.push('out'),
    },
  })

  assert.equal(
    (await login(server, {}, { username: ' alice ', password: 'pw12345 ' })).status,
    200,
  )
  assert.deepEqual(calls, ['alice'])
  assert.notEqual((await server.auth.users.find('alice'))?.lastLoginAt, undefined)
  const wrong = await login(server, {}, { username: 'alice', password: 'x' })
  assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [401, undefined])
  await login(server, {}, { username: 'alice', password: 'y' })
  assert.equal((await login(server)).status, 429)
  assert.equal(
    (await login(server, {}, { username: 'ina', password: 'pw12345' })).status,
    401,
  )
})

test('a sign-in starts a new session and revokes the previous one of the browser', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const planted = 'A'.repeat(43)
  const first = await login(server, {
    Cookie: `sessionid=${planted}; csrftoken=${'a'.repeat(32)}`,
  })
  const before = cookiesOf(first)
  assert.notEqual(before.sessionid, planted)
  assertAnonymous(await server.send('GET', '/', { Cookie: `sessionid=${planted}` }))

  const after = cookiesOf(await login(server, { Cookie: cookieHeader(before) }))

  assert.notEqual(after.sessionid, before.sessionid)
  assert.notEqual(after.csrftoken, before.csrftoken)
  assertAnonymous(await server.send('GET', '/', { Cookie: cookieHeader(before) }))
  assert.equal(
    (await server.send('GET', '/', { Cookie: cookieHeader(after) })).status,
    200,
  )
})

test('a wrong password revokes no session', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  await login(
    server,
    { Cookie: cookieHeader(browser.cookies) },
    { username: 'col', password: 'x' },
  )

  assert.equal((await browser.send('GET', '/')).status, 200)
})

test('signing out revokes the session and deletes the cookies, and needs a CSRF token', async (t) => {
  const calls: object[] = []
  const server = await served(t, {
    authentication: [session()],
    on: { signedOut: (event: object) => void calls.push(event) },
  })
  const browser = await browserOf(server)

  const forged = await browser.send('POST', '/auth/logout/')
  assert.deepEqual(
    [forged.status, forged.body],
    [403, { detail: 'CSRF Failed: CSRF token missing.' }],
  )
  assert.equal((await browser.send('GET', '/')).status, 200)

  const answer = await browser.send('POST', '/auth/logout/', {
    'X-CSRFToken': browser.csrf,
  })

  assert.deepEqual([answer.status, answer.body], [200, {}])
  assert.deepEqual(answer.headers.get('set-cookie'), [
    'csrftoken=; Path=/; Max-Age=0; SameSite=Lax',
    'sessionid=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly',
  ])
  assertAnonymous(await browser.send('GET', '/'))
  const sessionId = idOf(browser.cookies.sessionid!)
  assert.deepEqual(calls, [{ sessionId, userId: server.userOf('alice').id }])
})

test('a form with the CSRF token signs out', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  const { status } = await browser.send(
    'POST',
    '/auth/logout/',
    FORM_BODY,
    `csrfmiddlewaretoken=${browser.csrf}`,
  )

  assert.equal(status, 200)
  assertAnonymous(await browser.send('GET', '/'))
})

test('signing out without a session succeeds, unless another site sends it', async (t) => {
  const { send } = await served(t, { authentication: [session()] })

  assert.equal(
    (await send('POST', '/auth/logout/', { Cookie: 'sessionid=x' })).status,
    200,
  )
  const foreign = await send('POST', '/auth/logout/', { Origin: 'https://evil.example' })
  assert.deepEqual([foreign.status, foreign.headers.get('set-cookie')], [403, undefined])
})

test('a sign-in sent by another site is rejected, and calls no hook', async (t) => {
  const calls: string[] = []
  const server = await served(t, {
    authentication: [session()],
    on: {
      signedIn: () => void calls.push('in'),
      signInFailed: () => void calls.push('failed'),
    },
  })

  for (const headers of [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { Referer: 'https://evil.example/' },
  ]) {
    const answer = await login(server, headers)
    assert.deepEqual(
      [answer.status, answer.headers.get('set-cookie')],
      [403, undefined],
      JSON.stringify(headers),
    )
  }
  assert.deepEqual(calls, [])
})

test('a new password, sessions.revoke() and sessions.revokeAll() take effect at the next request', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { auth, userOf } = server
  const { id } = userOf('alice')
  const revocations: readonly (readonly [
    string,
    (sessionId: SessionId) => Promise<unknown>,
  ])[] = [
    ['a new password', () => auth.users.setPassword(id, 'another-9kc-w2pd')],
    ['sessions.revoke', (sessionId) => auth.sessions.revoke(sessionId)],
    ['sessions.revokeAll', () => auth.sessions.revokeAll(id)],
  ]
  for (const [about, revoke] of revocations) {
    const password = about === 'a new password' ? 'pw12345' : 'another-9kc-w2pd'
    const cookies = cookiesOf(await login(server, {}, { username: 'alice', password }))
    assert.equal(
      (await server.send('GET', '/', { Cookie: cookieHeader(cookies) })).status,
      200,
      about,
    )

    await revoke(idOf(cookies.sessionid!))

    assertAnonymous(
      await server.send('GET', '/', { Cookie: cookieHeader(cookies) }),
      about,
    )
  }
})

for (const checkRevoke of ['session', 'claim', false] as const) {
  test(`with checkRevoke ${checkRevoke}, a password changed in the database revokes the session`, async (t) => {
    const server = await served(t, {
      authentication: [session()],
      tokens: { checkRevoke },
    })
    const browser = await browserOf(server)

    await server.store.ports.users.setPassword(server.userOf('alice').id, '!')

    assert.equal((await browser.send('GET', '/')).status, 403)
  })
}

test('a session expires after its lifetime, and is flushed later', async (t) => {
  const server = await served(t, { authentication: [session({ lifetime: '1h' })] })
  const { auth, advance } = server
  const browser = await browserOf(server)

  advance(3599)
  assert.equal((await browser.send('GET', '/')).status, 200)
  advance(1)
  assertAnonymous(await browser.send('GET', '/'))

  advance(2 * 86_400)
  assert.equal((await auth.flush()).sessions, 1)
})

test('users.rule is applied at each request (D11)', async (t) => {
  let banned = false
  const server = await served(t, {
    authentication: [session()],
    users: { rule: () => !banned },
  })
  const browser = await browserOf(server)

  banned = true

  assertAnonymous(await browser.send('GET', '/'))
})

test('the store has a digest of the cookie, and neither the digest nor a changed cookie authenticates', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)
  const secret = cookies.sessionid!
  const digest = hash('sha256', secret, 'hex')

  const [row] = await server.store.ports.sessions.list(server.userOf('alice').id)

  assert.deepEqual([row?.id, row?.jti], [digest.slice(0, 32), digest])
  assert.doesNotMatch(JSON.stringify(row), new RegExp(secret.replaceAll('-', '\\-')))
  const others = [
    digest,
    digest.slice(0, 32),
    digest.slice(0, 43),
    secret.slice(1),
    `${secret}=`,
    `"${secret}"`,
  ]
  const swapped = secret.replace(/[a-z]/i, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
  for (const other of [...others, swapped, '']) {
    assertAnonymous(
      await server.send('GET', '/', { Cookie: `sessionid=${other}` }),
      other,
    )
  }
})

test('a row whose id matches and whose digest does not is rejected', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const secret = 'A'.repeat(43)
  const { id, epoch } = server.userOf('alice')
  const expiresAt = 2_000_000_000 as never
  const row = {
    userId: id,
    epoch,
    createdAt: 0 as never,
    expiresAt,
    idleExpiresAt: expiresAt,
  }

  await server.store.ports.sessions.adopt({
    ...row,
    id: idOf(secret),
    jti: 'f'.repeat(64),
  })

  assertAnonymous(await server.send('GET', '/', { Cookie: `sessionid=${secret}` }))
})

test('a refresh token cannot use a browser session, nor a cookie the session of a token', async (t) => {
  const signingKey = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'
  const tokens = { algorithm: 'HS256', signingKey } as const
  const server = await served(t, { authentication: [bearer(), session()], tokens })
  const { cookies } = await browserOf(server)
  const credentials = JSON.stringify({ username: 'alice', password: 'pw12345' })
  const { body } = await server.send('POST', '/api/token/', JSON_BODY, credentials)
  const sessions = await server.store.ports.sessions.list(server.userOf('alice').id)
  const browsers = sessions.find(({ jti }) => jti.length === 64)!
  const [head, claims] = String(body.refresh).split('.')
  const forged = {
    ...JSON.parse(Buffer.from(claims!, 'base64url').toString()),
    sid: browsers.id,
  }

  // A refresh token with a valid signature that names the browser's session must be rejected, too.
  for (const jti of [forged.jti, browsers.id, cookies.sessionid]) {
    const written = Buffer.from(JSON.stringify({ ...forged, jti })).toString('base64url')
    const refresh = signed(`${head}.${written}`, signingKey)
    const { status } = await server.send(
      'POST',
      '/api/token/refresh/',
      JSON_BODY,
      JSON.stringify({ refresh }),
    )
    assert.equal(status, 401)
  }
  const tokenSession = sessions.find(({ jti }) => jti.length !== 64)!
  for (const value of [
    tokenSession.id,
    tokenSession.jti,
    String(body.refresh),
    String(body.access),
  ]) {
    assertAnonymousWith401(
      await server.send('GET', '/', { Cookie: `sessionid=${value}` }),
    )
  }
})

const assertAnonymousWith401 = ({ status, body }: Answered): void =>
  assert.deepEqual(
    [status, body.detail],
    [401, 'Authentication credentials were not provided.'],
  )

const signed = (input: string, key: string): string =>
  `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`

test('the session is found among cookies of one name that other hosts of the domain have set', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)
  const ours = `sessionid=${cookies.sessionid}`
  const foreign = ['Q'.repeat(43), 'k3j', '', 'h'.repeat(90)].map(
    (each) => `sessionid=${each}`,
  )

  for (const Cookie of [
    `${ours}; ${ours}`,
    ...foreign.flatMap((each) => [`${ours}; ${each}`, `${each}; ${ours}`]),
    [...foreign, ours],
    [ours, ...foreign],
  ]) {
    const { status, body } = await server.send('GET', '/', { Cookie })
    assert.deepEqual([status, body], [200, ALICE], String(Cookie))
  }
})

test('of two sessions of one user the newer counts', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const older = await browserOf(server)
  server.advance(5)
  const newer = await browserOf(server)
  const pair = [older, newer].map(({ cookies }) => `sessionid=${cookies.sessionid}`)

  for (const Cookie of [pair.join('; '), pair.reverse().join('; ')]) {
    const post = (csrf: string) =>
      server.send('POST', '/', {
        Cookie: `${Cookie}; csrftoken=${csrf}`,
        'X-CSRFToken': csrf,
      })
    assert.equal((await post(newer.csrf)).status, 200)
    assert.equal((await post(older.csrf)).status, 403)
  }
})

test('the sessions of two users authenticate neither; signing in again revokes both', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const ours = cookiesOf(await login(server))
  const planted = cookiesOf(
    await login(server, {}, { username: 'col', password: 'a:b:c' }),
  )
  const pair = [ours, planted].map(({ sessionid }) => `sessionid=${sessionid}`)

  for (const Cookie of [pair.join('; '), pair.toReversed().join('; ')])
    assertAnonymous(await server.send('GET', '/', { Cookie }))
  const again = await login(server, { Cookie: pair.join('; ') })

  assert.equal(again.status, 200)
  const Cookie = `${pair[1]}; sessionid=${cookiesOf(again).sessionid}`
  const { status, body } = await server.send('GET', '/', { Cookie })
  assert.deepEqual([status, body], [200, ALICE])
  for (const each of pair)
    assertAnonymous(await server.send('GET', '/', { Cookie: each }))
})

test('signing out of two sessions revokes both', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const ours = await browserOf(server)
  const planted = cookiesOf(
    await login(server, {}, { username: 'col', password: 'a:b:c' }),
  )
  const pair = `sessionid=${planted.sessionid}; sessionid=${ours.cookies.sessionid}`
  const out = (csrf: string) =>
    server.send('POST', '/auth/logout/', {
      Cookie: `${pair}; csrftoken=${csrf}`,
      'X-CSRFToken': csrf,
    })

  assert.equal((await out('n'.repeat(32))).status, 403)
  assert.equal((await out(ours.csrf)).status, 200)
  for (const secret of [planted.sessionid, ours.cookies.sessionid])
    assertAnonymous(await server.send('GET', '/', { Cookie: `sessionid=${secret}` }))
})

for (const [count, cookie] of [
  [1, 'sessionid'],
  [11, 'sessionid'],
  [290, 'sessionid'],
  // As many as a request has room for.
  [345, 's'],
] as const) {
  test(`${count} cookies "${cookie}" of other hosts do not hide the own one, and cost one query`, async (t) => {
    const server = await served(t, { authentication: [session({ cookie })] })
    const { cookies } = await browserOf(server)
    let queries = 0
    const { sessions } = server.store.ports
    const { find, findAll } = sessions
    Object.assign(sessions, {
      find: (...given: Parameters<typeof find>) => {
        queries++
        return find(...given)
      },
      findAll: (...given: Parameters<typeof findAll>) => {
        queries++
        return findAll(...given)
      },
    })
    const decoys = Array.from(
      { length: count },
      (_, i) => `${cookie}=${String(i).padEnd(43, 'x')}`,
    )
    const own = `${cookie}=${cookies[cookie]}`
    for (const all of [
      [own, ...decoys],
      [...decoys, own],
      [...decoys.slice(0, count / 2), own, ...decoys.slice(count / 2)],
    ]) {
      queries = 0
      const { status } = await server.send('GET', '/', { Cookie: all.join(';') })
      assert.deepEqual([status, queries], [200, 1])
    }
    assertAnonymous(await server.send('GET', '/', { Cookie: decoys.join(';') }))
  })
}

test('cookies are separated by semicolons only', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)
  const pair = `sessionid=${cookies.sessionid}`

  for (const Cookie of [
    `a=b;${pair};c`,
    `${pair} ; d=`,
    ['x=1', pair],
    `a=x, sessionid=y; ${pair}`,
  ]) {
    assert.equal((await server.send('GET', '/', { Cookie })).status, 200, String(Cookie))
  }
  for (const Cookie of [
    `a=b, ${pair}`,
    `a="x; y" ${pair}`,
    `x${pair}`,
    `SESSIONID=${cookies.sessionid}`,
  ]) {
    assertAnonymous(await server.send('GET', '/', { Cookie }), Cookie)
  }
})

test('configured cookie names are used, and invalid options are rejected at the start', async (t) => {
  const server = await served(t, {
    authentication: [session({ cookie: 'sid', csrfCookie: 'XSRF' })],
  })

  assert.deepEqual(Object.keys(cookiesOf(await login(server))), ['XSRF', 'sid'])
  for (const options of [
    { cookie: '__Host-sid' },
    { cookie: 'a b' },
    { csrfCookie: 'a=b' },
    { lifetime: '2y' as '2d' },
    { lifetime: 0 },
    { lifetime: '400d' },
    { origins: ['app.example.com'] },
    { origins: ['https://app.example.com/'] },
    { origins: ['https://*'] },
    { origins: ['*'] },
  ] as const) {
    assert.throws(
      () => session(options),
      { code: 'invalid_config' },
      JSON.stringify(options),
    )
  }
})

test('the endpoints are mounted with the scheme session() only', () => {
  const at = (options: object) => internalsOf(testInstance(options).auth).paths

  assert.ok(!at({}).includes('/auth/login'))
  assert.ok(at({ authentication: [bearer(), session()] }).includes('/auth/login'))
  const moved = at({
    authentication: [session()],
    endpoints: { login: '/in/', logout: false },
  })
  assert.deepEqual(
    [
      moved.includes('/in'),
      moved.includes('/auth/login'),
      moved.includes('/auth/logout'),
    ],
    [true, false, false],
  )
  assert.throws(
    () => at({ endpoints: { login: true } }),
    /endpoints\.login needs the scheme session\(\)/,
  )
  assert.throws(
    () => at({ authentication: [session()], tokens: { sessions: false } }),
    /session\(\) needs stored sessions/,
  )
})

for (const [about, options, headers] of [
  ['the option proxies', { proxies: 1 }, {}],
  ['proxies: null', { proxies: null }, {}],
  ['a forwarding header', {}, { 'X-Forwarded-For': '198.51.100.77' }],
] as const) {
  test(`${about} switches plain cookies off, also if the Host is this machine`, async (t) => {
    const server = await served(t, { authentication: [session()], ...options })
    const browser = await browserOf(server, headers)

    assert.deepEqual(Object.keys(browser.cookies), ['csrftoken', '__Host-sessionid'])
    assert.equal((await browser.send('GET', '/')).status, 200)
    const planted = `sessionid=${browser.cookies['__Host-sessionid']}`
    assertAnonymous(await server.send('GET', '/', { ...headers, Cookie: planted }))
  })
}

test('behind a proxy a page over plain http is another site to basic()', async (t) => {
  const { send, origin } = await served(t, { authentication: [basic()], proxies: 1 })
  const Authorization = `Basic ${Buffer.from('col:a:b:c').toString('base64')}`

  assert.equal((await send('POST', '/', { Authorization, Origin: origin })).status, 403)
})

test('the host of an absolute request target replaces the Host header', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const send = (target: string, Origin: string) =>
    server.send(
      'POST',
      target,
      { ...JSON_BODY, Host: 'a.example', Origin },
      JSON.stringify({ username: 'alice', password: 'pw12345' }),
    )

  const target = 'http://b.example/auth/login/'
  assert.equal((await send(target, 'https://b.example')).status, 200)
  assert.equal((await send(target, 'https://a.example')).status, 403)
})
