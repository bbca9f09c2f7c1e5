import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TOTP } from 'otpauth'
import type { LogEntry } from '../../src/base/log.ts'
import { testClock } from '../../src/testing/clock.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { act, operator, PAGES } from '../console/operator.ts'
import { aDatabase } from '../services/postgres.ts'
import { until } from '../time.ts'
import { NEW_PASSWORD, PASSWORD } from './setup.ts'
import { ORIGIN, type TestBrowser, testBrowser, wordsOf } from './site.ts'

const STAFF_PASSWORD = 'correct horse battery staple'
const EMAIL = 'ada@example.com'

/** An instance with every page, on an empty database of PostgreSQL; the reason if there is none. */
async function onPostgres(t: TestContext) {
  const database = await aDatabase()
  if (typeof database === 'string') return database
  const clock = testClock()
  const mails: { readonly to: string; readonly text: string }[] = []
  const log: LogEntry[] = []
  const auth = buildWatchword({
    database: database.url,
    secret: 'a secret of the tests of pages, which is long enough',
    url: ORIGIN,
    pages: true,
    console: true,
    accounts: { signInCodes: true },
    secondFactors: { rememberDevice: '30d' },
    codes: { resendAfter: 0, perTarget: null },
    clock: clock.now,
    log: (entry) => void log.push(entry),
    mail: ({ to, text }) => void mails.push({ to, text }),
  })
  cleanUp(t, () => database.drop())
  cleanUp(t, () => auth.close())
  /** The path that the mail links to which `send` leads to. */
  const link = async (send: () => Promise<unknown>): Promise<string> => {
    const before = mails.length
    await send()
    await until(() => mails.length > before)
    const text = mails.at(-1)?.text ?? ''
    return /https:\/\/app\.example\.com(\/\S+)/.exec(text)?.[1] ?? ''
  }
  return { auth, clock, log, link }
}

type Site = Exclude<Awaited<ReturnType<typeof onPostgres>>, string>

const errorsIn = ({ log }: Site) => log.filter(({ level }) => level === 'error')

const code = (secret: string, { clock }: Site): string =>
  new TOTP({ secret }).generate({ timestamp: clock.now() * 1000 })

async function signUp(browser: TestBrowser, { link }: Site): Promise<void> {
  await browser.open('/account/sign-up/')
  const fields = { username: 'ada', email: EMAIL, password: PASSWORD }
  await browser.open(
    await link(() => browser.submit({ button: 'Create account' }, fields)),
  )
  await browser.submit({ button: 'Confirm' })
  assert.equal(browser.page.heading, 'Your address is confirmed')
}

async function firstStep(browser: TestBrowser, password = PASSWORD): Promise<void> {
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password })
}

async function signOut(browser: TestBrowser): Promise<void> {
  await browser.open('/account/sign-out/')
  await browser.submit({ action: '/account/sign-out/' })
  assert.ok(!browser.cookies.has('__Host-sessionid'))
}

/** @returns the secret of the app */
async function addTotp(browser: TestBrowser, site: Site): Promise<string> {
  const action = '/account/authenticators/new/'
  await browser.open(action)
  await browser.submit({ action }, { current_password: PASSWORD, label: 'Phone' })
  const [, secret = ''] =
    /name="secret" value="([A-Z2-7]+)"/.exec(browser.page.text) ?? []
  const confirm = '/account/authenticators/confirm/'
  await browser.submit({ action: confirm }, { code: code(secret, site) })
  site.clock.advance('1m')
  return secret
}

test('the pages of signing in on PostgreSQL, from the sign-up to a new password', async (t) => {
  const site = await onPostgres(t)
  if (typeof site === 'string') return t.skip(site)
  const { auth, link } = site
  const browser = testBrowser(auth)
  await signUp(browser, site)
  await firstStep(browser, 'wrong')
  assert.equal(browser.page.status, 400)
  await firstStep(browser)
  assert.equal(browser.page.path, '/account/')
  const secret = await addTotp(browser, site)
  await signOut(browser)

  await firstStep(browser)
  const fields = { code: code(secret, site), remember_device: 'yes' }
  await browser.submit({ button: 'Continue' }, fields)
  assert.match(wordsOf(browser.page), /Remembered devices/)
  await signOut(browser)
  await firstStep(browser)
  assert.equal(browser.page.path, '/account/')
  await signOut(browser)

  await browser.open('/account/sign-in/mail/')
  const send = { button: 'Send the message' }
  await browser.open(await link(() => browser.submit(send, { email: EMAIL })))
  await browser.submit({ button: 'Sign in' })
  assert.equal(browser.page.path, '/account/')
  await signOut(browser)

  await browser.open('/account/forgot-password/')
  await browser.open(await link(() => browser.submit(send, { email: EMAIL })))
  await browser.submit({ button: 'Save password' }, { password: NEW_PASSWORD })
  assert.equal(browser.page.heading, 'Your password is saved')
  await firstStep(browser, NEW_PASSWORD)
  assert.match(browser.page.path, /^\/account\/second-factor\//)
  assert.deepEqual(errorsIn(site), [])
})

test('the pages of the console on PostgreSQL, and what they change', async (t) => {
  const site = await onPostgres(t)
  if (typeof site === 'string') return t.skip(site)
  const { auth, clock } = site
  await auth.users.create({
    username: 'vitor',
    password: STAFF_PASSWORD,
    staff: true,
    superuser: true,
  })
  const ada = await auth.users.create({ username: 'ada', email: EMAIL })
  for (let n = 0; n < 30; n++) await auth.users.create({ username: `user${n}` })
  const token = await auth.apiTokens.create(ada.id, { name: 'backup' })
  for (let n = 0; n < 3; n++) await auth.signIn(ada.id)
  const browser = await operator(auth)
  clock.advance('1m')
  for (const path of [
    ...PAGES,
    `/console/users/${ada.id}/`,
    '/console/?period=30d',
    '/console/users/?q=user&status=active&staff=no',
    '/console/sessions/?q=ada',
    '/console/api-tokens/?q=ada',
    '/console/events/?kind=signed_in',
    '/console/events/export/?format=csv',
  ])
    assert.equal((await browser.open(path)).status, 200, path)

  const first = await browser.open('/console/users/?q=user')
  const [, next = ''] = /rel="next" href="([^"]*)"/.exec(first.text) ?? []
  const second = await browser.open(next.replaceAll('&amp;', '&'))
  assert.match(second.text, />user9<\/a>/)
  const did = async (action: string, fields: Record<string, string>, words: RegExp) =>
    assert.match(wordsOf(await act(browser, ada.id, action, fields)), words, action)
  await did('revoke-sessions', {}, /All sessions were revoked/)
  await did('revoke-token', { token: token.record.id }, /API token was revoked/)
  await did('deactivate', {}, /was deactivated/)
  assert.equal((await auth.users.find('ada'))?.active, false)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
  await did('delete', { confirm: 'ada' }, /user was deleted/)
  assert.equal(await auth.users.find('ada'), undefined)
  assert.deepEqual(errorsIn(site), [])
})
