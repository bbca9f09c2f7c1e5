import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Authenticator } from '../../passkeys/authenticator.ts'
import { ORIGIN, testBrowser, wordsOf } from '../site.ts'
import {
  ALL_OPTIONS,
  addTotp,
  hiddenValue,
  idsIn,
  PASSWORD,
  type Signed,
  signedIn,
  signIn,
} from './setup.ts'

/** The options that the script of a page passes to the device. */
const ceremonyIn = (text: string) =>
  JSON.parse(
    (/data-options="([^"]*)"/.exec(text)?.[1] ?? '')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&'),
  )

/** Adds a passkey in a browser, as the script of the page does. */
async function addPasskey({ browser }: Pick<Signed, 'browser'>, label = 'Laptop') {
  const { text } = await browser.open('/account/passkeys/new/')
  const authenticator = new Authenticator()
  const credential = JSON.stringify(authenticator.create(ceremonyIn(text)))
  await browser.submit({ action: '/account/passkeys/new/' }, { credential, label })
  return authenticator
}

const withGrace = async (app: Signed) => {
  await app.auth.users.create({ username: 'grace', password: PASSWORD })
  const browser = testBrowser(app.auth)
  await signIn(browser, { login: 'grace' })
  return { ...app, browser }
}

const noFactors = (t: TestContext) => signedIn(t, { secondFactors: false })

test('a passkey is added, renamed and removed', async (t) => {
  const app = await noFactors(t)
  const { browser } = app
  assert.match(wordsOf(browser.page), /You have no passkey yet/)
  await addPasskey(app)
  assert.equal(browser.page.path, '/account/?done=passkey_added')
  assert.match(
    wordsOf(browser.page),
    /Laptop On one device alone · Added 1 January 2030, not used yet/,
  )

  const [id = ''] = idsIn(browser.page.text, 'passkeys')
  await browser.open(`/account/passkeys/${id}/`)
  await browser.submit({ action: `/account/passkeys/${id}/` }, { label: 'Blue key' })
  assert.equal(browser.page.path, '/account/?done=passkey_renamed')
  assert.match(wordsOf(browser.page), /Blue key/)

  await browser.open(`/account/passkeys/${id}/`)
  const blank = await browser.submit(
    { action: `/account/passkeys/${id}/` },
    { label: ' ' },
  )
  assert.match(blank.text, /<a href="#label">Enter a value\.<\/a>/)
  await browser.submit({ action: `/account/passkeys/${id}/remove/` })
  assert.equal(browser.page.path, '/account/?done=passkey_removed')
  assert.match(wordsOf(browser.page), /You have no passkey yet/)
})

test('the first passkey brings recovery codes, which are shown once', async (t) => {
  const app = await signedIn(t)
  await addPasskey(app)
  assert.equal(app.browser.page.heading, 'Save the recovery codes')
  assert.equal(app.browser.page.headers.get('cache-control'), 'no-store')
  const codes = /<pre class="secret"[^>]*>([^<]*)/.exec(app.browser.page.text)?.[1] ?? ''
  assert.equal(codes.split('\n').length, 10)
  const { text } = await app.browser.open('/account/recovery-codes/')
  for (const code of codes.split('\n')) assert.ok(!text.includes(code))
})

test('an answer that is no passkey, or for another page, is refused', async (t) => {
  const app = await noFactors(t)
  const { browser } = app
  const { text } = await browser.open('/account/passkeys/new/')
  const authenticator = new Authenticator()
  const foreign = authenticator.create(ceremonyIn(text), {
    origin: 'https://evil.example',
  })
  for (const credential of [
    '',
    '{',
    'null',
    '[]',
    '{"id":"x"}',
    JSON.stringify(foreign),
  ]) {
    await browser.open('/account/passkeys/new/')
    const shown = await browser.submit(
      { action: '/account/passkeys/new/' },
      { credential },
    )
    assert.equal(shown.status, 400, credential)
    assert.match(shown.text, /role="alert"/)
  }
  assert.match(wordsOf(await browser.open('/account/')), /You have no passkey yet/)
})

test('a challenge is used once', async (t) => {
  const app = await noFactors(t)
  const { browser } = app
  const { text } = await browser.open('/account/passkeys/new/')
  const credential = JSON.stringify(new Authenticator().create(ceremonyIn(text)))
  const token = hiddenValue(text, 'csrfmiddlewaretoken')
  const fields = { credential, csrfmiddlewaretoken: token }
  const first = await browser.post('/account/passkeys/new/', fields)
  assert.equal(first.path, '/account/?done=passkey_added')
  assert.equal((await browser.post('/account/passkeys/new/', fields)).status, 400)
})

test('the last way to sign in cannot be removed', async (t) => {
  const app = await signedIn(t, {
    secondFactors: false,
    accounts: { ...ALL_OPTIONS.accounts, signInCodes: false },
  })
  await app.auth.users.create({ username: 'grace' })
  const authenticator = new Authenticator()
  const headers = { ...(await app.as('grace')), 'content-type': 'application/json' }
  const send = async (path: string, body: object) => {
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await app.auth.handler(new Request(ORIGIN + path, init))).json()
  }
  const options = (await send('/auth/passkeys/options/', {})) as never
  await send('/auth/passkeys/', {
    credential: authenticator.create(options),
    label: 'Key',
  })

  const grace = testBrowser(app.auth)
  const { text } = await grace.open('/account/sign-in/passkey/')
  const credential = JSON.stringify(authenticator.get(ceremonyIn(text)))
  await grace.submit({ action: '/account/sign-in/passkey/' }, { credential })
  assert.equal(grace.page.path, '/account/')
  const [id = ''] = idsIn(grace.page.text, 'passkeys')
  await grace.open(`/account/passkeys/${id}/`)
  const kept = await grace.submit({ action: `/account/passkeys/${id}/remove/` })
  assert.equal(kept.status, 400)
  assert.match(wordsOf(kept), /This is the last way to sign in|your only way/)
  assert.match(wordsOf(await grace.open('/account/')), /Key On one device alone/)
})

test("another user's passkey is not found", async (t) => {
  const app = await noFactors(t)
  await addPasskey(app)
  const [id = ''] = idsIn(app.browser.page.text, 'passkeys')
  const { browser } = await withGrace(app)
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  assert.equal((await browser.open(`/account/passkeys/${id}/`)).status, 404)
  for (const below of [id, `${id}/remove`]) {
    const sent = { csrfmiddlewaretoken, label: 'mine' }
    assert.equal(
      (await browser.post(`/account/passkeys/${below}/`, sent)).status,
      404,
      below,
    )
  }
  assert.match(wordsOf(await app.browser.open('/account/')), /Laptop/)
})

test('an authenticator app is set up with a QR code and its key, and brings recovery codes once', async (t) => {
  const app = await signedIn(t)
  const { browser, code } = app
  assert.match(
    wordsOf(browser.page),
    /Authenticator app Asked for after the password off/,
  )
  await browser.open('/account/authenticators/new/')
  await browser.submit(
    { action: '/account/authenticators/new/' },
    { current_password: PASSWORD, label: 'Phone' },
  )
  const shown = browser.page
  const secret = hiddenValue(shown.text, 'secret')
  assert.match(secret, /^[A-Z2-7]{32}$/)
  assert.match(
    shown.text,
    /<svg class="qr"[^>]*role="img" aria-label="QR code with the same key"/,
  )
  assert.ok(wordsOf(shown).includes((secret.match(/.{4}/g) ?? []).join(' ')))
  assert.match(
    wordsOf(shown),
    /Account ada@example\.org, issuer Notes, 6 digits, 30 seconds/,
  )
  assert.equal(shown.headers.get('cache-control'), 'no-store')

  const wrong = await browser.submit(
    { action: '/account/authenticators/confirm/' },
    { code: '000000' },
  )
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /<a href="#code">/)
  assert.equal(hiddenValue(wrong.text, 'secret'), secret)
  assert.match(wrong.text, /<svg class="qr"/)

  await browser.submit(
    { action: '/account/authenticators/confirm/' },
    { code: code(secret).replace(/^.../, '$& ') },
  )
  assert.equal(browser.page.heading, 'Save the recovery codes')
  const account = await browser.open('/account/')
  assert.match(wordsOf(account), /Phone Added 1 January 2030/)
  assert.match(wordsOf(account), /10 codes are left/)
  assert.doesNotMatch(account.text, new RegExp(secret))
})

test('an authenticator app needs the password, also after a new sign-in', async (t) => {
  const { browser } = await signedIn(t)
  await browser.open('/account/authenticators/new/')
  const send = (current_password: string) =>
    browser.submit({ action: '/account/authenticators/new/' }, { current_password })
  const missing = await send('')
  assert.match(missing.text, /<a href="#current_password">Enter a value\.<\/a>/)
  const wrong = await send('wrong')
  assert.equal(wrong.status, 400)
  assert.match(
    wrong.text,
    /<a href="#current_password">This password is not correct\.<\/a>/,
  )
  assert.doesNotMatch(wrong.text, /class="qr"/)
})

test('the key of the form is shown again only if it is one', async (t) => {
  const { browser } = await signedIn(t)
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  for (const secret of ['', '<svg onload=alert(1)>', 'a'.repeat(32), 'A'.repeat(200)]) {
    const sent = { csrfmiddlewaretoken, code: '000000', id: 'x', secret }
    const shown = await browser.post('/account/authenticators/confirm/', sent)
    assert.equal(shown.path, '/account/authenticators/new/', secret)
  }
})

test('an authenticator app is removed with one of its codes', async (t) => {
  const app = await signedIn(t)
  const { browser, code, clock } = app
  const { secret } = await addTotp(app)
  await browser.open('/account/')
  const [id = ''] = idsIn(browser.page.text, 'authenticators')
  await browser.open(`/account/authenticators/${id}/`)
  const action = `/account/authenticators/${id}/`
  const wrong = await browser.submit({ action }, { code: '000000' })
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /<a href="#code">/)
  clock.advance(60)
  await browser.submit({ action }, { code: code(secret) })
  assert.equal(browser.page.path, '/account/?done=totp_removed')
  assert.match(wordsOf(browser.page), /Available once a second factor is set up/)
})

test("another user's authenticator app is not found", async (t) => {
  const app = await signedIn(t)
  await addTotp(app)
  await app.browser.open('/account/')
  const [id = ''] = idsIn(app.browser.page.text, 'authenticators')
  const { browser } = await withGrace(app)
  const csrfmiddlewaretoken = hiddenValue(browser.page.text, 'csrfmiddlewaretoken')
  const path = `/account/authenticators/${id}/`
  assert.equal((await browser.open(path)).status, 404)
  const sent = { csrfmiddlewaretoken, code: '000000' }
  assert.equal((await browser.post(path, sent)).status, 404)
})

test('new recovery codes replace the old ones, and how many are left is shown', async (t) => {
  const app = await signedIn(t)
  const { browser, code, clock } = app
  const { secret, recoveryCodes } = await addTotp(app)
  const [used = ''] = recoveryCodes
  clock.advance(60)
  await browser.open('/account/recovery-codes/')
  await browser.submit({ action: '/account/recovery-codes/' }, { code: used })
  assert.equal(browser.page.heading, 'Save the recovery codes')
  const [, fresh = ''] = /<pre class="secret"[^>]*>([^<]*)/.exec(browser.page.text) ?? []
  assert.equal(fresh.split('\n').length, 10)
  assert.ok(!fresh.includes(used))
  const old = await tryCode(browser, recoveryCodes[1] ?? '')
  assert.equal(old.status, 400)
  assert.match(old.text, /<a href="#code">This code is not correct/)
  assert.equal((await tryCode(browser, code(secret))).status, 200)
})

async function tryCode(browser: Signed['browser'], code: string) {
  await browser.open('/account/recovery-codes/')
  return browser.submit({ action: '/account/recovery-codes/' }, { code })
}

test('too many wrong codes say when to try again', async (t) => {
  const app = await signedIn(t, { codes: { wrongPerTarget: '3/h' } })
  await addTotp(app)
  for (let i = 0; i < 4; i++) await tryCode(app.browser, '000000')
  assert.equal(app.browser.page.status, 429)
  assert.match(wordsOf(app.browser.page), /Try again in .* at \d\d:\d\d UTC/)
})
