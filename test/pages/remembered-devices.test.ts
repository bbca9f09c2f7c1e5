import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Authenticator } from '../passkeys/authenticator.ts'
import { addTotp, FIREFOX, hiddenValue, idsIn, signedIn } from './own/setup.ts'
import { NEW_PASSWORD, PASSWORD } from './setup.ts'
import { ORIGIN, type TestBrowser, testBrowser, wordsOf } from './site.ts'

const COOKIE = '__Host-watchword-device'
const SIGN_IN = '/account/sign-in/'
const REMEMBERING = { secondFactors: { rememberDevice: '30d' } } as const

/** ada has an authenticator app, and her session has ended. */
async function withTotp(t: TestContext, options: object = REMEMBERING) {
  const app = await signedIn(t, options)
  const { secret, recoveryCodes } = await addTotp(app)
  await signOut(app.browser)
  app.clock.advance('1m')
  return { ...app, secret, recoveryCodes }
}

type App = Awaited<ReturnType<typeof withTotp>>

async function signOut(browser: TestBrowser): Promise<void> {
  await browser.open('/account/sign-out/')
  await browser.submit({ action: '/account/sign-out/' })
}

/** @returns the page after the first step */
async function firstStep(browser: TestBrowser, login = 'ada', password = PASSWORD) {
  await browser.open(SIGN_IN)
  const headers = { 'user-agent': FIREFOX }
  await browser.submit({ action: SIGN_IN }, { login, password }, headers)
  return browser.page
}

const isAsked = async (browser: TestBrowser, password = PASSWORD): Promise<boolean> =>
  (await firstStep(browser, 'ada', password)).path.startsWith('/account/second-factor/')

/** Signs in with both steps, and ticks the checkbox. */
async function remember(app: App, browser = app.browser): Promise<void> {
  assert.equal(await isAsked(browser), true)
  const fields = { code: app.code(app.secret), remember_device: 'yes' }
  const headers = { 'user-agent': FIREFOX }
  await browser.submit({ button: 'Continue' }, fields, headers)
  assert.equal(browser.page.path, '/account/')
  app.clock.advance('1m')
}

/** Another browser in which ada is signed in with both steps; its device is not remembered. */
async function elsewhere(app: App): Promise<TestBrowser> {
  const browser = testBrowser(app.auth)
  await firstStep(browser)
  await browser.submit({ button: 'Continue' }, { code: app.code(app.secret) })
  assert.equal(browser.page.path, '/account/')
  app.clock.advance('1m')
  return browser
}

test('the checkbox says for how long, and the next sign-in on the device needs no second factor until then', async (t) => {
  const app = await withTotp(t)
  const { browser, clock, auth } = app
  await firstStep(browser)
  assert.match(wordsOf(browser.page), /Do not ask again on this device for 30 days/)
  await remember(app)
  assert.match(browser.cookies.get(COOKIE) ?? '', /^[\w-]{43}$/)
  await signOut(browser)
  assert.equal(await isAsked(browser), false)
  assert.equal(browser.page.path, '/account/')
  assert.equal(await isAsked(testBrowser(auth)), true)
  await signOut(browser)
  clock.advance('30d')
  assert.equal(await isAsked(browser), true)
})

test('the cookie is for https alone, scripts do not see it, and it ends with the device', async (t) => {
  const app = await withTotp(t)
  await firstStep(app.browser)
  const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(
    app.browser.page.text,
  ) ?? ['', '']
  const [, csrfmiddlewaretoken = ''] =
    /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(app.browser.page.text) ?? []
  const cookie = [...app.browser.cookies].map(([n, v]) => `${n}=${v}`).join('; ')
  const answer = await app.auth.handler(
    new Request(ORIGIN + action, {
      method: 'POST',
      headers: { origin: ORIGIN, cookie },
      body: new URLSearchParams({
        csrfmiddlewaretoken,
        code: app.code(app.secret),
        remember_device: 'yes',
      }),
    }),
  )
  const set = answer.headers.getSetCookie().find((each) => each.startsWith(COOKIE))
  for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/'])
    assert.ok(set?.includes(attribute), `${set} ${attribute}`)
  assert.match(set ?? '', /Max-Age=2592000\b/)
})

test('nothing is remembered without the choice, after a wrong code, or without the option', async (t) => {
  const app = await withTotp(t)
  const { browser } = app
  await firstStep(browser)
  const wrong = { code: '000000', remember_device: 'yes' }
  const { text } = await browser.submit({ button: 'Continue' }, wrong)
  assert.match(text, /name="remember_device" value="yes" checked/)
  assert.ok(!browser.cookies.has(COOKIE))
  await browser.open('/account/second-factor/')
  assert.doesNotMatch(browser.page.text, /value="yes" checked/)
  await browser.submit({ button: 'Continue' }, { code: app.code(app.secret) })
  assert.ok(!browser.cookies.has(COOKIE))

  const off = await withTotp(t, { secondFactors: true })
  await firstStep(off.browser)
  assert.doesNotMatch(off.browser.page.text, /remember_device/)
  const fields = { code: off.code(off.secret), remember_device: 'yes' }
  await off.browser.submit({ button: 'Continue' }, fields)
  assert.equal(off.browser.page.path, '/account/')
  assert.ok(!off.browser.cookies.has(COOKIE))
})

test('a recovery code and a passkey offer it, too', async (t) => {
  const app = await withTotp(t)
  const { browser, recoveryCodes } = app
  await firstStep(browser)
  const fields = { recovery: recoveryCodes[0] ?? '', remember_device: 'yes' }
  await browser.submit({ button: 'Use this code' }, fields)
  assert.ok(browser.cookies.has(COOKIE))

  const other = await signedIn(t, REMEMBERING)
  const passkey = new Authenticator()
  const action = '/account/passkeys/new/'
  await other.browser.open(action)
  const made = passkey.create(optionsIn(other.browser), { origin: ORIGIN })
  await other.browser.submit({ action }, { credential: JSON.stringify(made), label: '' })
  await signOut(other.browser)
  await firstStep(other.browser)
  const path = '/account/second-factor/passkey/'
  await other.browser.open(path)
  assert.match(other.browser.page.text, /data-starts="later"/)
  const shown = passkey.get(optionsIn(other.browser), { origin: ORIGIN })
  await other.browser.submit(
    { action: path },
    { credential: JSON.stringify(shown), remember_device: 'yes' },
  )
  assert.ok(other.browser.cookies.has(COOKIE))
  await signOut(other.browser)
  assert.equal(await isAsked(other.browser), false)
})

const optionsIn = ({ page }: TestBrowser) =>
  JSON.parse(
    (/data-options="([^"]*)"/.exec(page.text)?.[1] ?? '').replaceAll('&quot;', '"'),
  )

test('the cookie of one user is none of another', async (t) => {
  const app = await withTotp(t)
  await remember(app)
  await app.auth.users.create({ username: 'bob', password: PASSWORD })
  const bob = testBrowser(app.auth)
  await firstStep(bob, 'bob')
  await addTotp({ ...app, browser: bob })
  await signOut(bob)
  app.clock.advance('1m')
  bob.cookies.set(COOKIE, app.browser.cookies.get(COOKIE) ?? '')
  assert.match((await firstStep(bob, 'bob')).path, /^\/account\/second-factor\//)
})

/** What makes a device unknown. */
const FORGETTING: Readonly<Record<string, (app: App) => Promise<unknown>>> = {
  async 'a new password'({ browser }) {
    const fields = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    await browser.submit({ action: '/account/password/' }, fields)
    assert.match(wordsOf(browser.page), /Your password was changed/)
  },
  async 'another factor'(app) {
    await addTotp(app, 'Tablet')
    assert.match(wordsOf(await app.browser.open('/account/')), /Tablet/)
  },
  async 'the user, on this device'({ browser }) {
    const [id = ''] = idsIn(browser.page.text, 'devices')
    await browser.submit({ action: `/account/devices/${id}/` })
    assert.match(
      wordsOf(browser.page),
      /The device is asked for the second factor again\./,
    )
  },
  async 'the user, signing out all others'(app) {
    const other = await elsewhere(app)
    await other.submit({ action: '/account/sessions/' })
    assert.match(wordsOf(other.page), /All other devices were signed out/)
  },
}

for (const [name, forget] of Object.entries(FORGETTING))
  test(`a device is asked again after ${name}`, async (t) => {
    const app = await withTotp(t)
    await remember(app)
    await app.browser.open('/account/')
    await forget(app)
    app.clock.advance('1m')
    app.browser.cookies.delete('__Host-sessionid')
    const password = name === 'a new password' ? NEW_PASSWORD : PASSWORD
    assert.equal(await isAsked(app.browser, password), true)
  })

test('the account shows remembered devices in words, and forgets all of them', async (t) => {
  const app = await withTotp(t)
  const { browser } = app
  await browser.open('/account/sign-in/')
  await remember(app)
  assert.match(
    wordsOf(browser.page),
    /Remembered devices .*Firefox on Linux.*expires 31 January 2030.*this device Forget/,
  )
  assert.doesNotMatch(wordsOf(browser.page), /Forget all of them/)
  const other = testBrowser(app.auth)
  await remember(app, other)
  assert.equal(idsIn(other.page.text, 'devices').length, 2)
  await other.submit({ action: '/account/devices/' })
  assert.deepEqual(idsIn(other.page.text, 'devices'), [])
  for (const each of [browser, other]) {
    await signOut(each)
    assert.equal(await isAsked(each), true)
  }
})

test('a device of another user cannot be forgotten', async (t) => {
  const app = await withTotp(t)
  await remember(app)
  const [id = ''] = idsIn(app.browser.page.text, 'devices')
  assert.notEqual(id, '')
  await app.auth.users.create({ username: 'bob', password: PASSWORD })
  const bob = testBrowser(app.auth)
  await firstStep(bob, 'bob')
  const [, csrfmiddlewaretoken = ''] =
    /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(bob.page.text) ?? []
  const sent = await bob.post(`/account/devices/${id}/`, { csrfmiddlewaretoken })
  assert.equal(sent.status, 404)
  await bob.post('/account/devices/', { csrfmiddlewaretoken })
  await signOut(app.browser)
  assert.equal(await isAsked(app.browser), false)
})

test('a remembered sign-in has one factor', async (t) => {
  const app = await withTotp(t)
  await remember(app)
  await signOut(app.browser)
  await firstStep(app.browser)
  const [session] = await app.auth.sessions.list(app.ada.id)
  assert.deepEqual(session?.amr, ['pwd'])
})

test('a device is remembered where the first factor is set up in the account', async (t) => {
  const app = await signedIn(t, REMEMBERING)
  const { browser } = app
  await browser.open('/account/authenticators/new/')
  await browser.submit({ button: 'Continue' }, { current_password: PASSWORD })
  assert.match(wordsOf(browser.page), /Do not ask again on this device for 30 days/)
  const secret = hiddenValue(browser.page.text, 'secret')
  const fields = { code: '000000', remember_device: 'yes' }
  await browser.submit({ button: 'Turn on' }, fields)
  assert.match(browser.page.text, /name="remember_device" value="yes" checked/)
  assert.equal(browser.cookies.has(COOKIE), false)
  await browser.submit({ button: 'Turn on' }, { code: app.code(secret) })
  assert.equal(browser.page.heading, 'Save the recovery codes')
  assert.equal(browser.cookies.has(COOKIE), true)
  await signOut(browser)
  assert.equal(await isAsked(browser), false)
  assert.equal(await isAsked(testBrowser(app.auth)), true)
})

test('so it is where a sign-in asks to set one up, and only if the user wants it', async (t) => {
  const secondFactors = { rememberDevice: '30d', required: ['staff'] } as const
  for (const wanted of [true, false]) {
    const app = await signedIn(t, { secondFactors })
    const { browser } = app
    await app.auth.users.change(app.ada.id, { staff: true })
    await signOut(browser)
    assert.match((await firstStep(browser)).path, /^\/account\/second-factor\/set-up\//)
    await browser.submit({ button: 'Set up an authenticator app' })
    const code = app.code(hiddenValue(browser.page.text, 'secret'))
    const fields = { code, ...(wanted && { remember_device: 'yes' }) }
    await browser.submit({ button: 'Finish' }, fields)
    assert.equal(browser.page.heading, 'Save your recovery codes')
    assert.equal(browser.cookies.has(COOKIE), wanted)
    await signOut(browser)
    assert.equal(await isAsked(browser), !wanted)
  }
})

test('without the option no page of a set-up offers it', async (t) => {
  const app = await signedIn(t, { secondFactors: true })
  const { browser } = app
  await browser.open('/account/authenticators/new/')
  await browser.submit({ button: 'Continue' }, { current_password: PASSWORD })
  assert.doesNotMatch(browser.page.text, /remember_device/)
})
