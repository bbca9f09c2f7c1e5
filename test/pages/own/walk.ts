import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { TOTP } from 'otpauth'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Tab, tabOf } from '../../browser/inspect.ts'

/** An application that a browser walks through. */
export interface WalkedSite {
  readonly url: string
  /** The text of the last mail to an address. */
  mailTo(address: string): Promise<string>
  /** Seconds since 1970. */
  now(): number
  /** Lets time pass, so that a code of an app can be another one. */
  wait(seconds: number): Promise<void>
  /** Looks at a page: its accessibility, its width and its reports. @param name of its pictures */
  look(page: Page, name: string): Promise<void>
}

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const EMAIL = 'ada@example.org'

/** The words of an element, hidden ones included. */
export const textOf = async (element: Locator): Promise<string> =>
  (await element.textContent()) ?? ''

const pathOf = (page: Page): string => new URL(page.url()).pathname

/** Presses the button of a form. */
const press = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('main').getByRole('button', { name, exact: true }).first().click()
  await page.waitForLoadState()
}

const heading = (page: Page): Promise<string> =>
  textOf(page.getByRole('heading', { level: 1 }))

const linkIn = (text: string): string => /https?:\/\/\S+/.exec(text)?.[0] ?? ''

/** Creates an account, and confirms its address by the link of the mail. */
export async function signUp(page: Page, site: WalkedSite): Promise<void> {
  await page.goto(`${site.url}/account/`)
  assert.equal(await heading(page), 'Sign in')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('E-mail').fill(EMAIL)
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await press(page, 'Create account')
  await page.goto(linkIn(await site.mailTo(EMAIL)))
  await press(page, 'Confirm')
  assert.equal(await heading(page), 'Your address is confirmed')
}

/** Signs in with the password, and a code of the app if there is one: the device is remembered then. */
export async function signIn(
  page: Page,
  site: WalkedSite,
  secret?: string,
): Promise<void> {
  await page.goto(`${site.url}/account/sign-in/`)
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await press(page, 'Sign in')
  if (secret !== undefined) {
    assert.equal(await heading(page), 'Confirm it is you')
    await site.look(page, 'second-factor')
    await page.getByLabel('Code from your authenticator app').fill(codeOf(secret, site))
    await page.getByLabel('Do not ask again on this device for 30 days').first().check()
    await press(page, 'Continue')
    assert.match(await textOf(page.locator('#secondFactor')), /Remembered devices/)
  }
  assert.equal(pathOf(page), '/account/')
  assert.equal(await heading(page), 'My account')
}

const codeOf = (secret: string, { now }: WalkedSite): string =>
  new TOTP({ secret }).generate({ timestamp: now() * 1000 })

/** Adds an authenticator app. @returns its secret */
export async function addTotp(page: Page, site: WalkedSite): Promise<string> {
  await page.getByRole('link', { name: 'Set up Authenticator app' }).click()
  await site.look(page, 'totp-begin')
  await page.getByLabel('Name').fill('Phone')
  await page.getByLabel('Your password').fill(PASSWORD)
  await press(page, 'Continue')
  const secret = await textOf(page.locator('code.secret'))
  const plain = secret.replaceAll(' ', '')
  assert.match(plain, /^[A-Z2-7]{32}$/)
  await site.look(page, 'totp')
  await page.getByLabel('Code that the app shows now').fill('000000')
  await press(page, 'Turn on')
  assert.match(await page.title(), /^Error: /)
  await site.look(page, 'totp-error')
  await page.getByLabel('Code that the app shows now').fill(codeOf(plain, site))
  await press(page, 'Turn on')
  assert.equal(await heading(page), 'Save the recovery codes')
  await site.look(page, 'recovery-codes')
  await page.getByRole('link', { name: 'I have saved the codes' }).click()
  assert.match(await textOf(page.getByRole('main')), /10 codes are left/)
  return plain
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
  await page.waitForLoadState()
  assert.equal(await heading(page), 'You are signed out')
}

/** Adds a passkey with the authenticator of the browser. */
export async function addPasskey(page: Page, site: WalkedSite): Promise<void> {
  await page.getByRole('link', { name: 'Add a passkey' }).click()
  await site.look(page, 'passkey-new')
  await page.getByLabel('Name').fill('Laptop')
  await page.getByRole('button', { name: 'Create the passkey' }).click()
  await page.waitForURL('**/account/?done=passkey_added')
  assert.match(await textOf(page.getByRole('main')), /Laptop/)
  await page.getByRole('link', { name: 'Manage Laptop' }).click()
  await site.look(page, 'passkey')
  await page.getByLabel('Name').fill('Blue key')
  await press(page, 'Rename')
  assert.match(await textOf(page.getByRole('main')), /Blue key/)
}

/** Creates an API token, which is shown once, and revokes it. */
export async function useToken(page: Page, site: WalkedSite): Promise<void> {
  await page.getByRole('link', { name: 'Create a token' }).click()
  await site.look(page, 'token-new')
  await page.getByLabel('Name').fill('nightly export')
  await page.getByLabel('Everything that you may do').check()
  await page.getByLabel('Expires').selectOption('30d')
  await press(page, 'Create a token')
  assert.match(await textOf(page.locator('code.secret')), /^ww_[\w-]{43}$/)
  await site.look(page, 'token-shown')
  await page.getByRole('link', { name: 'To my account' }).click()
  await site.look(page, 'account')
  await page.getByRole('button', { name: 'Revoke nightly export' }).click()
  await page.waitForURL('**/account/?done=token_revoked')
  assert.match(await textOf(page.getByRole('main')), /You have no API token/)
}

/** Signs another browser in, and out again from this one. */
export async function signOutElsewhere(
  page: Page,
  {
    browser,
    site,
    secret,
  }: { readonly browser: Browser; readonly site: WalkedSite; readonly secret: string },
): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB' })
  const other = await tabOf(context)
  await site.wait(30)
  await signIn(other.page, site, secret)
  await page.reload()
  await page.getByRole('button', { name: 'Sign out all other devices' }).click()
  await page.waitForURL('**/account/?done=sessions')
  await other.page.reload()
  assert.equal(pathOf(other.page), '/account/sign-in/')
  assert.deepEqual(other.faults, [])
  await context.close()
}

/** @returns the export */
export async function exportData(page: Page, site: WalkedSite): Promise<string> {
  await page.getByRole('link', { name: 'Export my data' }).click()
  await site.look(page, 'export')
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  const file = await downloading
  assert.match(file.suggestedFilename(), /^account-\d{4}-\d\d-\d\d\.json$/)
  return readFileSync(await file.path(), 'utf8')
}

export async function deleteAccount(page: Page, site: WalkedSite): Promise<void> {
  await page.goto(`${site.url}/account/`)
  await page.getByRole('link', { name: 'Delete this account' }).click()
  await page.getByRole('textbox').last().fill('grace')
  await press(page, 'Delete my account')
  await site.look(page, 'delete-error')
  await page.getByRole('textbox').last().fill('ada')
  await press(page, 'Delete my account')
  assert.equal(await heading(page), 'Your account is deleted')
}

/** Lets a browser have a device with passkeys. @returns what takes it away */
export async function withAuthenticator({
  page,
  context,
}: Tab): Promise<() => Promise<unknown>> {
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return () => devTools.send('WebAuthn.disable')
}
