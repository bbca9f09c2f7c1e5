import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOTP } from 'otpauth'
import { AuthError } from '../../src/base/errors.ts'
import { FEATURE_LIST } from '../../src/features.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { SignInAttempt } from '../../src/sign-in/complete-sign-in.ts'
import { testClock } from '../../src/testing/clock.ts'
import { buildWatchword } from '../build-watchword.ts'
import { ORIGIN, type TestBrowser, testBrowser } from '../pages/site.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { until } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const EMAIL = 'ada@example.org'
const PHONE = '+351912345678'

const OPTIONS = {
  database: 'sqlite::memory:',
  secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
  url: ORIGIN,
  pages: true,
  console: true,
  accounts: { signInCodes: true },
  passkeys: true,
  codes: { resendAfter: 0, perTarget: null, perClient: null, inTotal: null },
  sms: () => {},
  mail: () => {},
} as const

/** A message, without what differs between mails and text messages. */
interface Sent {
  readonly to: string
  readonly text: string
}

/** An instance with ada, whose sign-ins a check can stop. */
async function gate({ required = [] }: { readonly required?: readonly string[] } = {}) {
  const asked: SignInAttempt[] = []
  const sent: Sent[] = []
  const clock = testClock()
  let isStopping = false
  const auth = buildWatchword({
    ...OPTIONS,
    secondFactors: { required: [...required], rememberDevice: '30d' },
    clock: clock.now,
    mail: ({ to, text }) => void sent.push({ to, text }),
    sms: ({ to, text }) => void sent.push({ to, text }),
    signInChecks: [
      (_, attempt) => {
        // It is asked again once the session is opened.
        if (!asked.includes(attempt)) asked.push(attempt)
        if (!isStopping) return undefined
        const body = { code: 'mfa_required', ticket: 't', methods: ['totp'] }
        return () => new AuthError('mfa_required', undefined, { body })
      },
    ],
  })
  const { id } = await auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: EMAIL,
    emailVerified: true,
    phone: PHONE,
    phoneVerified: true,
    staff: required.length > 0,
  })
  return {
    auth,
    clock,
    asked,
    browser: testBrowser(auth),
    stop() {
      isStopping = true
    },
    /** What is in the next message that `send` leads to. */
    async message(pattern: RegExp, send: () => Promise<unknown>): Promise<string> {
      const before = sent.length
      await send()
      await until(() => sent.length > before)
      return pattern.exec(sent.at(-1)?.text ?? '')?.[1] ?? ''
    },
    /** What a sign-in leaves behind. */
    async traces() {
      const live = await auth.sessions.list(id)
      const events = await auth.events.list({ kind: 'signed_in' })
      return { sessions: live.map((each) => each.id), events: events.length }
    },
    [Symbol.asyncDispose]: () => auth.close(),
  }
}

type Gate = Awaited<ReturnType<typeof gate>>

const DIGITS = /\b(\d{6})\b/
const LINK = /https:\/\/app\.example\.com(\/\S+)/

async function withPassword(browser: TestBrowser): Promise<void> {
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
}

const totp = (secret: string, { clock }: Gate): string =>
  new TOTP({ secret }).generate({ timestamp: clock.now() * 1000 })

const secretIn = ({ page }: TestBrowser): string =>
  /name="secret" value="([A-Z2-7]+)"/.exec(page.text)?.[1] ?? ''

/** Adds an authenticator app in a browser of its own. @returns its secret */
async function withTotp(it: Gate): Promise<string> {
  const browser = testBrowser(it.auth)
  await withPassword(browser)
  const action = '/account/authenticators/new/'
  await browser.open(action)
  await browser.submit({ action }, { current_password: PASSWORD, label: '' })
  const secret = secretIn(browser)
  const code = totp(secret, it)
  await browser.submit({ action: '/account/authenticators/confirm/' }, { code })
  it.clock.advance('1m')
  return secret
}

const optionsIn = ({ page }: TestBrowser) =>
  JSON.parse(
    (/data-options="([^"]*)"/.exec(page.text)?.[1] ?? '').replaceAll('&quot;', '"'),
  )

/** Adds a passkey in a browser of its own. */
async function withPasskey({ auth }: Gate): Promise<Authenticator> {
  const browser = testBrowser(auth)
  const passkey = new Authenticator()
  await withPassword(browser)
  const action = '/account/passkeys/new/'
  await browser.open(action)
  const credential = passkey.create(optionsIn(browser), { origin: ORIGIN })
  const fields = { credential: JSON.stringify(credential), label: '' }
  await browser.submit({ action }, fields)
  return passkey
}

/** Opens a page that asks for a passkey. @returns what answers it */
async function askedForPasskey({ browser }: Gate, path: string, passkey: Authenticator) {
  await browser.open(path)
  const credential = JSON.stringify(passkey.get(optionsIn(browser), { origin: ORIGIN }))
  return () => browser.submit({ action: path }, { credential })
}

/** Takes a browser to the last form of a sign-in. @returns what sends it */
type Way = (it: Gate) => Promise<() => Promise<unknown>>

/** Every page that signs in, with the methods that it asks the check about. */
const WAYS: Readonly<Record<string, readonly [methods: readonly string[], way: Way]>> = {
  'pages.signIn': [
    ['pwd'],
    async ({ browser }) =>
      () =>
        withPassword(browser),
  ],
  'pages.login': [
    ['link'],
    async ({ browser, message }) => {
      const action = '/account/sign-in/mail/'
      await browser.open(action)
      const send = () => browser.submit({ action }, { email: EMAIL })
      await browser.open(await message(LINK, send))
      return () => browser.submit({ button: 'Sign in' })
    },
  ],
  'pages.signInCode': [
    ['sms'],
    async ({ browser, message }) => {
      const action = '/account/sign-in/phone/'
      await browser.open(action)
      const send = () => browser.submit({ action }, { phone: PHONE })
      const code = await message(DIGITS, send)
      return () => browser.submit({ button: 'Continue' }, { code })
    },
  ],
  'pages.signInPasskey': [
    ['hwk', 'user'],
    async (it) => askedForPasskey(it, '/account/sign-in/passkey/', await withPasskey(it)),
  ],
  'pages.secondFactor': [
    ['pwd', 'otp'],
    async (it) => {
      const secret = await withTotp(it)
      await withPassword(it.browser)
      return () => it.browser.submit({ button: 'Continue' }, { code: totp(secret, it) })
    },
  ],
  'pages.secondFactorPasskey': [
    ['pwd', 'hwk', 'user'],
    async (it) => {
      const passkey = await withPasskey(it)
      await withPassword(it.browser)
      return askedForPasskey(it, '/account/second-factor/passkey/', passkey)
    },
  ],
  'pages.setUp': [
    ['pwd', 'otp'],
    async (it) => {
      const { browser } = it
      await withPassword(browser)
      await browser.submit({ button: 'Set up' })
      const code = totp(secretIn(browser), it)
      return () => browser.submit({ button: 'Finish' }, { code })
    },
  ],
  'pages.again': [
    ['pwd'],
    async ({ browser, clock }) => {
      await withPassword(browser)
      clock.advance('11m')
      const action = '/account/again/'
      await browser.open(action)
      return () => browser.submit({ action }, { current_password: PASSWORD })
    },
  ],
  'pages.againCode': [
    ['pwd', 'link'],
    async ({ browser, clock, message }) => {
      await withPassword(browser)
      clock.advance('11m')
      await browser.open('/account/again/')
      const action = '/account/again/code/'
      const send = () => browser.submit({ action }, { again: 'yes' })
      const code = await message(DIGITS, send)
      return () => browser.submit({ action, button: 'Continue' }, { code })
    },
  ],
  'pages.againPasskey': [
    ['hwk', 'user'],
    async (it) => {
      const passkey = await withPasskey(it)
      const path = '/account/sign-in/passkey/'
      await (await askedForPasskey(it, path, passkey))()
      it.clock.advance('11m')
      return askedForPasskey(it, '/account/again/passkey/', passkey)
    },
  ],
}

/** Signs a member of staff in as another user, whose factors cannot be asked for: test/console. */
const IMPERSONATES = 'console.user'

/** The pages whose forms do not sign in. */
const OTHERS = [
  'console.apiTokens',
  'console.explain',
  'console.first',
  'console.keys',
  'console.newUser',
  'console.outbox',
  'console.sessions',
  'pages.account',
  'pages.activate',
  'pages.changeEmail',
  'pages.confirm',
  'pages.confirmCode',
  'pages.confirmTotp',
  'pages.deleteAccount',
  'pages.device',
  'pages.devices',
  'pages.email',
  'pages.emailCode',
  'pages.emailVerify',
  'pages.exportData',
  'pages.forgotPassword',
  'pages.newPasskey',
  'pages.newToken',
  'pages.newTotp',
  'pages.passkey',
  'pages.password',
  'pages.phone',
  'pages.phoneCode',
  'pages.profile',
  'pages.recoveryCodes',
  'pages.removePasskey',
  'pages.resetPassword',
  'pages.session',
  'pages.sessions',
  'pages.signInMail',
  'pages.signInPhone',
  'pages.signOut',
  'pages.signUp',
  'pages.token',
  'pages.tokens',
  'pages.totp',
  'pages.undoEmail',
  'pages.verify',
]

test('every page with a form is among those that sign in, or among those that do not', () => {
  const settings = parseSettings(
    { ...OPTIONS, secondFactors: { rememberDevice: '30d' } },
    {},
  )
  const open = () => Promise.reject(new Error('The instance is not opened.'))
  const withForms = FEATURE_LIST.flatMap(
    (each) => each.pages?.(settings.section, true) ?? [],
  )
    .filter((page) => 'POST' in page.create(settings as never, open).methods)
    .map(({ name }) => name)
  const known = [...Object.keys(WAYS), IMPERSONATES, ...OTHERS]
  assert.deepEqual(withForms.toSorted(), known.toSorted())
})

const requiredAt = (name: string) => ({
  required: name === 'pages.setUp' ? ['staff'] : [],
})

for (const [name, [methods, way]] of Object.entries(WAYS)) {
  test(`a sign-in at ${name} is checked and recorded once, with its methods`, async () => {
    await using it = await gate(requiredAt(name))
    const finish = await way(it)
    const asked = it.asked.length
    const before = await it.traces()
    await finish()

    const now = it.asked.slice(asked)
    assert.deepEqual(
      now.map((each) => [each.methods, each.starts]),
      [[methods, 'session']],
    )
    const { sessions, events } = await it.traces()
    assert.equal(sessions.filter((each) => !before.sessions.includes(each)).length, 1)
    assert.equal(events, before.events + 1)
    assert.ok(it.browser.cookies.has('__Host-sessionid'))
  })

  test(`a check that stops a sign-in at ${name} leaves no session`, async () => {
    await using it = await gate(requiredAt(name))
    const finish = await way(it)
    const before = await it.traces()
    const cookie = it.browser.cookies.get('__Host-sessionid')
    it.stop()
    await finish()

    assert.equal(it.asked.at(-1)?.methods.join(), methods.join())
    const { sessions, events } = await it.traces()
    assert.deepEqual(
      sessions.filter((each) => !before.sessions.includes(each)),
      [],
    )
    assert.equal(events, before.events)
    assert.equal(it.browser.cookies.get('__Host-sessionid'), cookie)
  })
}
