import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { signInPages } from '../../src/features/account-pages/sign-in/pages.ts'
import { openParts } from '../pages/own/setup.ts'
import { withAuthenticator } from '../pages/own/walk.ts'
import { inspect, openTab, type Tab } from './inspect.ts'
import { type ServedInstance, served } from './served.ts'

const NO_BROWSER = 'Chromium is not installed'
const EMAIL = 'ada@example.com'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const LINKED = /http:\/\/localhost:\d+\S+/

const OPTIONS = {
  pages: {
    name: 'Fieldnotes',
    color: '#7a1f5c',
    geo: () => 'London, United Kingdom',
    links: [{ text: 'Privacy', href: '/privacy' }],
  },
  accounts: { signInCodes: true, tokenScopes: ['notes.read', 'notes.write'] },
  passkeys: true,
  secondFactors: { issuer: 'Fieldnotes', required: ['staff'], rememberDevice: '30d' },
  codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
  throttle: { login: '3/min' },
  user: { name: 'string?', born: 'date?', newsletter: 'boolean?' },
} as const

/** Pages that only take a form: opened, they go to the page that has it. */
const FORMS_ONLY = [
  'profile',
  'emailVerify',
  'session',
  'token',
  'devices',
  'device',
].map((name) => `pages.${name}`)

/** A browser on an instance with every page, which looks at each page that it is shown. */
class Walk {
  readonly seen = new Set<string>()
  readonly faults: string[] = []
  readonly it: ServedInstance
  readonly tab: Tab

  constructor(it: ServedInstance, tab: Tab) {
    this.it = it
    this.tab = tab
  }

  get page(): Page {
    return this.tab.page
  }

  open = (below: string) => this.page.goto(`${this.it.url}/account/${below}`)

  async look(name: string, path = ''): Promise<void> {
    const { pathname } = new URL(this.page.url())
    assert.match(pathname, new RegExp(path))
    this.seen.add(pathname)
    this.faults.push(...(await inspect(this.page, name)))
  }

  async visit(below: string, name: string): Promise<void> {
    await this.open(below)
    await this.look(name, `/account/${below.replace(/\?.*/, '')}$`)
  }

  /** Fills the form in main, and presses its button. */
  async send(fields: Readonly<Record<string, string>> = {}, button = '.btn.main') {
    for (const [name, value] of Object.entries(fields))
      await this.page.locator(`main [name=${name}]`).first().fill(value)
    await this.page.locator(`main form ${button}`).first().click()
    await this.page.waitForLoadState()
  }

  /** Opens the link of the last mail to an address. */
  async follow(to = EMAIL): Promise<void> {
    const mail = (await this.it.instance.mail()).findLast((each) => each.to === to)
    await this.page.goto(LINKED.exec(mail?.text ?? '')?.[0] ?? '')
  }

  codeOf = (secret: string): string =>
    new TOTP({ secret: secret.replaceAll(' ', '') }).generate({
      timestamp: this.it.instance.clock.now() * 1000,
    })
}

async function walk(t: TestContext): Promise<Walk | undefined> {
  const tab = await openTab(t)
  if (tab === undefined) return undefined
  return new Walk(await served(t, OPTIONS), tab)
}

async function signUpPages(w: Walk): Promise<void> {
  await w.visit('sign-up/', 'sign-up')
  await w.send({ email: EMAIL, username: 'a b', password: 'password1' })
  await w.look('sign-up-faults')
  await w.send({ username: 'ada', password: PASSWORD })
  await w.look('sign-up-sent', '/sign-up/sent/')
  await w.visit('confirm/code/', 'confirm-code')
  await w.visit('confirm/', 'confirm')
  await w.follow()
  await w.look('activate', '/activate/')
  await w.send()
  await w.look('confirmed', '/done/')
  await w.it.instance.auth.users.invite({ email: 'grace@example.com' })
  await w.follow('grace@example.com')
  await w.look('sign-up-invited', '/sign-up/')
}

async function signInPagesOf(w: Walk): Promise<void> {
  await w.visit('sign-in/', 'sign-in')
  await w.send({ login: 'ada', password: 'wrong' })
  await w.look('sign-in-wrong')
  for (let i = 0; i < 4; i++) await w.send({ login: 'nobody', password: 'wrong' })
  await w.look('sign-in-limited')
  w.it.instance.clock.advance(120)
  await w.visit('sign-in/passkey/', 'sign-in-passkey')
  await w.visit('sign-in/phone/', 'sign-in-phone')
  await w.send({ phone: '+351912345678' })
  await w.look('sign-in-code', '/sign-in/code/')
  await w.send({ code: '000000' })
  await w.look('sign-in-code-wrong')
  await w.visit('sign-in/mail/', 'sign-in-mail')
  await w.send({ email: EMAIL })
  await w.look('sign-in-sent', '/sign-in/sent/')
  await w.follow()
  await w.look('login', '/login/')
  await w.visit('forgot-password/', 'forgot-password')
  await w.send({ email: EMAIL })
  await w.look('forgot-sent', '/forgot-password/sent/')
  await w.follow()
  await w.look('reset-password', '/reset-password/')
  await w.send({ password: PASSWORD })
  await w.look('password-saved', '/done/')
}

async function otherPages(w: Walk): Promise<void> {
  await w.visit('signed-out/', 'signed-out')
  await w.visit('deleted/', 'deleted')
  await w.open('activate/')
  await w.look('invalid-link')
  const href = 'https://client.example.net/callback'
  const value = Buffer.from(JSON.stringify({ href })).toString('base64url')
  await w.tab.context.addCookies([{ name: 'watchword-continue', value, url: w.it.url }])
  // The page stays: there is nothing to show at the address that it goes on to.
  await w.page.route(`${href}**`, (route) => route.fulfill({ status: 204 }))
  await w.visit('continue/', 'continue')
}

async function signIn(w: Walk): Promise<void> {
  await w.open('sign-in/')
  await w.send({ login: 'ada', password: PASSWORD })
}

/** Every page of the own account, and its states. @returns the key of the app */
async function ownPages(w: Walk): Promise<string> {
  await w.look('account-new', '/account/$')
  const secret = await credentialPages(w)
  await contactPages(w)
  await w.visit('tokens/new/', 'token-new')
  await w.send({ name: 'nightly export' })
  await w.look('token-no-choice')
  await w.page.locator('[value="notes.read"]').check()
  await w.send({ name: 'nightly export' })
  await w.look('token-shown')
  await w.visit('sessions/', 'sessions')
  await w.visit('tokens/', 'tokens')
  await w.visit('', 'account')
  await w.page.locator('#password-current_password').fill('wrong')
  await w.page.locator('#password-new_password').fill('another long phrase')
  await w.page.locator('#password form .btn').click()
  await w.look('account-fault')
  await w.visit(`passkeys/${'a'.repeat(32)}/`, 'not-found')
  await w.visit('export/', 'export')
  await w.visit('delete/', 'delete')
  await w.send({ username: 'grace' }, '.btn.danger')
  await w.look('delete-fault')
  await w.visit('sign-out/', 'sign-out')
  return secret
}

/** @returns the key of the app */
async function credentialPages(w: Walk): Promise<string> {
  await w.visit('authenticators/new/', 'totp-new')
  await w.send({ current_password: PASSWORD, label: 'Phone' })
  await w.look('totp-scan')
  const secret = (await w.page.locator('code.secret').textContent()) ?? ''
  await w.send({ code: '000000' })
  await w.look('totp-wrong')
  await w.send({ code: w.codeOf(secret) })
  await w.look('recovery-codes-shown')
  await w.visit('recovery-codes/', 'recovery-codes')
  await w.visit('passkeys/new/', 'passkey-new')
  await w.send({ label: 'Laptop' })
  await w.page.waitForURL('**/account/?done=passkey_added')
  await w.page.locator('#passkeys .items a').click()
  await w.look('passkey', '/passkeys/')
  await w.page.goto(`${w.page.url()}remove/`)
  await w.look('passkey-remove', '/remove/')
  await w.open('')
  await w.page.locator('#secondFactor .items a').first().click()
  await w.look('totp', '/authenticators/')
  return secret
}

async function contactPages(w: Walk): Promise<void> {
  await w.visit('phone/', 'phone')
  await w.send({ phone: '+351912345678' })
  await w.look('phone-code', '/phone/code/')
  await w.send({ code: '000000' })
  await w.look('phone-code-wrong')
  await w.visit('email/', 'email')
  await w.send({ email: 'ada@new.example' })
  await w.look('account-pending', '/account/$')
  await w.visit('email/code/', 'email-code')
  await w.follow('ada@new.example')
  await w.look('change-email', '/change-email/')
  await w.send()
  await w.look('email-changed', '/done/')
  await w.follow()
  await w.look('undo-email', '/undo-email/')
}

async function againPages(w: Walk): Promise<void> {
  w.it.instance.clock.advance('20m')
  await w.visit('again/?next=/account/export/', 'again')
  await w.visit('again/passkey/', 'again-passkey')
  await w.visit('again/code/', 'again-code')
}

async function secondSteps(w: Walk, secret: string): Promise<void> {
  await w.tab.context.clearCookies()
  await signIn(w)
  await w.look('second-factor', '/second-factor/')
  await w.visit('second-factor/passkey/', 'second-factor-passkey')
  await w.open('second-factor/')
  await w.send({ code: '000000' })
  await w.look('second-factor-wrong')
  w.it.instance.clock.advance(30)
  await w.send({ code: w.codeOf(secret) })
  await w.tab.context.clearCookies()
  const staff = { username: 'vitor', password: PASSWORD, staff: true } as const
  await w.it.instance.auth.users.create(staff)
  await w.open('sign-in/')
  await w.send({ login: 'vitor', password: PASSWORD })
  await w.look('set-up', '/set-up/')
  await w.send()
  await w.look('set-up-scan')
}

async function verifyPage(w: Walk): Promise<void> {
  await w.tab.context.clearCookies()
  const { auth } = w.it.instance
  const email = 'eve@example.com'
  await auth.users.create({ username: 'eve', password: PASSWORD, email })
  await w.open('sign-in/')
  await w.send({ login: 'eve', password: PASSWORD })
  await w.page.locator('#profile .items form .btn').click()
  await w.follow(email)
  await w.look('verify', '/verify/|/activate/')
}

test('every page is whole at three widths, light and dark', async (t) => {
  const w = await walk(t)
  if (w === undefined) return t.skip(NO_BROWSER)
  await signUpPages(w)
  await signInPagesOf(w)
  await otherPages(w)
  const removeAuthenticator = await withAuthenticator(w.tab)
  await signIn(w)
  const secret = await ownPages(w)
  // It would answer at once what the pages ask for.
  await removeAuthenticator()
  await againPages(w)
  await secondSteps(w, secret)
  await verifyPage(w)
  assert.deepEqual(w.faults, [])
  assert.deepEqual(w.tab.faults, [])

  const { core } = await openParts(t, OPTIONS)
  const all = signInPages(core.section, (below) => `/account${below}`)
  const unseen = all.filter(({ path }) => ![...w.seen].some(matcherOf(path)))
  assert.deepEqual(unseen.map(({ name }) => name).toSorted(), FORMS_ONLY.toSorted())
})

/** Whether a path is that of a page, such as `/account/passkeys/:id/`. */
function matcherOf(path: string): (seen: string) => boolean {
  const pattern = new RegExp(`^${path.replace(/:\w+/g, '(?!new/)[^/]+')}$`)
  return (seen) => pattern.test(seen)
}

test('without scripts every page that is opened by its address is whole, too', async (t) => {
  const it = await served(t, OPTIONS)
  const tab = await openTab(t, { javaScriptEnabled: false })
  if (tab === undefined) return t.skip(NO_BROWSER)
  const w = new Walk(it, tab)
  await it.instance.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: EMAIL,
    emailVerified: true,
  })
  for (const below of SIGNED_OUT) await opened(w, below)
  await signIn(w)
  for (const below of SIGNED_IN) await opened(w, below)
  assert.deepEqual(tab.faults, [])
})

const SIGNED_OUT = [
  'sign-in/',
  'sign-in/mail/',
  'sign-in/phone/',
  'sign-in/passkey/',
  'sign-up/',
  'confirm/',
  'forgot-password/',
  'signed-out/',
  'deleted/',
]

const SIGNED_IN = [
  '',
  'sessions/',
  'tokens/',
  'tokens/new/',
  'email/',
  'phone/',
  'passkeys/new/',
  'authenticators/new/',
  'recovery-codes/',
  'export/',
  'delete/',
  'sign-out/',
]

/** A page without a script that it needs has no button that does nothing. */
async function opened(w: Walk, below: string): Promise<void> {
  const response = await w.open(below)
  assert.equal(response?.status(), 200, below)
  await w.page.setViewportSize({ width: 320, height: 800 })
  const wide = await w.page.evaluate('document.documentElement.scrollWidth')
  assert.equal(wide, 320, below)
  assert.equal(await w.page.locator('h1').count(), 1, below)
  assert.equal(await w.page.locator('#ceremony button').isVisible(), false, below)
}
