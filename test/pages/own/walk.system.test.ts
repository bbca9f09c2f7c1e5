import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount } from '../../../src/adapters/node.ts'
import type { Mail } from '../../../src/features/mail/message.ts'
import { inspect, openTab, tabTo } from '../../browser/inspect.ts'
import { served } from '../../browser/served.ts'
import { buildWatchword } from '../../build-watchword.ts'
import { cleanUp } from '../../cleanup.ts'
import { aDatabase } from '../../services/postgres.ts'
import { impersonated, openParts } from './setup.ts'
import {
  addPasskey,
  addTotp,
  deleteAccount,
  EMAIL,
  exportData,
  PASSWORD,
  signIn,
  signOut,
  signOutElsewhere,
  signUp,
  textOf,
  useToken,
  type WalkedSite,
  withAuthenticator,
} from './walk.ts'

const OPTIONS = {
  pages: { name: 'Fieldnotes', geo: () => 'London, United Kingdom' },
  accounts: { tokenScopes: ['notes.read', 'notes.write', 'export'] },
  passkeys: true,
  secondFactors: { issuer: 'Fieldnotes', rememberDevice: '30d' },
  user: { name: 'string?', born: 'date?', height: 'number?', newsletter: 'boolean?' },
  codes: { resendAfter: 0 },
} as const

const NO_BROWSER = 'Chromium is not installed'

/** An instance in memory, whose pages are looked at. */
async function inMemory(t: TestContext) {
  const { url, instance } = await served(t, OPTIONS)
  const site: WalkedSite = {
    url,
    now: () => instance.clock.now(),
    async wait(seconds) {
      instance.clock.advance(seconds)
    },
    async mailTo(address) {
      return (await instance.mail()).findLast(({ to }) => to === address)?.text ?? ''
    },
    async look(page, name) {
      assert.deepEqual(await inspect(page, name), [], name)
    },
  }
  return { site, instance }
}

test('an account from its sign-up to its end, with scripts', async (t) => {
  const tab = await openTab(t, { acceptDownloads: true })
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, context, faults } = tab
  const { site: looked, instance } = await inMemory(t)
  // The test of every page looks at them.
  const site: WalkedSite = { ...looked, look: async () => {} }
  await withAuthenticator(tab)
  await signUp(page, site)
  await signIn(page, site)
  await site.look(page, 'account-new')
  const secret = await addTotp(page, site)
  await signOut(page)
  await site.wait(30)
  await signIn(page, site, secret)
  await addPasskey(page, site)
  await useToken(page, site)
  const browser = context.browser()
  assert.ok(browser)
  await signOutElsewhere(page, { browser, site, secret })

  await site.wait(700)
  await page.getByRole('link', { name: 'Export my data' }).click()
  assert.match(page.url(), /\/account\/again\/\?next=%2Faccount%2Fexport%2F$/)
  await site.look(page, 'again')
  await page.getByRole('link', { name: 'Use a passkey' }).click()
  await page.waitForURL('**/account/export/')
  await page.goto(`${site.url}/account/`)
  const data = JSON.parse(await exportData(page, site))
  assert.equal(data.user.username, 'ada')
  await deleteAccount(page, site)
  assert.equal(await instance.auth.users.count(), 0)
  assert.deepEqual(faults, [])
})

test('an account without scripts: a passkey names the other ways', async (t) => {
  const tab = await openTab(t, { javaScriptEnabled: false, acceptDownloads: true })
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, context, faults } = tab
  const { site: looked, instance } = await inMemory(t)
  // The tools that look at a page are scripts.
  const site = { ...looked, look: async () => {} }
  await signUp(page, site)
  await signIn(page, site)
  const secret = await addTotp(page, site)
  await signOut(page)
  await site.wait(30)
  await signIn(page, site, secret)
  await page.getByRole('link', { name: 'Add a passkey' }).click()
  const main = page.getByRole('main')
  assert.match(await textOf(main), /scripts are switched off in this browser/)
  assert.equal(await main.getByRole('button', { name: 'Create the passkey' }).count(), 0)
  await page.getByRole('link', { name: 'Cancel' }).click()
  await useToken(page, site)
  const browser = context.browser()
  assert.ok(browser)
  await signOutElsewhere(page, { browser, site, secret })
  assert.equal(JSON.parse(await exportData(page, site)).user.username, 'ada')
  await deleteAccount(page, site)
  assert.equal(await instance.auth.users.count(), 0)
  assert.deepEqual(faults, [])
})

test('the account is used with the keyboard alone', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, faults } = tab
  const { site, instance } = await inMemory(t)
  await instance.auth.users.create({ username: 'ada', password: PASSWORD, email: EMAIL })
  await page.goto(`${site.url}/account/`)
  await tabTo(page, '[name=login]')
  await page.keyboard.type('ada')
  await tabTo(page, '[name=password]')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/')

  await tabTo(page, '#profile-name')
  await page.keyboard.type('Ada Lovelace')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/?done=profile')
  await tabTo(page, 'a[href="/account/tokens/new/"]')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/tokens/new/')
  await tabTo(page, '#name')
  await page.keyboard.type('by hand')
  await tabTo(page, '[value="notes.read"]')
  await page.keyboard.press('Space')
  await tabTo(page, 'main .btn.main')
  await page.keyboard.press('Enter')
  await page.locator('code.secret').waitFor()
  const [token] = await instance.auth.apiTokens.list(
    (await instance.auth.users.find({ username: 'ada' }))?.id ?? '',
  )
  assert.deepEqual([token?.name, token?.scopes], ['by hand', ['notes.read']])

  // After a fault the summary has the focus, and its link leads to the field.
  await page.goto(`${site.url}/account/`)
  await tabTo(page, '#password-current_password')
  await page.keyboard.type('wrong password')
  await tabTo(page, '#password-new_password')
  await page.keyboard.type('another long phrase')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/password/')
  assert.equal(
    await page.evaluate('document.activeElement.getAttribute("role")'),
    'alert',
  )
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(
    await page.evaluate('document.activeElement.id'),
    'password-current_password',
  )
  assert.deepEqual(faults, [])
})

test('the pages of changes and of a phone number are looked at, in German, too', async (t) => {
  const tab = await openTab(t, { locale: 'de-DE' })
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, faults } = tab
  const { site, instance } = await inMemory(t)
  await instance.auth.users.create({ username: 'ada', password: PASSWORD, email: EMAIL })
  await page.goto(`${site.url}/account/sign-in/`)
  await page.locator('[name=login]').fill('ada')
  await page.locator('[name=password]').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/')
  await site.look(page, 'de-account')
  for (const below of [
    'email',
    'phone',
    'delete',
    'sessions',
    'tokens',
    'recovery-codes',
  ]) {
    await page.goto(`${site.url}/account/${below}/`)
    await site.look(page, `de-${below}`)
  }
  await page.goto(`${site.url}/account/email/`)
  await page.locator('#email').fill('ada@new.example')
  await page.locator('main .btn.main').click()
  await page.waitForURL('**/account/?done=email')
  await site.look(page, 'de-account-pending')
  await page.goto(`${site.url}/account/phone/`)
  await page.locator('#phone').fill('+49301234567')
  await page.locator('main .btn.main').click()
  await page.waitForURL('**/account/phone/code/')
  await site.look(page, 'de-phone-code')
  await page.locator('#code').fill('000000')
  await page.locator('main .btn.main').click()
  await page.locator('[role=alert]').waitFor()
  await site.look(page, 'de-phone-code-error')
  assert.deepEqual(faults, [])
})

test('the account of a user as whom another one acts is looked at', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, context, faults } = tab
  const { server, url } = await aServer(t)
  const { auth, core } = await openParts(t, { url })
  mount(server, auth)
  const { browser } = await impersonated({ auth, core, origin: url })
  const secret = browser.cookies.get('sessionid') ?? ''
  await context.addCookies([{ name: 'sessionid', value: secret, url }])
  await page.goto(`${url}/account/`)
  assert.match(await textOf(page.locator('.strip')), /support is acting as ada/)
  assert.deepEqual(await inspect(page, 'impersonated'), [])
  await page.goto(`${url}/account/delete/`)
  assert.match(await textOf(page.getByRole('main')), /support is acting as ada/)
  assert.deepEqual(await inspect(page, 'impersonated-forbidden'), [])
  assert.deepEqual(faults, [])
})

/** A server that answers nothing yet. */
async function aServer(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { server, url: `http://localhost:${port}` }
}

test('an account from its sign-up to its end, on PostgreSQL', async (t) => {
  const tab = await openTab(t, { acceptDownloads: true })
  if (tab === undefined) return t.skip(NO_BROWSER)
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  const { server, url } = await aServer(t)
  const mails: Mail[] = []
  let ahead = 0
  const now = () => Math.floor(Date.now() / 1000) + ahead
  const auth = buildWatchword({
    ...OPTIONS,
    url,
    secret: 'a secret of the tests of pages, which is long enough',
    database: database.url,
    clock: now,
    mail: (mail: Mail) => void mails.push(mail),
  })
  cleanUp(t, () => database.drop())
  cleanUp(t, () => auth.close())
  mount(server, auth)
  const site: WalkedSite = {
    url,
    now,
    async wait(seconds) {
      ahead += seconds
    },
    async mailTo(address) {
      while (!mails.some(({ to }) => to === address))
        await new Promise((resolve) => setTimeout(resolve, 20))
      return mails.findLast(({ to }) => to === address)?.text ?? ''
    },
    look: async () => {},
  }
  const { page, context, faults } = tab
  await withAuthenticator(tab)
  await signUp(page, site)
  await signIn(page, site)
  const secret = await addTotp(page, site)
  await signOut(page)
  await site.wait(30)
  await signIn(page, site, secret)
  await addPasskey(page, site)
  await useToken(page, site)
  const browser = context.browser()
  assert.ok(browser)
  await signOutElsewhere(page, { browser, site, secret })
  assert.equal(JSON.parse(await exportData(page, site)).user.username, 'ada')
  await deleteAccount(page, site)
  assert.equal(await auth.users.count(), 0)
  assert.deepEqual(faults, [])
})
