import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { TOTP } from 'otpauth'
import { openBrowserSession } from '../../../src/features/browser-sessions/browser-session.ts'
import { pageSessionSettings } from '../../../src/features/browser-sessions/scheme.ts'
import { openInstance } from '../../../src/instance/instance.ts'
import { lazily } from '../../../src/instance/lazy-instance.ts'
import type { Options } from '../../../src/settings/options.ts'
import { parseSettings } from '../../../src/settings/settings.ts'
import { CHEAP_PASSWORDS } from '../../../src/testing/cheap-passwords.ts'
import { testClock } from '../../../src/testing/clock.ts'
import type { TestOptions } from '../../../src/testing/index.ts'
import { testInstance } from '../../../src/testing/index.ts'
import { watchwordOf } from '../../../src/watchword.ts'
import { cleanUp } from '../../cleanup.ts'
import { ORIGIN, type TestBrowser, testBrowser } from '../site.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const EMAIL = 'ada@example.org'

const NO_LIMITS = { resendAfter: 0, perTarget: null, perClient: null, inTotal: null }

export const ALL_OPTIONS = {
  url: ORIGIN,
  pages: { name: 'Notes' },
  accounts: { tokenScopes: ['notes.read', 'notes.write'], signInCodes: true },
  passkeys: true,
  secondFactors: { issuer: 'Notes', rememberDevice: '30d' },
  codes: NO_LIMITS,
} satisfies TestOptions

/** An instance with all pages and a user, ada, and a browser in which she is signed in. */
export async function signedIn(t: TestContext, options: TestOptions = {}) {
  const instance = testInstance({ ...ALL_OPTIONS, ...options } as TestOptions)
  cleanUp(t, () => instance.auth.close())
  const ada = await instance.auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: EMAIL,
    emailVerified: true,
  })
  const browser = testBrowser(instance.auth)
  await signIn(browser)
  return { ...instance, ada, browser, code: codesOf(instance) }
}

export type Signed = Awaited<ReturnType<typeof signedIn>>

/** Signs a browser in with a password. */
export async function signIn(
  browser: TestBrowser,
  { login = 'ada', password = PASSWORD, agent = FIREFOX } = {},
): Promise<void> {
  const headers = { 'user-agent': agent }
  await browser.open('/account/sign-in/')
  await browser.submit({ action: '/account/sign-in/' }, { login, password }, headers)
  assert.equal(browser.page.path, '/account/')
}

export const FIREFOX =
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
export const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1'

/** What an authenticator app shows, by another implementation. */
const codesOf =
  ({ clock }: { readonly clock: { now(): number } }) =>
  (secret: string, steps = 0): string =>
    new TOTP({ secret }).generate({ timestamp: (clock.now() + steps * 30) * 1000 })

/** Adds an authenticator app to ada's account, in the browser. @returns its secret and the recovery codes */
export async function addTotp({ browser, code }: Signed, label = 'Phone') {
  await browser.open('/account/authenticators/new/')
  const fields = { current_password: PASSWORD, label }
  await browser.submit({ action: '/account/authenticators/new/' }, fields)
  const secret = hiddenValue(browser.page.text, 'secret')
  await browser.submit(
    { action: '/account/authenticators/confirm/' },
    { code: code(secret) },
  )
  const [, codes = ''] =
    /<pre class="secret"[^>]*>(.*?)<\/pre>/s.exec(browser.page.text) ?? []
  return { secret, recoveryCodes: codes.split('\n').filter(Boolean) }
}

export const hiddenValue = (text: string, name: string): string =>
  new RegExp(`type="hidden" name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? ''

/** The ids of things that a page links to or has forms for. */
export const idsIn = (text: string, below: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(new RegExp(`/account/${below}/([\\w-]{16,})/`, 'g'))].map(
      ([, id = '']) => id,
    ),
  ),
]

/** An instance in memory and its parts, for what no page can do: to act as another user, to store a label as it is. */
export async function openParts(t: TestContext, options: Options = {}) {
  const clock = testClock()
  const settings = parseSettings(
    {
      ...ALL_OPTIONS,
      secret: 'a secret of the tests of pages, which is long enough',
      database: 'sqlite::memory:',
      log: () => {},
      mail: () => undefined,
      sms: () => undefined,
      clock: clock.now,
      ...options,
    },
    {},
  )
  const instance = lazily(() => openInstance(settings, { encodings: CHEAP_PASSWORDS }))
  const auth = watchwordOf(settings, instance)
  cleanUp(t, () => auth.close())
  return { auth, core: (await instance.open()).core }
}

export type Parts = Awaited<ReturnType<typeof openParts>>

/** A browser in which another user, support, acts as ada. */
export async function impersonated({
  auth,
  core,
  origin = ORIGIN,
}: Pick<Parts, 'auth' | 'core'> & { readonly origin?: string }) {
  const ada = await auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: EMAIL,
  })
  const { id: actor } = await auth.users.create({ username: 'support', staff: true })
  const account = await core.users.read('id', ada.id)
  assert.ok(account)
  const settings = pageSessionSettings({ authentication: [], behindProxy: false })
  const secret = await core.completeSignIn(account, {
    methods: [],
    request: undefined,
    actor,
    start: (checked) => openBrowserSession(checked, settings, core),
  })
  const browser = testBrowser(auth, origin)
  const isSecure = origin.startsWith('https:')
  browser.cookies.set(isSecure ? '__Host-sessionid' : 'sessionid', secret)
  return { auth, ada, browser }
}
