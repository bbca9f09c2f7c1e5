import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer } from '../../src/authentication/bearer.ts'
import { AuthError } from '../../src/base/errors.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { FetchRequest } from '../../src/http/fetch-request.ts'
import { browserOf, cookieHeader, FORM_BODY, JSON_BODY } from './browser.ts'
import { type Answered, type Headers, type Served, served } from './served.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const OF_HEADER = "CSRF token from the 'X-Csrftoken' HTTP header"

const assertForged = ({ status, body }: Answered, reason: string, about?: string): void =>
  assert.deepEqual([status, body], [403, { detail: `CSRF Failed: ${reason}` }], about)

/** Requests of Alice's browser, with her session cookie and a CSRF cookie. */
async function browserSession(
  t: Parameters<typeof served>[0],
  options: Parameters<typeof session>[0] = {},
) {
  const server = await served(t, { authentication: [session(options)] })
  const browser = await browserOf(server)
  const { sessionid } = browser.cookies
  const post = (
    headers: Headers,
    body = '{}',
    csrfCookie: string | undefined = browser.csrf,
    path = '/',
  ) =>
    server.send(
      'POST',
      path,
      { ...JSON_BODY, Cookie: cookiesWith(sessionid!, csrfCookie), ...headers },
      body,
    )
  return { server, browser, post, csrf: browser.csrf }
}

const cookiesWith = (sessionid: string, csrftoken: string): string =>
  cookieHeader(csrftoken === NONE ? { sessionid } : { sessionid, csrftoken })
/** Stands for a cookie that is not sent. */
const NONE = '-'

for (const [id, cookie, headers, reason] of [
  ['C04', NONE, {}, 'CSRF cookie not set.'],
  ['C05', A, {}, 'CSRF token missing.'],
  ['C06', A, { 'X-CSRFToken': B }, `${OF_HEADER} incorrect.`],
  ['C07', A, { 'X-CSRFToken': 'bbbbbbbbbb' }, `${OF_HEADER} has incorrect length.`],
  ['C08', A, { 'X-CSRFToken': '!'.repeat(32) }, `${OF_HEADER} has invalid characters.`],
  ['step 6', 'a', { 'X-CSRFToken': A }, 'CSRF cookie has incorrect length.'],
  ['step 6', '', { 'X-CSRFToken': A }, 'CSRF cookie has incorrect length.'],
  ['step 6', '!'.repeat(64), { 'X-CSRFToken': A }, 'CSRF cookie has invalid characters.'],
  ['csrf-003', A, { 'X-CSRFToken': '' }, `${OF_HEADER} has incorrect length.`],
  ['a masked one', A, { 'X-CSRFToken': A + B }, `${OF_HEADER} incorrect.`],
  ['C12', A, {}, 'CSRF token missing.'],
] as const) {
  test(`${id}: cookie ${cookie.slice(0, 12)} and ${JSON.stringify(headers).slice(0, 40)}: ${reason}`, async (t) => {
    const { post } = await browserSession(t)

    assertForged(await post(headers, `{"csrfmiddlewaretoken":"${A}"}`, cookie), reason)
  })
}

test('C09: unsafe methods need the CSRF token of the session, and safe methods do not', async (t) => {
  const { server, browser, csrf } = await browserSession(t)

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const { status, body } = await browser.send(
      method,
      '/',
      { ...JSON_BODY, 'X-CSRFToken': csrf },
      '{}',
    )
    assert.deepEqual([status, body], [200, { user: 'alice', scheme: 'session' }], method)
    assertForged(
      await browser.send(method, '/', JSON_BODY, '{}'),
      'CSRF token missing.',
      method,
    )
  }
  for (const method of ['GET', 'OPTIONS', 'TRACE']) {
    const { status } = await server.send(method, '/', {
      Cookie: cookieHeader(browser.cookies),
    })
    assert.equal(status, 200, method)
  }
})

test('an unsafe request needs the CSRF token also if it asks for a WebSocket', async (t) => {
  const { server, browser, csrf } = await browserSession(t)
  const upgrade = { ...JSON_BODY, Upgrade: 'websocket', Connection: 'Upgrade, close' }

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const headers = { ...upgrade, Origin: server.origin }
    const forged = await browser.send(method, '/', headers, '{}')
    assertForged(forged, 'CSRF token missing.', method)
    const own = await browser.send(method, '/', { ...headers, 'X-CSRFToken': csrf }, '{}')
    assert.equal(own.status, 200, method)
  }
})

test('C10, C11: a form may have the token as a field, and the handler still gets the whole form', async (t) => {
  const { post, csrf } = await browserSession(t)
  const form = (token: string, more = '') => `csrfmiddlewaretoken=${token}${more}`

  for (const more of ['', `&text=${'x'.repeat(40_000)}`]) {
    const { status, body } = await post(FORM_BODY, form(csrf, more), csrf, '/echo/')
    assert.deepEqual([status, body], [200, { body: form(csrf, more) }])
  }
  assertForged(await post(FORM_BODY, form(B)), 'CSRF token from POST incorrect.')
  assertForged(
    await post(FORM_BODY, form('b')),
    'CSRF token from POST has incorrect length.',
  )
  assertForged(await post(FORM_BODY, 'a=b'), 'CSRF token missing.')
  assertForged(
    await post({ 'Content-Type': 'text/plain' }, form(csrf)),
    'CSRF token missing.',
  )
})

test('a form that arrives in pieces is complete for the check and for the handler', async (t) => {
  const { server, browser, csrf } = await browserSession(t)
  const pieces = [`csrfmiddle`, `waretoken=${csrf}`, '&a=', 'b'.repeat(1000), '&c=d']

  const answer = await server.sendInPieces(
    { ...FORM_BODY, Cookie: cookieHeader(browser.cookies) },
    '/echo/',
    pieces,
  )

  assert.deepEqual([answer.status, answer.body], [200, { body: pieces.join('') }])
})

test('a masked token, as in pages of Django, is accepted', async (t) => {
  const { browser, csrf } = await browserSession(t)
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const mask = 'Zz09aA'.repeat(6).slice(0, 32)
  const at = (character: string) => alphabet.indexOf(character)
  const cipher = [...csrf]
    .map((character, i) => alphabet[(at(character) + at(mask[i]!)) % 62])
    .join('')

  assert.equal(
    (await browser.send('POST', '/', { 'X-CSRFToken': mask + cipher })).status,
    200,
  )
  assert.equal(
    (await browser.send('POST', '/', { 'X-CSRFToken': cipher + mask })).status,
    403,
  )
})

test('csrf-004, csrf-005: the token of another session, or an equal pair of cookie and header, is rejected', async (t) => {
  const { server, post } = await browserSession(t)
  const other = await browserOf(server)

  for (const chosen of [other.csrf, A]) {
    assertForged(
      await post({ 'X-CSRFToken': chosen }, '{}', chosen),
      `${OF_HEADER} incorrect.`,
    )
  }
})

test('a token that differs in one of its 32 characters is rejected', async (t) => {
  const { browser, csrf } = await browserSession(t)

  for (let i = 0; i < 32; i++) {
    const near = csrf.slice(0, i) + (csrf[i] === 'a' ? 'b' : 'a') + csrf.slice(i + 1)
    assertForged(
      await browser.send('POST', '/', { 'X-CSRFToken': near }),
      `${OF_HEADER} incorrect.`,
      String(i),
    )
  }
})

for (const [origin, trusted] of [
  ['https://evil.example', false], // C13
  ['null', false],
  ['', false],
  ['http://127.0.0.1', false],
  ['{origin}.evil.example', false],
  ['{origin}/', false],
  ['{origin}, https://evil.example', false],
  ['ftp://127.0.0.1:{port}', false],
  ['{origin}', true],
  ['https://127.0.0.1:{port}', true],
  ['https://app.example.com', true],
  ['http://app.example.com', false],
  ['https://app.example.com:8443', false],
  ['https://a.example.org', true],
  ['https://a.b.example.org', true],
  ['https://example.org', false],
  ['https://evilexample.org', false],
  ['https://example.org.evil.example', false],
] as const) {
  test(`C13: a request with Origin "${origin}" is ${trusted ? 'accepted' : 'rejected'}`, async (t) => {
    const { server, browser, csrf } = await browserSession(t, {
      origins: ['https://app.example.com', 'https://*.example.org'],
    })
    const Origin = origin
      .replace('{origin}', server.origin)
      .replace('{port}', String(server.port))

    const answer = await browser.send('POST', '/', { 'X-CSRFToken': csrf, Origin })

    if (trusted) assert.equal(answer.status, 200)
    else
      assertForged(
        answer,
        `Origin checking failed - ${Origin} does not match any trusted origins.`,
      )
  })
}

test('csrf-009: on another host than this machine an http origin is rejected', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server, { Host: 'api.example.com' })
  const ask = (Origin: string) =>
    browser.send('POST', '/', { 'X-CSRFToken': browser.csrf, Origin })

  assert.equal((await ask('https://api.example.com')).status, 200)
  assertForged(
    await ask('http://api.example.com'),
    'Origin checking failed - http://api.example.com does not match any trusted origins.',
  )
})

test('csrf-010, csrf-011: Referer and Sec-Fetch-Site are checked, too', async (t) => {
  const { server, browser, csrf } = await browserSession(t)
  const ask = (headers: Headers) =>
    browser.send('POST', '/', { 'X-CSRFToken': csrf, ...headers })
  const evil = `https://evil.example/?${server.origin}`

  assert.equal((await ask({ Referer: `${server.origin}/page?x` })).status, 200)
  assertForged(
    await ask({ Referer: evil }),
    `Referer checking failed - ${evil} does not match any trusted origins.`,
  )
  assertForged(
    await ask({ Referer: 'page' }),
    'Referer checking failed - Referer is malformed.',
  )
  assert.equal(
    (await ask({ Origin: server.origin, 'Sec-Fetch-Site': 'same-origin' })).status,
    200,
  )
  const crossSite =
    'Sec-Fetch-Site checking failed - the request comes from another site.'
  assertForged(
    await ask({ Origin: server.origin, 'Sec-Fetch-Site': 'cross-site' }),
    crossSite,
  )
  assertForged(await ask({ 'Sec-Fetch-Site': 'cross-site' }), crossSite)
})

test('csrf-014: an invalid Authorization header does not disable the check', async (t) => {
  for (const authentication of [
    [bearer(), session()],
    [session(), bearer()],
  ]) {
    const server = await served(t, { authentication })
    const browser = await browserOf(server)

    const { status } = await browser.send('POST', '/', {
      Authorization: 'Bearer x',
      Origin: 'https://evil.example',
    })

    assert.ok(status === 401 || status === 403, String(status))
  }
})

for (const [id, headers, reason] of [
  ['C14', {}, 'Referer checking failed - no Referer.'],
  ['step 3', { referer: 'page' }, 'Referer checking failed - Referer is malformed.'],
  [
    'step 4',
    { referer: 'http://api.example.com/' },
    'Referer checking failed - Referer is insecure while host is secure.',
  ],
  [
    'step 5',
    { referer: 'https://evil.example/' },
    'Referer checking failed - https://evil.example/ does not match any trusted origins.',
  ],
  ['step 5, own origin', { referer: 'https://api.example.com/page' }, undefined],
  ['step 5, trusted', { referer: 'https://app.example.com/page' }, undefined],
  [
    'step 1',
    { origin: 'http://api.example.com' },
    'Origin checking failed - http://api.example.com does not match any trusted origins.',
  ],
  ['step 1, own origin', { origin: 'https://api.example.com' }, undefined],
] as const) {
  test(`${id}: over https, ${JSON.stringify(headers)}: ${reason ?? 'accepted'}`, async (t) => {
    const server = await served(t, {
      authentication: [session({ origins: ['https://app.example.com'] })],
    })
    const answer = await overHttps(server, headers)

    assert.equal(answer, reason === undefined ? '200' : `403 CSRF Failed: ${reason}`)
  })
}

/** A request as a fetch runtime passes it that terminates TLS itself. */
async function overHttps(
  server: Served,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const { cookies, csrf } = await browserOf(server, { Host: 'api.example.com' })
  const all = { cookie: cookieHeader(cookies), 'x-csrftoken': csrf, ...headers }
  try {
    await server.auth.require(
      new Request('https://api.example.com/', { method: 'POST', headers: all }),
    )
    return '200'
  } catch (error) {
    return error instanceof AuthError ? `${error.status} ${error.detail}` : String(error)
  }
}

test('the form of a Request is read from a clone, so the handler can read it', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const { cookies, csrf } = await browserOf(server, { Host: 'api.example.com' })
  const body = `csrfmiddlewaretoken=${csrf}&a=b`
  const headers = {
    cookie: cookieHeader(cookies),
    origin: 'https://api.example.com',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const request = new Request('https://api.example.com/', {
    method: 'POST',
    headers,
    body,
  })

  const who = await server.auth.require(request)

  assert.deepEqual([who.user.username, await request.text()], ['alice', body])
  await assert.rejects(server.auth.require(request), {
    detail: 'CSRF Failed: CSRF token missing.',
  })
  const large = new Request('https://api.example.com/', {
    method: 'POST',
    headers,
    body: body + 'x'.repeat(70_000),
  })
  assert.equal(await new FetchRequest(large).peek(), undefined)
  assert.equal((await large.text()).length, body.length + 70_000)
})

test('a csrftoken cookie set by another host does not lock the browser out', async (t) => {
  const { server, browser, csrf } = await browserSession(t)
  const { sessionid } = browser.cookies
  const send = (...tokens: readonly string[]) =>
    server.send('PUT', '/', {
      Cookie: [
        `sessionid=${sessionid}`,
        ...tokens.map((each) => `csrftoken=${each}`),
      ].join('; '),
      'X-CSRFToken': csrf,
    })

  for (const foreign of ['', 'django', '~'.repeat(64), 'Z'.repeat(32)]) {
    assert.equal((await send(csrf, foreign)).status, 200, foreign)
    assert.equal((await send(foreign, csrf)).status, 200, foreign)
  }
  assertForged(await send('x', '?'.repeat(32)), 'CSRF cookie has invalid characters.')
})
