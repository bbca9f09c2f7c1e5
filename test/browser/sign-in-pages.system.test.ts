import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PASSWORD } from '../pages/setup.ts'
import { openTab, tabTo } from './inspect.ts'
import { type ServedInstance, served } from './served.ts'

const EMAIL = 'ada@example.com'

async function site(t: TestContext): Promise<ServedInstance> {
  const it = await served(t, {
    pages: {
      name: 'Fieldnotes',
      home: '/notes',
      color: '#7a1f5c',
      links: [{ text: 'Privacy', href: '/privacy' }],
    },
    accounts: { signInCodes: true },
    passkeys: true,
    secondFactors: { required: ['staff'] },
    codes: { resendAfter: 0, perTarget: null },
    throttle: { login: '3/min' },
    user: { nickname: 'string?', newsletter: 'boolean', born: 'date?' },
  })
  await it.instance.auth.users.create({
    username: 'ada',
    email: EMAIL,
    emailVerified: true,
    password: PASSWORD,
    attributes: { newsletter: false },
  })
  return it
}

for (const javaScriptEnabled of [true, false])
  test(`signing in by keyboard alone, with scripts ${javaScriptEnabled ? 'on' : 'off'}`, async (t) => {
    const it = await site(t)
    const tab = await openTab(t, { javaScriptEnabled, locale: 'de-DE' })
    if (tab === undefined) return t.skip('Chromium is not installed')
    const { page } = tab
    await page.goto(`${it.url}/account/sign-in/?next=/notes%3Fa%3D1`)
    assert.equal(await page.locator('html').getAttribute('lang'), 'de')
    if (javaScriptEnabled) await tabTo(page, '#login')
    else await page.focus('#login')
    await page.keyboard.type('ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${it.url}/notes?a=1`)
    await page.goto(`${it.url}/account/sign-out/`)
    await page.keyboard.press('Tab')
    await page.locator('button.main').press('Enter')
    await page.waitForURL(`${it.url}/account/signed-out/`)
    assert.deepEqual(tab.faults, [])
  })

test('a passkey signs in with no further click, and without scripts the page names the other ways', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { page, context } = tab
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
  await page.goto(`${it.url}/`)
  const { authorization } = await it.instance.as('ada')
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
  await page.goto(`${it.url}/account/sign-in/passkey/?next=/notes`)
  await page.waitForURL(`${it.url}/notes`)
  assert.deepEqual(tab.faults, [])

  const plain = await openTab(t, { javaScriptEnabled: false })
  await plain?.page.goto(`${it.url}/account/sign-in/passkey/`)
  assert.match(
    (await plain?.page.locator('main').textContent()) ?? '',
    /Passkeys need JavaScript/,
  )
  assert.equal(await plain?.page.locator('#ceremony').isVisible(), false)
  await plain?.page.click('text=Sign in with a password')
  await plain?.page.waitForURL(`${it.url}/account/sign-in/`)
})

test('signing up and confirming the address by keyboard alone', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { page, faults } = tab
  await page.goto(`${it.url}/account/sign-in/`)
  await tabTo(page, 'a[href^="/account/sign-up/"]')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${it.url}/account/sign-up/`)
  await tabTo(page, '#email')
  await page.keyboard.type('grace@example.com')
  await tabTo(page, '#username')
  await page.keyboard.type('grace')
  await tabTo(page, '#newsletter, [name=newsletter]')
  await page.keyboard.press('Space')
  await tabTo(page, '#password')
  await page.keyboard.type('short')
  await page.keyboard.press('Enter')
  // The browser names the fault, and the field keeps the focus.
  assert.equal(await page.evaluate('document.activeElement.id'), 'password')
  await page.keyboard.type(' and then long')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${it.url}/account/sign-up/sent/`)
  const mail = (await it.instance.mail()).find(({ to }) => to === 'grace@example.com')
  await page.goto(new RegExp(`${it.url}\\S+`).exec(mail?.text ?? '')?.[0] ?? '')
  await tabTo(page, 'main button')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${it.url}/account/done/?what=confirmed`)
  assert.deepEqual(faults, [])
})
