import assert from 'node:assert/strict'
import { createHmac, hash } from 'node:crypto'
import { test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import {
  browserOf,
  cookieHeader,
  cookiesOf,
  FORM_BODY,
  JSON_BODY,
  login,
} from './browser.ts'
import { type Answered, served } from './served.ts'

const assertNobody = ({ status, headers, body }: Answered, about?: string): void =>
  assert.deepEqual(
    [status, headers.get('www-authenticate'), body],
    [403, undefined, { detail: 'Authentication credentials were not provided.' }],
    about,
  )
const idOf = (secret: string): SessionId =>
  hash('sha256', secret, 'hex').slice(0, 32) as SessionId
const ALICE = { user: 'alice', scheme: 'session' }

test('C01, C02: nobody is refused without a challenge, and asked for no CSRF token', async (t) => {
  const { send } = await served(t, { authentication: [session()] })

  assertNobody(await send('GET', '/'))
  assertNobody(await send('POST', '/', JSON_BODY, '{}'))
  assertNobody(
    await send('POST', '/', { ...JSON_BODY, Cookie: 'sessionid=x; csrftoken=y' }, '{}'),
  )
})

test('C03: the cookie of a sign-in is its user', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  const { status, body } = await browser.send('GET', '/')

  assert.deepEqual([status, body], [200, ALICE])
})

test('C15: a deactivated or deleted user is nobody from the next request on', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const [alice, again] = [await browserOf(server), await browserOf(server)]

  await server.auth.users.change(server.userOf('alice').id, { active: false })
  assertNobody(await alice.send('GET', '/'))

  await server.auth.users.delete(server.userOf('alice').id)
  assertNobody(await again.send('GET', '/'))
})

test('who is deactivated in the database alone is nobody, too', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  await server.store.ports.users.change(server.userOf('alice').id, { active: false })
  assertNobody(await browser.send('GET', '/'))

  await server.store.ports.users.change(server.userOf('alice').id, { active: true })
  assert.equal((await browser.send('GET', '/')).status, 200)
})

test('C16, C18: the first scheme decides between 401 and 403', async (t) => {
  const first = await served(t, { authentication: [session(), basic()] })
  assertNobody(await first.send('GET', '/'))
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

test('C19: a bad bearer token is refused behind a session without a challenge', async (t) => {
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

test('signing in sets both cookies, and says who it is', async (t) => {
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
    'another host, where plain http is wanted',
    { secure: false },
    { Host: '192.168.1.5:8000' },
    false,
  ],
  ['this machine, where https is wanted', { secure: true }, {}, true],
] as const) {
  test(`at ${about}, cookies are for ${secure ? 'https alone' : 'plain http, too'}`, async (t) => {
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

test('a cookie without the prefix is nobody’s where there is one', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)

  assertNobody(
    await server.send('GET', '/', {
      Host: 'api.example.com',
      Cookie: `sessionid=${cookies.sessionid}`,
    }),
  )
})

test('a sign-in is throttled, told and trimmed as with tokens', async (t) => {
  const told: string[] = []
  const server = await served(t, {
    authentication: [session()],
    users: { updateLastLogin: true },
    throttle: { login: '2/min' },
    on: {
      signedIn: ({ user }: { user: User }) => void told.push(user.username),
      signedOut: () => void told.push('out'),
    },
  })

  assert.equal(
    (await login(server, {}, { username: ' alice ', password: 'pw12345 ' })).status,
    200,
  )
  assert.deepEqual(told, ['alice'])
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

test('a sign-in gets a new session, and ends the one that the browser had', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const planted = 'A'.repeat(43)
  const first = await login(server, {
    Cookie: `sessionid=${planted}; csrftoken=${'a'.repeat(32)}`,
  })
  const before = cookiesOf(first)
  assert.notEqual(before.sessionid, planted)
  assertNobody(await server.send('GET', '/', { Cookie: `sessionid=${planted}` }))

  const after = cookiesOf(await login(server, { Cookie: cookieHeader(before) }))

  assert.notEqual(after.sessionid, before.sessionid)
  assert.notEqual(after.csrftoken, before.csrftoken)
  assertNobody(await server.send('GET', '/', { Cookie: cookieHeader(before) }))
  assert.equal(
    (await server.send('GET', '/', { Cookie: cookieHeader(after) })).status,
    200,
  )
})

test('a wrong password ends no session', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  await login(
    server,
    { Cookie: cookieHeader(browser.cookies) },
    { username: 'col', password: 'x' },
  )

  assert.equal((await browser.send('GET', '/')).status, 200)
})

test('signing out ends the session at the server, and takes the cookies away', async (t) => {
  const told: object[] = []
  const server = await served(t, {
    authentication: [session()],
    on: { signedOut: (event: object) => void told.push(event) },
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
  assertNobody(await browser.send('GET', '/'))
  const sessionId = idOf(browser.cookies.sessionid!)
  assert.deepEqual(told, [{ sessionId, userId: server.userOf('alice').id }])
})

test('a page without scripts signs out with a form', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  const { status } = await browser.send(
    'POST',
    '/auth/logout/',
    FORM_BODY,
    `csrfmiddlewaretoken=${browser.csrf}`,
  )

  assert.equal(status, 200)
  assertNobody(await browser.send('GET', '/'))
})

test('who is not signed in is signed out as well, by pages of this site', async (t) => {
  const { send } = await served(t, { authentication: [session()] })

  assert.equal(
    (await send('POST', '/auth/logout/', { Cookie: 'sessionid=x' })).status,
    200,
  )
  const foreign = await send('POST', '/auth/logout/', { Origin: 'https://evil.example' })
  assert.deepEqual([foreign.status, foreign.headers.get('set-cookie')], [403, undefined])
})

test('another site signs nobody in, and the password is not even looked at', async (t) => {
  const told: string[] = []
  const server = await served(t, {
    authentication: [session()],
    on: {
      signedIn: () => void told.push('in'),
      signInFailed: () => void told.push('failed'),
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
  assert.deepEqual(told, [])
})

test('a new password, an end by the owner, the end of all: each ends it at once', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { auth, userOf } = server
  const { id } = userOf('alice')
  const deeds: readonly (readonly [
    string,
    (sessionId: SessionId) => Promise<unknown>,
  ])[] = [
    ['a new password', () => auth.users.setPassword(id, 'another-9kc-w2pd')],
    ['sessions.end', (sessionId) => auth.sessions.revoke(sessionId)],
    ['sessions.endAll', () => auth.sessions.revokeAll(id)],
  ]
  for (const [about, deed] of deeds) {
    const password = about === 'a new password' ? 'pw12345' : 'another-9kc-w2pd'
    const cookies = cookiesOf(await login(server, {}, { username: 'alice', password }))
    assert.equal(
      (await server.send('GET', '/', { Cookie: cookieHeader(cookies) })).status,
      200,
      about,
    )

    await deed(idOf(cookies.sessionid!))

    assertNobody(await server.send('GET', '/', { Cookie: cookieHeader(cookies) }), about)
  }
})

for (const checkRevoke of ['session', 'claim', false] as const) {
  test(`with checkRevoke ${checkRevoke}, a new password in the database alone ends what it began`, async (t) => {
    const server = await served(t, {
      authentication: [session()],
      tokens: { checkRevoke },
    })
    const browser = await browserOf(server)

    await server.store.ports.users.setPassword(server.userOf('alice').id, '!')

    assert.equal((await browser.send('GET', '/')).status, 403)
  })
}

test('a session ends when its lifetime does, and is flushed', async (t) => {
  const server = await served(t, { authentication: [session({ lifetime: '1h' })] })
  const { auth, pass } = server
  const browser = await browserOf(server)

  pass(3599)
  assert.equal((await browser.send('GET', '/')).status, 200)
  pass(1)
  assertNobody(await browser.send('GET', '/'))

  pass(2 * 86_400)
  assert.equal((await auth.flush()).sessions, 1)
})

test('the authentication rule is asked at each request (D11)', async (t) => {
  let banned = false
  const server = await served(t, {
    authentication: [session()],
    users: { rule: () => !banned },
  })
  const browser = await browserOf(server)

  banned = true

  assertNobody(await browser.send('GET', '/'))
})

test('the store keeps a digest, and neither it nor a part of it signs anybody in', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)
  const secret = cookies.sessionid!
  const digest = hash('sha256', secret, 'hex')

  const [row] = await server.auth.sessions.list(server.userOf('alice').id)

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
    assertNobody(await server.send('GET', '/', { Cookie: `sessionid=${other}` }), other)
  }
})

test('half of a digest is not enough', async (t) => {
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

  await server.store.ports.sessions.open({
    ...row,
    id: idOf(secret),
    jti: 'f'.repeat(64),
  })

  assertNobody(await server.send('GET', '/', { Cookie: `sessionid=${secret}` }))
})

test('a token opens no browser session, and a cookie no token’s', async (t) => {
  const signingKey = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'
  const tokens = { algorithm: 'HS256', signingKey } as const
  const server = await served(t, { authentication: [bearer(), session()], tokens })
  const { cookies } = await browserOf(server)
  const credentials = JSON.stringify({ username: 'alice', password: 'pw12345' })
  const { body } = await server.send('POST', '/api/token/', JSON_BODY, credentials)
  const sessions = await server.auth.sessions.list(server.userOf('alice').id)
  const browsers = sessions.find(({ jti }) => jti.length === 64)!
  const [head, claims] = String(body.refresh).split('.')
  const forged = {
    ...JSON.parse(Buffer.from(claims!, 'base64url').toString()),
    sid: browsers.id,
  }

  // Even a token of our own key that names the browser's session is not one that it goes on with.
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
    assertNobodyOf401(await server.send('GET', '/', { Cookie: `sessionid=${value}` }))
  }
})

const assertNobodyOf401 = ({ status, body }: Answered): void =>
  assert.deepEqual(
    [status, body.detail],
    [401, 'Authentication credentials were not provided.'],
  )

const signed = (input: string, key: string): string =>
  `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`

test('two different session cookies are refused, the same twice is one (H12)', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies } = await browserOf(server)
  const one = `sessionid=${cookies.sessionid}`
  const other = `sessionid=${'B'.repeat(43)}`

  assert.equal((await server.send('GET', '/', { Cookie: `${one}; ${one}` })).status, 200)
  for (const Cookie of [
    `${one}; ${other}`,
    `${other}; ${one}`,
    [one, other],
    `${one}; sessionid=`,
  ]) {
    const { status, body } = await server.send('GET', '/', { Cookie })
    assert.deepEqual([status, body], [403, { detail: 'More than one session cookie.' }])
  }
})

test('cookies are parted by semicolons alone', async (t) => {
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
    assertNobody(await server.send('GET', '/', { Cookie }), Cookie)
  }
})

test('names of your own are used, and what cannot be is refused at the start', async (t) => {
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

test('the endpoints are there where the scheme is, and nowhere else', () => {
  const base = { database: 'sqlite::memory:', log: () => {} }
  const at = (options: object) => internalsOf(watchword({ ...base, ...options })).paths

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
    /put session\(\) into authentication/,
  )
  assert.throws(
    () => at({ authentication: [session()], tokens: { sessions: false } }),
    /needs tokens\.sessions/,
  )
})
