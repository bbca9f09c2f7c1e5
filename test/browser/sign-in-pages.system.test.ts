import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PASSWORD } from '../pages/setup.ts'
import { inspect, openTab, tabTo } from './inspect.ts'
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

const linkIn = async ({ instance, url }: ServedInstance): Promise<string> => {
  const mail = (await instance.mail()).at(-1)
  return new RegExp(`${url}\\S+`).exec(mail?.text ?? '')?.[0] ?? ''
}

test('every page of signing in is whole at three widths and in both schemes', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { page } = tab
  const faults: string[] = []
  const look = async (name: string): Promise<void> => {
    faults.push(...(await inspect(page, name)))
  }
  const open = (path: string) => page.goto(it.url + path)

  await open('/account/sign-in/')
  await look('sign-in')
  await page.fill('#login', 'ada')
  await page.fill('#password', 'wrong')
  await page.click('button.main')
  await look('sign-in-wrong')
  for (let i = 0; i < 4; i++) {
    await page.fill('#password', 'wrong')
    await page.click('button.main')
  }
  await look('sign-in-limited')
  await open('/account/sign-up/')
  await look('sign-up')
  await page.fill('#email', 'grace@example.com')
  await page.fill('#username', 'ada')
  await page.fill('#password', 'password1')
  await page.click('button.main')
  await look('sign-up-faults')
  await open('/account/forgot-password/')
  await look('forgot-password')
  await page.fill('#email', EMAIL)
  await page.click('button.main')
  await look('sent')
  await page.goto(await linkIn(it))
  await look('reset-password')
  await open('/account/sign-in/mail/')
  await look('sign-in-mail')
  await open('/account/sign-in/passkey/')
  await look('passkey')
  await open('/account/signed-out/')
  await look('signed-out')
  await open('/account/deleted/')
  await look('deleted')
  await open('/account/login/')
  await look('invalid-link')
  assert.deepEqual(faults, [])
  assert.deepEqual(tab.faults, [])
})

test('a user who needs a second step sets it up', async (t) => {
  const it = await site(t)
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { page } = tab
  const ada = await it.instance.auth.users.find('ada')
  await it.instance.auth.users.change(ada?.id ?? '', { staff: true })
  await page.goto(`${it.url}/account/sign-in/`)
  await page.fill('#login', 'ada')
  await page.fill('#password', PASSWORD)
  await page.click('button.main')
  const faults = [...(await inspect(page, 'set-up'))]
  await page.click('button.main')
  faults.push(...(await inspect(page, 'set-up-scan')))
  assert.deepEqual(faults, [])
  assert.deepEqual(tab.faults, [])
})

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

test('a passkey signs in with one click, and without scripts the page names the other ways', async (t) => {
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
  await page.goto(`${it.url}/account/sign-in/?next=/notes`)
  await page.click('text=Sign in with a passkey')
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
