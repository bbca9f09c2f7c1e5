import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Authenticator } from '../../passkeys/authenticator.ts'
import { FOREIGN } from '../foreign.ts'
import { testBrowser, wordsOf } from '../site.ts'
import {
  addTotp,
  EMAIL,
  hiddenValue,
  PASSWORD,
  type Signed,
  signedIn,
  signIn,
} from './setup.ts'

/** The pages that decide whom an account belongs to. */
const FRESH = ['email', 'phone', 'passkeys/new', 'tokens/new', 'export', 'delete']

async function stale(t: TestContext, options = {}) {
  const app = await signedIn(t, options)
  app.clock.advance('11m')
  return app
}

const AGAIN = { action: '/account/again/' }

test('what decides whom an account belongs to asks for the password again, and comes back', async (t) => {
  const app = await stale(t)
  const { browser } = app
  for (const below of FRESH) {
    const path = `/account/${below}/`
    await browser.open(path)
    const asked = `/account/again/?${new URLSearchParams({ next: path })}`
    assert.equal(browser.page.path, asked)
    assert.equal(browser.page.heading, 'Confirm it is you')
    await browser.submit(AGAIN, { current_password: PASSWORD })
    assert.equal(browser.page.path, path)
    app.clock.advance('11m')
  }
})

test('the rest of the account does not ask', async (t) => {
  const { browser } = await stale(t)
  for (const below of ['', 'sessions/', 'tokens/', 'authenticators/new/'])
    assert.equal((await browser.open(`/account/${below}`)).path, `/account/${below}`)
})

test('a form that is sent too late does nothing, and asks first', async (t) => {
  const app = await signedIn(t)
  const { browser, auth, ada, clock } = app
  await browser.open('/account/tokens/new/')
  clock.advance('11m')
  const fields = { name: 'late', expires_in: 'never' }
  await browser.submit({ action: '/account/tokens/new/' }, fields)
  assert.equal(browser.page.heading, 'Confirm it is you')
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
})

test('the former session ends, the new one begins now, and the other devices stay', async (t) => {
  const app = await signedIn(t)
  const { browser, auth, ada, clock } = app
  const phone = testBrowser(auth)
  await signIn(phone)
  const before = browser.cookies.get('__Host-sessionid')
  clock.advance('11m')
  await browser.open('/account/export/')
  await browser.submit(AGAIN, { current_password: PASSWORD })
  assert.notEqual(browser.cookies.get('__Host-sessionid'), before)
  const all = await auth.sessions.list(ada.id)
  const live = all.filter(({ revokedAt }) => revokedAt === undefined)
  assert.deepEqual(live.map(({ authTime }) => authTime).toSorted(), [
    clock.now() - 660,
    clock.now(),
  ])
  const old = testBrowser(auth)
  old.cookies.set('__Host-sessionid', before ?? '')
  assert.match((await old.open('/account/')).path, /sign-in/)
})

test('a wrong password is refused at its field; after too many the page says when to try again', async (t) => {
  const { browser } = await stale(t)
  await browser.open('/account/export/')
  const wrong = await browser.submit(AGAIN, { current_password: 'wrong' })
  assert.equal(wrong.status, 400)
  assert.match(
    wrong.text,
    /<a href="#current_password">This password is not correct\.<\/a>/,
  )
  const missing = await browser.submit(AGAIN, { current_password: '' })
  assert.match(missing.text, /<a href="#current_password">Enter a value\.<\/a>/)
  for (let i = 0; i < 5; i++) await browser.submit(AGAIN, { current_password: 'wrong' })
  assert.equal(browser.page.status, 429)
  assert.match(wordsOf(browser.page), /Try again in .* at \d\d:\d\d UTC/)
  await browser.submit(AGAIN, { current_password: PASSWORD })
  assert.equal(browser.page.status, 429)
})

test('a code of the authenticator app is a way, and after it was added the password alone is none', async (t) => {
  const app = await signedIn(t)
  const { browser, clock, code } = app
  const { secret } = await addTotp(app)
  clock.advance('11m')
  await browser.open('/account/export/')
  assert.doesNotMatch(browser.page.text, /name="current_password"/)
  const wrong = await browser.submit(AGAIN, { code: '000000' })
  assert.match(wrong.text, /<a href="#code">/)
  await browser.submit(AGAIN, { code: code(secret) })
  assert.equal(browser.page.path, '/account/export/')
  clock.advance('11m')
  await browser.open('/account/export/')
  assert.match(browser.page.text, /name="current_password"/)
})

test('a passkey is a way, for the user of the session alone', async (t) => {
  const app = await signedIn(t, { secondFactors: false })
  const mine = await withPasskey(app)
  const { browser, clock } = app
  clock.advance('11m')
  await browser.open('/account/export/')
  assert.match(
    browser.page.text,
    /href="\/account\/again\/passkey\/\?next=%2Faccount%2Fexport%2F"/,
  )
  const path = '/account/again/passkey/?next=%2Faccount%2Fexport%2F'
  const answer = async (authenticator: Authenticator) => {
    const { text } = await browser.open(path)
    const credential = JSON.stringify(authenticator.get(optionsIn(text)))
    return browser.submit({ action: '/account/again/passkey/' }, { credential })
  }
  assert.equal((await answer(new Authenticator())).status, 400)
  assert.equal((await answer(mine)).path, '/account/export/')
})

test('a session has one question for a passkey at a time', async (t) => {
  const app = await signedIn(t, { secondFactors: false })
  const mine = await withPasskey(app)
  const { browser, clock } = app
  clock.advance('11m')
  const path = '/account/again/passkey/'
  const first = optionsIn((await browser.open(path)).text)
  const second = optionsIn((await browser.open(path)).text)
  const answer = (options: ReturnType<typeof optionsIn>) =>
    browser.submit({ action: path }, { credential: JSON.stringify(mine.get(options)) })
  assert.equal((await answer(first)).status, 400)
  // The page that says so asks anew.
  assert.equal((await answer(second)).status, 400)
  assert.equal((await answer(optionsIn(browser.page.text))).path, '/account/')
})

async function withPasskey({ browser }: Signed): Promise<Authenticator> {
  const authenticator = new Authenticator()
  const { text } = await browser.open('/account/passkeys/new/')
  const credential = JSON.stringify(authenticator.create(optionsIn(text)))
  await browser.submit({ action: '/account/passkeys/new/' }, { credential, label: '' })
  return authenticator
}

const optionsIn = (text: string) =>
  JSON.parse((/data-options="([^"]*)"/.exec(text)?.[1] ?? '').replaceAll('&quot;', '"'))

test('a code that is sent to the own address is a way, in the same session alone', async (t) => {
  const app = await stale(t)
  const { browser, auth, mail } = app
  await browser.open('/account/export/')
  await browser.submit({ action: '/account/again/code/' }, { again: 'yes' })
  assert.equal(browser.page.path, '/account/again/code/?next=%2Faccount%2Fexport%2F')
  assert.match(wordsOf(browser.page), new RegExp(EMAIL))
  const [sent] = (await mail()).filter(({ to }) => to === EMAIL)
  const [, code = ''] = /\b(\d{6})\b/.exec(sent?.text ?? '') ?? []

  const other = testBrowser(auth)
  await signIn(other)
  app.clock.advance(1)
  const elsewhere = await other.open('/account/again/code/')
  assert.equal(elsewhere.status, 200)
  const refused = await other.submit(
    { action: '/account/again/code/', button: 'Continue' },
    { code },
  )
  assert.equal(refused.status, 400)
  const enter = { action: '/account/again/code/', button: 'Continue' }
  assert.equal((await browser.submit(enter, { code: '000000' })).status, 400)
  await browser.submit(enter, { code })
  assert.equal(browser.page.path, '/account/export/')
})

test('nobody is sent to another site afterwards', async (t) => {
  const app = await stale(t)
  for (const next of FOREIGN) {
    await app.browser.open(`/account/again/?${new URLSearchParams({ next })}`)
    await app.browser.submit(AGAIN, { current_password: PASSWORD, next })
    // A null character is no form: its page stays.
    const { path, status } = app.browser.page
    assert.ok(status === 400 || path === '/account/', JSON.stringify(next))
    app.clock.advance('11m')
  }
})

test('the password alone, sent after a second factor was added, leads to the second step', async (t) => {
  const app = await signedIn(t)
  const { browser, auth, ada, clock } = app
  await addTotp(app)
  clock.advance('11m')
  await browser.open('/account/export/')
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  const sent = { csrfmiddlewaretoken, current_password: PASSWORD }
  const { path } = await browser.post('/account/again/', sent)
  assert.match(path, /^\/account\/second-factor\//)
  const [session] = await auth.sessions.list(ada.id)
  assert.equal(session?.authTime, clock.now() - 660)
})
