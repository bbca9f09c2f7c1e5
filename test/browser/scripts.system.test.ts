import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { EMAIL, PASSWORD } from '../pages/setup.ts'
import { openTab, type Tab } from './inspect.ts'
import { type ServedInstance, served } from './served.ts'

const NO_BROWSER = 'Chromium is not installed'

async function site(t: TestContext): Promise<ServedInstance> {
  const it = await served(t, {
    pages: { home: '/notes' },
    accounts: true,
    passkeys: true,
    throttle: { login: '1/min' },
  })
  await it.instance.auth.users.create({
    username: 'ada',
    email: EMAIL,
    emailVerified: true,
    password: PASSWORD,
  })
  return it
}

/** A device with a passkey of ada. */
async function withPasskey({ page, context }: Tab, it: ServedInstance) {
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  })
  await page.goto(`${it.url}/`)
  const { authorization } = await it.instance.as('ada')
  const uses = (enabled: boolean) =>
    devTools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  await uses(true)
  await page.evaluate(`(async () => {
    const headers = { authorization: ${JSON.stringify(authorization)}, 'content-type': 'application/json' }
    const post = (path, body) => fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
    const options = await (await post('/auth/passkeys/options/', {})).json()
    const credential = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
    })
    const added = await post('/auth/passkeys/', { credential: credential.toJSON(), label: 'Laptop' })
    if (added.status !== 201) throw new Error(await added.text())
  })()`)
  await uses(false)
  return { uses }
}

test('a passkey that the browser suggests for the name signs in', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, faults } = tab
  const { uses } = await withPasskey(tab, it)
  await page.goto(`${it.url}/account/sign-in/?next=/notes%3Fa%3D1`)
  assert.equal(await page.getAttribute('#login', 'autocomplete'), 'username webauthn')
  await page.waitForTimeout(500)
  assert.equal(new URL(page.url()).pathname, '/account/sign-in/')
  // The authenticator of tests answers for the user who chooses the suggestion.
  await uses(true)
  await page.reload()
  await page.waitForURL(`${it.url}/notes?a=1`)
  const ada = await it.instance.auth.users.find('ada')
  const sessions = await it.instance.auth.sessions.list(ada?.id ?? '')
  assert.ok(sessions.some(({ amr = [] }) => amr.includes('hwk')))
  assert.deepEqual(faults, [])
})

test('a device without passkeys is not asked, and the password still works', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, faults } = tab
  await page.goto(`${it.url}/account/sign-in/`)
  await signIn(page, PASSWORD)
  await page.waitForURL(`${it.url}/notes`)
  assert.deepEqual(faults, [])
})

async function signIn(page: Page, password: string): Promise<void> {
  await page.fill('#login', 'ada')
  await page.fill('#password', password)
  await page.click('button.main')
  await page.waitForLoadState()
}

test('after too many attempts the time is counted down, and without scripts it stands there', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip(NO_BROWSER)
  const { page, faults } = tab
  await page.clock.install()
  await page.goto(`${it.url}/account/sign-in/`)
  for (let i = 0; i < 2; i++) await signIn(page, 'wrong')
  const notice = page.getByRole('alert')
  assert.match(await words(notice), /Try again in (1:00|0:5\d), at \d\d:\d\d UTC\./)
  await page.clock.runFor(31_000)
  assert.match(await words(notice), /Try again in 0:[23]\d, at/)
  await page.clock.runFor(60_000)
  assert.match(await words(notice), /You can try again now\.$/)
  assert.deepEqual(faults, [])

  const plain = await openTab(t, { javaScriptEnabled: false })
  await plain?.page.goto(`${it.url}/account/sign-in/`)
  await signIn(plain?.page as Page, 'wrong')
  const shown = await words(plain?.page.getByRole('alert'))
  assert.match(shown, /Try again in \d+ (minute|seconds?), at \d\d:\d\d UTC\./)
})

const words = async (
  element: { textContent(): Promise<string | null> } | undefined,
): Promise<string> => ((await element?.textContent()) ?? '').replace(/\s+/g, ' ').trim()
