import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { bearer, session } from '../../src/authentication.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { PASSWORD } from './setup.ts'
import { ORIGIN, testBrowser } from './site.ts'

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

async function guarded(options: TestOptions = {}) {
  const { auth } = testInstance({
    url: ORIGIN,
    authentication: [session(), bearer()],
    pages: { redirect: true },
    ...options,
  })
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const answer = guardOf(auth)(async ({ auth: { user } }) => new Response(user.username))
  const ask = (headers: Record<string, string>, method = 'GET') =>
    answer(new Request(`${ORIGIN}/notes?a=1`, { method, headers }))
  return { auth, ask, [Symbol.asyncDispose]: () => auth.close() }
}

test('a browser that opens a guarded page signs in and comes back', async () => {
  await using it = await guarded()
  const refused = await it.ask(NAVIGATION)
  assert.equal(refused.status, 302)
  assert.equal(refused.headers.get('location'), '/account/sign-in/?next=%2Fnotes%3Fa%3D1')

  const browser = testBrowser(it.auth)
  await browser.open(refused.headers.get('location') ?? '')
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  assert.equal(browser.page.path, '/notes?a=1')
  const cookie = [...browser.cookies]
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  assert.equal(await (await it.ask({ ...NAVIGATION, cookie })).text(), 'ada')
})

test('older browsers that accept HTML are redirected, too', async () => {
  await using it = await guarded()
  const { status } = await it.ask({ accept: 'text/html,application/xhtml+xml' })
  assert.equal(status, 302)
})

test('scripts, programs, frames and forms get their error', async () => {
  await using it = await guarded()
  const requests = [
    [{}],
    [{ accept: 'application/json' }],
    [{ 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'text/html' }],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    [NAVIGATION, 'POST'],
  ] as const
  for (const [headers, method] of requests)
    assert.ok((await it.ask(headers, method)).status >= 401, JSON.stringify(headers))
})

test('nothing is redirected without the option, or if the routes do not take the cookie', async () => {
  for (const options of [{ pages: true }, { authentication: [bearer()] }] as const) {
    await using it = await guarded(options)
    assert.notEqual((await it.ask(NAVIGATION)).status, 302)
  }
})

test('requireUser of Next knows the page to sign in, and comes back to own paths alone', async () => {
  await using it = await guarded({ pages: true })
  const { signInPath } = internalsOf(it.auth)
  assert.equal(signInPath?.('/notes'), '/account/sign-in/?next=%2Fnotes')
  assert.equal(signInPath?.('https://evil.example'), '/account/sign-in/')
  await using other = await guarded({ authentication: [bearer()] })
  assert.equal(internalsOf(other.auth).signInPath, undefined)
})

test('the page that goes on to another origin has its address from a cookie alone', async () => {
  await using it = await guarded()
  const browser = testBrowser(it.auth)
  const step = (href: string): string =>
    Buffer.from(JSON.stringify({ href })).toString('base64url')
  await browser.open('/account/continue/?href=https://evil.example')
  assert.equal(browser.page.status, 404)
  for (const href of ['javascript:alert(1)', 'data:text/html,x', '/notes', '']) {
    browser.cookies.set('__Host-watchword-continue', step(href))
    await browser.open('/account/continue/')
    assert.equal(browser.page.status, 404, href)
  }
  browser.cookies.set(
    '__Host-watchword-continue',
    step('https://client.example/cb?code=1'),
  )
  const { text } = await browser.open('/account/continue/')
  assert.match(text, /content="0;url=https:\/\/client\.example\/cb\?code=1"/)
  assert.match(
    text,
    /<a class="btn main wide" href="https:\/\/client\.example\/cb\?code=1">/,
  )
})
