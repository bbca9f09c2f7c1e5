import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../services/chromium.ts'
import { freePort } from '../services/free-port.ts'
import { copyExample } from './place.ts'
import { start } from './running.ts'

const run = promisify(execFile)
const ADDRESS = 'ada@example.org'
const [FIRST, SECOND, THIRD] = [
  'qhr4-7mzt-w2pd-x9kc',
  'lantern-fjord-81-osprey',
  'cobalt-heron-46-thistle',
] as const

test('examples/accounts: a user signs up, loses a password, ends a session and adds an authenticator', {
  timeout: 300_000,
}, async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return t.skip('chromium is not installed')
  const origin = await startExample(t)
  const page = await newPage(browser, origin)
  const failures: string[] = []
  page.on('pageerror', (error) => failures.push(error.message))
  page.on('console', (line) => {
    if (/Content Security Policy/.test(line.text())) failures.push(line.text())
  })

  await signUp(page, origin)
  await resetPassword(page, origin)
  await signIn(page, SECOND)
  await heading(page, 'Your account')
  await endSession(page, await newPage(browser, origin))
  await changePassword(page)
  const totp = await addAuthenticator(page)
  await signOut(page)
  await signInWithCode(page, totp)
  await signOut(page)
  assert.deepEqual(failures, [])
})

/** Builds the example and starts it on a free port. @returns its origin */
async function startExample(t: TestContext): Promise<string> {
  const folder = await copyExample('examples/accounts')
  const commands = [
    ['node_modules/typescript/bin/tsc', '-p', folder],
    ['node_modules/vite/bin/vite.js', 'build'],
  ] as const
  for (const [file, ...words] of commands)
    await run(process.execPath, [resolve(file), ...words], { cwd: folder }).catch(
      ({ stdout, stderr }) => assert.fail(stdout + stderr),
    )
  const data = mkdtempSync(join(tmpdir(), 'watchword-accounts-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  return start(t, ['main.ts'], folder, {
    PORT: String(await freePort()),
    WATCHWORD_DATABASE: join(data, 'accounts.db'),
    WATCHWORD_SECRET: 'nB0sVxJ1nG8yW5tqCz3hLr7PfK2mAeUd4oXiTj6vQcE=',
  })
}

/** A page of a browser of its own: it shares no cookie with others. */
async function newPage(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: origin })
  return context.newPage()
}

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { name, level: 1 }).waitFor()

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()

const alert = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByRole('alert').filter({ hasText: text }).waitFor()

/** The link of the newest mail with such a subject: mails are sent after the answer. */
async function mailedLink(origin: string, subject: RegExp): Promise<string> {
  for (;;) {
    const answer = await fetch(`${origin}/dev/mail`)
    const mails = (await answer.json()) as { subject: string; to: string; text: string }[]
    const mail = mails.find((each) => subject.test(each.subject))
    if (mail !== undefined) {
      assert.equal(mail.to, ADDRESS)
      return /https?:\S+/.exec(mail.text)![0]
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function signUp(page: Page, origin: string): Promise<void> {
  await page.goto('/sign-up/')
  await page.getByLabel('Email address').fill(ADDRESS)
  await page.getByLabel('Password').fill('short')
  await press(page, 'Sign up')
  await page.getByText(/too short/).waitFor()
  await page.getByLabel('Password').fill(FIRST)
  await press(page, 'Sign up')
  await heading(page, 'Check your mail')

  await signIn(page, FIRST)
  await alert(page, 'No active account found')

  const link = await mailedLink(origin, /confirm/i)
  await page.goto(link)
  await heading(page, 'Confirm your address')
  assert.doesNotMatch(page.url(), /token/)
  await press(page, 'Confirm')
  await heading(page, 'Address confirmed')
  await page.goto(link)
  await press(page, 'Confirm')
  await alert(page, 'The code is invalid or has expired.')

  await signIn(page, FIRST)
  await heading(page, 'Your account')
  await page.getByText(ADDRESS).waitFor()
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.goto('/sign-in/')
  await page.getByLabel('Email address').fill(ADDRESS)
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign in')
}

async function signOut(page: Page): Promise<void> {
  await press(page, 'Sign out')
  await heading(page, 'Sign in')
  assert.deepEqual(await page.context().cookies(), [])
}

async function resetPassword(page: Page, origin: string): Promise<void> {
  await signOut(page)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByLabel('Email address').fill(ADDRESS)
  await press(page, 'Send a link')
  await heading(page, 'Check your mail')
  const link = await mailedLink(origin, /reset|new password/i)
  await page.goto(link)
  await heading(page, 'Choose a new password')
  await page.getByLabel('New password').fill(SECOND)
  await press(page, 'Set password')
  await heading(page, 'Password set')
  await page.goto(link)
  await heading(page, 'This link does not work')
  await signIn(page, FIRST)
  await alert(page, 'No active account found')
}

/** The user ends the session of another browser, which has to sign in again. */
async function endSession(page: Page, other: Page): Promise<void> {
  await signIn(other, SECOND)
  await heading(other, 'Your account')
  await page.reload()
  const sessions = page.locator('#sessions li')
  await sessions.nth(1).waitFor()
  assert.equal(await sessions.count(), 2)
  assert.equal(await sessions.filter({ hasText: 'This browser' }).count(), 1)
  await press(page, 'End')
  await sessions.nth(1).waitFor({ state: 'detached' })
  await other.reload()
  await heading(other, 'Sign in')
  await page.reload()
  await heading(page, 'Your account')
}

async function changePassword(page: Page): Promise<void> {
  const section = page.locator('section', { hasText: 'Change password' })
  await section.getByLabel('Current password').fill(FIRST)
  await section.getByLabel('New password').fill(THIRD)
  await press(page, 'Change password')
  await section.locator('[aria-invalid=true][name=current_password]').waitFor()
  await section.getByLabel('Current password').fill(SECOND)
  await press(page, 'Change password')
  await page.getByRole('status').filter({ hasText: 'changed' }).waitFor()
}

async function addAuthenticator(page: Page): Promise<TOTP> {
  const section = page.locator('section', { hasText: 'Authenticators' })
  await section.getByLabel('Current password').fill(THIRD)
  await section.getByLabel('Name of the authenticator').fill('Phone')
  await press(page, 'Add an authenticator')
  const secret = (await page.locator('#secret').textContent()) ?? ''
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  await page.getByLabel('Code').fill(totp.generate())
  await press(page, 'Confirm')
  await page.locator('#recovery-codes li').nth(9).waitFor()
  await section.getByText('Phone').waitFor()
  return totp
}

async function signInWithCode(page: Page, totp: TOTP): Promise<void> {
  await signIn(page, THIRD)
  await heading(page, 'Second factor')
  await page.getByLabel('Code').fill('not a code')
  await press(page, 'Continue')
  await alert(page, /./)
  // The one of this half minute was used when the authenticator was added.
  await page.getByLabel('Code').fill(totp.generate({ timestamp: Date.now() + 30_000 }))
  await press(page, 'Continue')
  await heading(page, 'Your account')
}
