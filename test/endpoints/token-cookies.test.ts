import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { accessCookie, bearer } from '../../src/authentication.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { cookieHeader, cookiesOf, JSON_BODY } from '../authentication/browser.ts'
import { type Answered, type Headers, served } from '../authentication/served.ts'

type Cookies = Readonly<Record<string, string>>

const ALICE = { username: 'alice', password: 'pw12345' }

const HTTPS = { secure: true } as const

const NAMES = ['__Host-access', '__Secure-refresh', '__Host-csrftoken'] as const

/** A server with cookies for https, as behind a proxy. */
async function open(t: TestContext, { tokenCookies, tokens, ...options }: Options = {}) {
  const server = await served(t, {
    authentication: [bearer(), accessCookie()],
    tokens: { transport: 'cookie', ...tokens },
    tokenCookies: { ...HTTPS, ...tokenCookies },
    ...options,
  })
  const post = (path: string, cookies: Cookies, headers: Headers = {}, body = '') =>
    server.send(
      'POST',
      path,
      { Cookie: cookieHeader(cookies), ...(body && JSON_BODY), ...headers },
      body,
    )
  const obtain = (cookies: Cookies = {}, headers: Headers = {}, user: object = ALICE) =>
    post('/api/token/', cookies, headers, JSON.stringify(user))
  const refresh = (cookies: Cookies, headers: Headers = csrfOf(cookies)) =>
    post('/api/token/refresh/', cookies, headers)
  const signOut = (cookies: Cookies, headers: Headers = csrfOf(cookies)) =>
    post('/api/token/blacklist/', cookies, headers)
  const echo = (cookies: Cookies, headers: Headers = {}) =>
    post('/echo/', cookies, headers, '{}')
  const signIn = async (user: object = ALICE): Promise<Cookies> =>
    cookiesOf(await obtain({}, {}, user))
  return { ...server, post, obtain, refresh, signOut, echo, signIn }
}

const csrfOf = (cookies: Cookies): Headers => ({
  'X-CSRFToken': cookies['__Host-csrftoken'] ?? '',
})

const setCookiesOf = ({ headers }: Answered): readonly string[] =>
  (headers.get('set-cookie') ?? []).map((each) => each.replace(/=[^;]+/, '=…'))

test('a sign-in sets the tokens as cookies, and its body has none', async (t) => {
  const { obtain } = await open(t)
  const answer = await obtain()
  assert.equal(answer.status, 200)
  assert.deepEqual(setCookiesOf(answer), [
    '__Host-access=…; Path=/; Max-Age=300; SameSite=Lax; HttpOnly; Secure',
    '__Secure-refresh=…; Path=/api/token; Max-Age=86400; SameSite=Lax; HttpOnly; Secure',
    '__Host-csrftoken=…; Path=/; Max-Age=86400; SameSite=Lax; Secure',
  ])
  const { csrfToken, claims, ...times } = answer.body
  const { user_id, exp } = claims as { user_id: string; exp: number }
  assert.deepEqual([typeof user_id, exp], ['string', 1_800_000_300])
  assert.deepEqual(times, {
    accessExpiresAt: 1_800_000_300,
    refreshExpiresAt: 1_800_086_400,
  })
  assert.equal(csrfToken, cookiesOf(answer)['__Host-csrftoken'])
  assert.deepEqual(answer.headers.get('cache-control'), ['no-store'])
})

test('a wrong password sets no cookie', async (t) => {
  const { obtain } = await open(t)
  const { status, headers } = await obtain({}, {}, { ...ALICE, password: 'wrong' })
  assert.equal(status, 401)
  assert.equal(headers.get('set-cookie'), undefined)
})

test('the access cookie authenticates; what changes something needs the CSRF token of its session', async (t) => {
  const { send, echo, signIn } = await open(t)
  const cookies = await signIn()
  const other = await signIn()
  const read = await send('GET', '/', { Cookie: cookieHeader(cookies) })
  assert.deepEqual(read.body, { user: 'alice', scheme: 'cookie' })
  assert.equal((await echo(cookies, csrfOf(cookies))).status, 200)
  for (const headers of [
    {},
    csrfOf(other),
    { Authorization: '' },
    { Authorization: 'Basic' },
    { ...csrfOf(cookies), Origin: 'https://evil.example' },
    { ...csrfOf(cookies), 'Sec-Fetch-Site': 'cross-site' },
  ]) {
    const { status } = await echo(cookies, headers)
    assert.equal(status, 403, JSON.stringify(headers))
  }
  const { status, body } = await echo(cookies)
  assert.deepEqual([status, body.detail], [403, 'CSRF Failed: CSRF token missing.'])
})

test('a token of an Authorization header needs no CSRF token', async (t) => {
  const { auth, userOf, echo } = await open(t)
  const { access } = await auth.signIn(userOf('alice'))
  assert.equal((await echo({}, { Authorization: `Bearer ${access}` })).status, 200)
})

test('an expired or forged access cookie is a 401 with a challenge, so that clients refresh', async (t) => {
  const { send, signIn, advance } = await open(t)
  const cookies = await signIn()
  advance(301)
  for (const each of [cookies, { '__Host-access': 'garbage' }]) {
    const { status, headers } = await send('GET', '/', { Cookie: cookieHeader(each) })
    assert.equal(status, 401)
    assert.match(String(headers.get('www-authenticate')), /^Bearer realm="api"/)
  }
})

test('a refresh reads the refresh cookie and replaces it, within the overlap by the same one', async (t) => {
  const { signIn, refresh, send, advance } = await open(t)
  const first = await signIn()
  advance(301)
  const refreshed = await refresh(first)
  assert.equal(refreshed.status, 200)
  const second = cookiesOf(refreshed)
  assert.deepEqual(Object.keys(second).toSorted(), [...NAMES].toSorted())
  assert.equal(second['__Host-csrftoken'], first['__Host-csrftoken'])
  assert.notEqual(second['__Secure-refresh'], first['__Secure-refresh'])
  assert.equal((await send('GET', '/', { Cookie: cookieHeader(second) })).status, 200)
  const again = cookiesOf(await refresh(first))
  assert.equal(again['__Secure-refresh'], second['__Secure-refresh'])
})

test('after a lost answer the spent cookie is exchanged once more; once its successor was used, it ends the session', async (t) => {
  const { signIn, refresh, advance } = await open(t)
  const first = await signIn()
  await refresh(first)
  advance(60)
  const successor = cookiesOf(await refresh(first))
  assert.equal((await refresh(successor)).status, 200)
  advance(60)
  const reused = await refresh(first)
  assert.deepEqual([reused.status, reused.body.code], [401, 'token_not_valid'])
  assert.equal((await refresh(successor)).status, 401)
})

test('a refresh needs a cookie, the CSRF token and an origin of its own', async (t) => {
  const { signIn, refresh } = await open(t)
  const cookies = await signIn()
  assert.equal((await refresh({})).status, 401)
  assert.equal((await refresh({ '__Secure-refresh': 'garbage' })).status, 401)
  assert.equal((await refresh(cookies, {})).status, 403)
  const csrf = csrfOf(cookies)
  const foreign = { ...csrf, Origin: 'https://evil.example' }
  assert.equal((await refresh(cookies, foreign)).status, 403)
  assert.equal((await refresh(cookies)).status, 200)
})

test('no token crosses from a body to a cookie or back (UM-10)', async (t) => {
  const { auth, userOf, post, signIn, refresh } = await open(t)
  const { refresh: token } = await auth.signIn(userOf('alice'))
  const body = JSON.stringify({ refresh: token })
  const cookies = await signIn()
  for (const path of ['/api/token/refresh/', '/api/token/blacklist/']) {
    const answer = await post(path, cookies, csrfOf(cookies), body)
    assert.equal(answer.status, 400, path)
    assert.equal(answer.headers.get('set-cookie'), undefined)
  }
  assert.equal((await refresh({})).status, 401)
  assert.equal((await refresh(cookies)).status, 200)
})

test('in the transport "body" no cookie is set or read', async (t) => {
  const { send } = await served(t, { authentication: [bearer()] })
  const headers = JSON_BODY
  const obtained = await send('POST', '/api/token/', headers, JSON.stringify(ALICE))
  const { access, refresh } = obtained.body
  assert.equal(obtained.headers.get('set-cookie'), undefined)
  const Cookie = `__Host-access=${access}; access=${access}; refresh=${refresh}`
  assert.equal((await send('GET', '/', { Cookie })).status, 401)
  assert.equal((await send('POST', '/api/token/refresh/', { Cookie })).status, 400)
})

test('another host of the domain can neither hide nor replace the refresh cookie', async (t) => {
  const { signIn, refresh } = await open(t)
  const attacker = await signIn({ username: 'col', password: 'a:b:c' })
  const alice = await signIn()
  const injected = `__Secure-refresh=${attacker['__Secure-refresh']}`
  for (const order of [
    [injected, cookieHeader(alice)],
    [cookieHeader(alice), injected],
    [
      '__Secure-refresh=garbage',
      ...Array(20).fill('__Secure-refresh=x'),
      cookieHeader(alice),
    ],
  ]) {
    const answer = await refresh({}, { Cookie: order.join('; '), ...csrfOf(alice) })
    assert.equal(answer.status, 200)
    assert.equal(answer.body.csrfToken, alice['__Host-csrftoken'])
    Object.assign(alice, cookiesOf(answer))
  }
  // Alice is signed out: the attacker's cookie must not sign her browser in.
  const { '__Secure-refresh': _, ...rest } = alice
  const answer = await refresh(
    {},
    { Cookie: [injected, cookieHeader(rest)].join('; '), ...csrfOf(alice) },
  )
  assert.equal(answer.status, 403)
})

test('of two refresh cookies of a session the newer one is exchanged', async (t) => {
  const { signIn, refresh, advance } = await open(t)
  const first = await signIn()
  const second = cookiesOf(await refresh(first))
  advance(600)
  const Cookie = `${cookieHeader(first)}; ${cookieHeader(second)}`
  assert.equal((await refresh({}, { Cookie, ...csrfOf(first) })).status, 200)
})

test('without __Host-, access cookies of two users authenticate neither', async (t) => {
  const { send, signIn } = await open(t, { tokenCookies: { domain: 'example.com' } })
  const alice = (await signIn())['__Secure-access']
  const col = (await signIn({ username: 'col', password: 'a:b:c' }))['__Secure-access']
  const ask = async (...values: (string | undefined)[]) =>
    (
      await send('GET', '/', {
        Cookie: values.map((each) => `__Secure-access=${each}`).join('; '),
      })
    ).status
  assert.equal(await ask('garbage', alice), 200)
  assert.equal(await ask(col, alice), 401)
})

test('a sign-out revokes the session and removes the cookies, whatever they were', async (t) => {
  const { signIn, signOut, refresh, send, auth, userOf } = await open(t)
  const cookies = await signIn()
  assert.equal((await signOut(cookies, {})).status, 403)
  const answer = await signOut(cookies)
  assert.equal(answer.status, 200)
  const removed = [
    '__Host-access=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly; Secure',
    '__Secure-refresh=; Path=/api/token; Max-Age=0; SameSite=Lax; HttpOnly; Secure',
    '__Host-csrftoken=; Path=/; Max-Age=0; SameSite=Lax; Secure',
  ]
  assert.deepEqual(answer.headers.get('set-cookie'), removed)
  assert.equal((await refresh(cookies)).status, 401)
  assert.equal((await send('GET', '/', { Cookie: cookieHeader(cookies) })).status, 401)
  const [session] = await auth.sessions.list(userOf('alice').id)
  assert.equal(session?.revokeReason, 'logout')
  for (const stale of [
    {},
    cookies,
    { '__Host-access': 'garbage' },
    { '__Secure-refresh': 'x' },
  ]) {
    const again = await signOut(stale, csrfOf(cookies))
    assert.equal(again.status, 200, JSON.stringify(stale))
    assert.deepEqual(again.headers.get('set-cookie'), removed)
  }
})

test('a page of another site cannot sign users in or out', async (t) => {
  const { obtain, signOut, signIn, auth, userOf } = await open(t)
  const Origin = 'https://evil.example'
  assert.equal((await obtain({}, { Origin })).status, 403)
  assert.deepEqual(await auth.sessions.list(userOf('alice').id), [])
  const cookies = await signIn()
  assert.equal((await signOut(cookies, { Origin, ...csrfOf(cookies) })).status, 403)
})

test('a sign-in revokes the session that the browser had', async (t) => {
  const { obtain, signIn, refresh } = await open(t)
  const first = await signIn()
  assert.equal((await obtain(first)).status, 200)
  assert.equal((await refresh(first)).status, 401)
})

test('a stale access cookie does not prevent a sign-in or a refresh', async (t) => {
  const { obtain, signIn, refresh } = await open(t)
  const stale = { '__Host-access': 'garbage' }
  assert.equal((await obtain(stale)).status, 200)
  const { '__Secure-refresh': token = '', '__Host-csrftoken': csrf = '' } = await signIn()
  const cookies = { ...stale, '__Secure-refresh': token, '__Host-csrftoken': csrf }
  assert.equal((await refresh(cookies)).status, 200)
})

test('the verify endpoint checks the access cookie if the body has no token', async (t) => {
  const { post, signIn, signOut } = await open(t)
  const cookies = await signIn()
  assert.equal((await post('/api/token/verify/', cookies)).status, 200)
  assert.equal((await post('/api/token/verify/', {})).status, 400)
  await signOut(cookies)
  assert.equal((await post('/api/token/verify/', cookies)).status, 400)
})

test('names, domain, SameSite and path are options', async (t) => {
  const { obtain } = await open(t, {
    tokenCookies: {
      accessCookie: 'a',
      refreshCookie: 'r',
      csrfCookie: 'c',
      domain: 'example.com',
      sameSite: 'Strict',
      refreshPath: '/api/',
    },
  })
  assert.deepEqual(setCookiesOf(await obtain()), [
    '__Secure-a=…; Path=/; Max-Age=300; Domain=example.com; SameSite=Strict; HttpOnly; Secure',
    '__Secure-r=…; Path=/api; Max-Age=86400; Domain=example.com; SameSite=Strict; HttpOnly; Secure',
    '__Secure-c=…; Path=/; Max-Age=86400; Domain=example.com; SameSite=Strict; Secure',
  ])
})

test('plain http within this machine gets cookies that browsers accept there', async (t) => {
  const { send } = await served(t, {
    authentication: [bearer(), accessCookie()],
    tokens: { transport: 'cookie' },
  })
  const answer = await send('POST', '/api/token/', JSON_BODY, JSON.stringify(ALICE))
  assert.deepEqual(setCookiesOf(answer), [
    'access=…; Path=/; Max-Age=300; SameSite=Lax; HttpOnly',
    'refresh=…; Path=/api/token; Max-Age=86400; SameSite=Lax; HttpOnly',
    'csrftoken=…; Path=/; Max-Age=86400; SameSite=Lax',
  ])
})

test('without CSRF tokens the origin is still checked', async (t) => {
  const { signIn, echo, refresh } = await open(t, { tokenCookies: { csrf: false } })
  const cookies = await signIn()
  assert.equal((await echo(cookies)).status, 200)
  const Origin = 'https://evil.example'
  assert.equal((await echo(cookies, { Origin })).status, 403)
  assert.equal((await refresh(cookies, { Origin })).status, 403)
  assert.equal((await refresh(cookies, {})).status, 200)
})

const parse = (options: Options) => () => parseSettings({ log: () => {}, ...options }, {})

test('options that would have no effect, or break the cookies, stop the start', () => {
  const tokens = { transport: 'cookie' } as const
  const cases: readonly (readonly [Options, RegExp])[] = [
    [{ tokenCookies: {} }, /tokenCookies has no effect/],
    [{ tokens: { ...tokens, sessions: false } }, /needs tokens\.sessions/],
    [
      { tokens, endpoints: { refresh: '/renew/' } },
      /endpoints\.refresh is at "\/renew\/"/,
    ],
    [{ tokens, tokenCookies: { refreshCookie: 'access' } }, /three names/],
    [{ tokens, tokenCookies: { accessCookie: '__Host-a' } }, /without "__Host-"/],
    [{ tokens, tokenCookies: { domain: 'a; Path=/' } }, /domain/],
    [{ tokens, tokenCookies: { sameSite: 'None', secure: false } }, /Secure/],
  ]
  for (const [options, message] of cases) assert.throws(parse(options), message)
  assert.doesNotThrow(
    parse({
      tokens,
      endpoints: { refresh: '/renew/' },
      tokenCookies: { refreshPath: '/' },
    }),
  )
})
