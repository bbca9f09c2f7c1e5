import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { FOREIGN } from './foreign.ts'
import { pageApp } from './setup.ts'
import { ORIGIN, testBrowser, tokenIn, wordsOf } from './site.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const GOOD = { login: 'ada', password: PASSWORD }

async function open(options: TestOptions = {}) {
  const instance = testInstance({ url: ORIGIN, pages: true, ...options })
  await instance.auth.users.create({ username: 'ada', password: PASSWORD })
  const browser = testBrowser(instance.auth)
  return { instance, browser, [Symbol.asyncDispose]: () => instance.auth.close() }
}

const SIGN_IN = '/account/sign-in/'

test('signing in with a password sets the cookie of a session and goes on', async () => {
  await using it = await open()
  const { browser } = it
  await browser.open(`${SIGN_IN}?next=/notes%3Ftab%3D2`)
  assert.equal(browser.page.heading, 'Sign in')

  const shown = await browser.submit({ button: 'Sign in' }, GOOD)
  assert.deepEqual(shown.path, '/notes?tab=2')
  assert.ok(browser.cookies.has('__Host-sessionid'))
  const [session] = await it.instance.auth.sessions.list(await adaId(it))
  assert.deepEqual(session?.amr, ['pwd'])
})

const adaId = async ({ instance }: Awaited<ReturnType<typeof open>>) =>
  (await instance.auth.users.find('ada'))?.id ?? ''

test('who is signed in already goes on at once', async () => {
  await using it = await open()
  await it.browser.open(SIGN_IN)
  await it.browser.submit({ button: 'Sign in' }, GOOD)
  const shown = await it.browser.open(`${SIGN_IN}?next=/notes`)
  assert.deepEqual(shown.path, '/notes')
})

test('a wrong password, and a name that nobody has, show the page again with what was typed, but the password', async () => {
  await using it = await open()
  for (const login of ['ada', 'nobody']) {
    await it.browser.open(SIGN_IN)
    const shown = await it.browser.submit(
      { button: 'Sign in' },
      { login, password: 'wrong' },
    )
    assert.equal(shown.status, 400)
    assert.match(shown.text, /<title>Error: Sign in &ndash; app\.example\.com<\/title>/)
    assert.match(shown.text, new RegExp(`name="login"[^>]* value="${login}"`))
    assert.match(shown.text, /role="alert" tabindex="-1" autofocus/)
    assert.match(
      shown.text,
      /<a href="#login">The name or the password is not correct<\/a>/,
    )
    assert.doesNotMatch(shown.text, /wrong/)
  }
})

test('an empty form says which fields are missing', async () => {
  await using it = await open()
  await it.browser.open(SIGN_IN)
  const shown = await it.browser.submit({ button: 'Sign in' })
  assert.equal(shown.status, 400)
  assert.match(shown.text, /<a href="#login">Enter a value\.<\/a>/)
  assert.match(shown.text, /<a href="#password">Enter a value\.<\/a>/)
})

test('after too many attempts the page says when to try again', async () => {
  await using it = await open({ throttle: { login: '2/min' } })
  await it.browser.open(SIGN_IN)
  for (let i = 0; i < 4; i++)
    await it.browser.submit({ button: 'Sign in' }, { ...GOOD, password: 'wrong' })
  const { status, headers } = it.browser.page
  assert.equal(status, 429)
  assert.match(headers.get('retry-after') ?? '', /^\d+$/)
  assert.match(
    wordsOf(it.browser.page),
    /Too many attempts.*Try again in .* at \d\d:\d\d UTC/,
  )
})

test('a page is never cached, sends no referrer to others, and allows nothing but its own styles and forms', async () => {
  await using it = await open()
  const { headers } = await it.browser.open(SIGN_IN)
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('referrer-policy'), 'same-origin')
  assert.match(
    headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'self';.*frame-ancestors 'none'; base-uri 'none'$/,
  )
})

test('a form without its token, or with that of another browser, does nothing', async () => {
  await using it = await open()
  const other = testBrowser(it.instance.auth)
  await other.open(SIGN_IN)
  const foreign = tokenIn(other.page.text)
  await it.browser.open(SIGN_IN)
  const own = tokenIn(it.browser.page.text)

  const tokens = ['', 'x', foreign, own.slice(0, 32), own.slice(32), `${own}x`]
  for (const csrfmiddlewaretoken of tokens) {
    const shown = await it.browser.post(SIGN_IN, { ...GOOD, csrfmiddlewaretoken })
    assert.equal(shown.status, 403, csrfmiddlewaretoken)
    assert.equal(shown.heading, 'This form is out of date')
  }
  assert.ok(!it.browser.cookies.has('__Host-sessionid'))
})

test('a form that another site sends does nothing, even with the token', async () => {
  await using it = await open()
  await it.browser.open(SIGN_IN)
  const csrfmiddlewaretoken = tokenIn(it.browser.page.text)
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://app.example.com' },
    { origin: 'https://app.example.com.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of foreign) {
    const shown = await it.browser.post(
      SIGN_IN,
      { ...GOOD, csrfmiddlewaretoken },
      headers,
    )
    assert.equal(shown.status, 403, JSON.stringify(headers))
  }
})

test('the token is another text on each page, and that of the page before still works', async () => {
  await using it = await open()
  const { text } = await it.browser.open(SIGN_IN)
  await it.browser.open(SIGN_IN)
  assert.notEqual(tokenIn(it.browser.page.text), tokenIn(text))
  const shown = await it.browser.post(SIGN_IN, {
    ...GOOD,
    csrfmiddlewaretoken: tokenIn(text),
  })
  assert.deepEqual(shown.through, [SIGN_IN])
})

test('nobody is sent to another site after the sign-in', async () => {
  for (const next of FOREIGN) {
    await using it = await open()
    await it.browser.open(`${SIGN_IN}?${new URLSearchParams({ next })}`)
    const shown = await it.browser.submit({ button: 'Sign in' }, { ...GOOD, next })
    // A null character makes the form invalid.
    const path = next.includes('\0') ? SIGN_IN : '/account/'
    assert.equal(shown.path, path, JSON.stringify(next))
  }
})

test('every failure of a page is a page', async () => {
  await using it = await open()
  const { auth } = it.instance
  const send = async (init: RequestInit, path = SIGN_IN) => {
    const response = await auth.handler(new Request(ORIGIN + path, init))
    const text = await response.text()
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/, text)
    assert.match(text, /^<!doctype html>/)
    return response.status
  }
  const body = 'x'.repeat(70_000)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(await send({ method: 'DELETE' }), 405)
  assert.equal(
    await send({
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    }),
    415,
  )
  assert.equal(await send({ method: 'POST', body, headers }), 413)
  assert.equal(await send({ method: 'POST', body: 'a=%00', headers }), 400)
  assert.equal(await send({}, '/account/no-such-page'), 404)
  assert.equal(await send({}, '/account/assets/none.css'), 404)
})

test('if the store cannot be read the page says so, and when to try again', async () => {
  await using it = await open()
  await it.browser.open(SIGN_IN)
  it.instance.faults.failAll()
  const shown = await it.browser.submit({ button: 'Sign in' }, GOOD)
  assert.equal(shown.status, 503)
  assert.match(
    wordsOf(shown),
    /does not work at the moment.*Try again in 1 second, at \d\d:\d\d UTC/,
  )
})

test('a fault of the server shows a reference that the log has, and nothing else', async () => {
  await using it = await open({
    users: {
      rule: () => {
        throw new Error('a fault with details')
      },
    },
  })
  await it.browser.open(SIGN_IN)
  const shown = await it.browser.submit({ button: 'Sign in' }, GOOD)
  assert.equal(shown.status, 500)
  assert.doesNotMatch(shown.text, /details/)
  const [, reference] = /give this reference: ([\da-f]{32})/.exec(wordsOf(shown)) ?? []
  assert.ok(reference)
  assert.ok(it.instance.log.some((entry) => entry.request === reference))
})

test('the language is that of the browser', async () => {
  await using it = await open()
  const { text } = await it.browser.open(SIGN_IN, {
    'accept-language': 'fr, de-AT;q=0.8',
  })
  assert.match(text, /<html lang="de">/)
  assert.match(text, /<h1>Anmelden<\/h1>/)
})

test('without the option there are no pages', async () => {
  await using it = await open({ pages: false })
  const { status, text } = await it.browser.open(SIGN_IN)
  assert.equal(status, 404)
  assert.doesNotMatch(text, /<html/)
})

test('name, logo, colour, links and words are those of the options, and a page may be replaced', async () => {
  await using it = await open({
    pages: {
      path: '/konto',
      name: 'Field<notes>',
      logo: 'https://cdn.example.com/logo.svg',
      color: '#7a1f5c',
      links: [{ text: 'Privacy', href: '/privacy' }],
      texts: { en: { signIn: { title: 'Welcome back' } } },
    },
  })
  const { text, headers } = await it.browser.open('/konto/sign-in/')
  assert.match(text, /<title>Welcome back &ndash; Field&lt;notes&gt;<\/title>/)
  assert.match(
    text,
    /<img class="logo" src="https:\/\/cdn\.example\.com\/logo\.svg" alt="">/,
  )
  assert.match(text, /<footer class="foot">\s*<a href="\/privacy">Privacy<\/a>/)
  assert.match(
    headers.get('content-security-policy') ?? '',
    /img-src 'self' data: https:\/\/cdn\.example\.com;/,
  )
  const [, brand = ''] = /href="(\/konto\/assets\/brand-[^"]*)"/.exec(text) ?? []
  assert.equal((await it.browser.open(brand)).text, ':root{--brand:#7a1f5c}')
})

test('signing in again ends the session that the browser had', async () => {
  await using it = await open()
  await it.browser.open(SIGN_IN)
  await it.browser.submit({ button: 'Sign in' }, GOOD)
  const { text } = await it.browser.open('/account/sign-out/')
  await it.browser.post(SIGN_IN, { ...GOOD, csrfmiddlewaretoken: tokenIn(text) })
  const sessions = await it.instance.auth.sessions.list(await adaId(it))
  const live = sessions.filter(({ revokedAt }) => revokedAt === undefined)
  assert.deepEqual([sessions.length >= 1, live.length], [true, 1])
})

test('a user who is to sign in again is still asked after a wrong password', async () => {
  await using it = await pageApp({ passkeys: true })
  const { browser } = it
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  const { text } = await browser.open('/account/sign-in/?next=/notes&again=1')
  assert.match(text, /href="\/account\/sign-in\/passkey\/\?next=%2Fnotes&amp;again=1"/)
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password: 'wrong' })
  assert.equal(browser.page.path, '/account/sign-in/?again=1')
  assert.match(browser.page.text, /passkey\/\?next=%2Fnotes&amp;again=1"/)
  await browser.open('/account/sign-in/passkey/?next=%2Fnotes&again=1')
  assert.equal(browser.page.heading, 'Use your passkey')
  await browser.open('/account/sign-in/mail/?next=%2Fnotes&again=1')
  await browser.submit({ button: 'Send the message' }, { email: 'no address' })
  assert.equal(browser.page.path, '/account/sign-in/mail/?again=1')
  assert.match(
    browser.page.text,
    /href="\/account\/sign-in\/\?next=%2Fnotes&amp;again=1"/,
  )
})

test('the page that sends a confirmation again says what it does', async () => {
  await using it = await pageApp()
  const { heading, text } = await it.browser.open('/account/confirm/')
  assert.equal(heading, 'Confirm your address')
  assert.match(text, /we send the message again/)
})
