import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { openBrowser } from '../services/chromium.ts'
import { freePort } from '../services/free-port.ts'
import { copyExample } from './place.ts'
import { start } from './running.ts'

const run = promisify(execFile)
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

for (const name of ['react', 'vue', 'angular']) {
  test(`examples/${name}: a user signs up, writes a note, adds a passkey, signs in with it and signs out everywhere`, {
    timeout: 300_000,
  }, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return t.skip('chromium is not installed')
    const origin = await startExample(t, name)
    const page = await (await browser.newContext()).newPage()
    const failures: string[] = []
    page.on('pageerror', ({ message }) => failures.push(message))
    await addAuthenticator(page)
    await page.goto(origin)

    await page.getByLabel('Name').fill('ada')
    await page.getByLabel('Password').fill('wrong password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('Wrong name or password').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByRole('heading', { name: 'Notes of ada' }).waitFor()

    await page.getByLabel('Note').fill('Buy milk')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.locator('#notes li', { hasText: 'Buy milk' }).waitFor()
    await page.locator('#sessions li', { hasText: '(this one)' }).waitFor()
    const added = page.waitForResponse(
      (response) =>
        response.url().endsWith('/auth/passkeys/') && response.status() === 201,
    )
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await added

    await page.reload()
    await page.getByRole('heading', { name: 'Notes of ada' }).waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.locator('#notes li', { hasText: 'Buy milk' }).waitFor()

    const other = await signedInElsewhere(browser, origin)
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await other.reload()
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.deepEqual(failures, [])
  })
}

async function signedInElsewhere(
  browser: NonNullable<Awaited<ReturnType<typeof openBrowser>>>,
  origin: string,
): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(origin)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Notes of ada' }).waitFor()
  return page
}

async function addAuthenticator(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
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
}

/** Checks and builds the example and starts it on a free port. @returns its origin */
async function startExample(t: TestContext, name: string): Promise<string> {
  const folder = await copyExample(`examples/${name}`)
  const commands = [
    ['node_modules/typescript/bin/tsc', '-p', folder],
    ['node_modules/vite/bin/vite.js', 'build'],
  ] as const
  for (const [file, ...words] of commands)
    await run(process.execPath, [resolve(file), ...words], { cwd: folder }).catch(
      ({ stdout, stderr }) => assert.fail(stdout + stderr),
    )
  const data = mkdtempSync(join(tmpdir(), `watchword-${name}-`))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const port = await freePort()
  await start(t, ['main.ts'], folder, {
    PORT: String(port),
    WATCHWORD_DATABASE: join(data, 'notes.db'),
    WATCHWORD_SECRET: 'nB0sVxJ1nG8yW5tqCz3hLr7PfK2mAeUd4oXiTj6vQcE=',
  })
  return `http://localhost:${port}`
}
