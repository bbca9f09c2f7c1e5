import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { DEVICE_GRANT } from '../../src/features/oauth/client.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { CHALLENGE, VERIFIER } from '../oauth/consent.ts'
import { basicOf } from '../oauth/setup.ts'
import { inspect, openTab, type Tab } from './inspect.ts'
import { type ServedInstance, served } from './served.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const LONG_NAME =
  'An application with the longest of all names, which reaches over several lines of the page'

const OPTIONS = {
  console: true,
  pages: { name: 'Fieldnotes', color: '#7a1f5c' },
  accounts: true,
  oauth: {
    device: true,
    scopes: { 'notes:read': 'Read your notes', 'notes:write': 'Change your notes' },
  },
} as const

const SHOP = {
  name: 'Shop',
  scopes: ['openid', 'email', 'profile', 'notes:read', 'notes:write'],
} as const satisfies Partial<NewClient>

/** The site of an application, on this machine: a redirect after a form does not pass through `route` of Playwright. */
async function shopSite(t: TestContext): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Shop</title><link rel="icon" href="data:,">')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/cb`
}

const authorizePath = (
  id: string,
  callback: string,
  more: Readonly<Record<string, string>> = {},
) =>
  `/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: callback,
    scope: SHOP.scopes.join(' '),
    state: 'a state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  })}`

/** A browser on an instance that issues tokens to applications. */
async function walk(t: TestContext) {
  const tab = await openTab(t)
  if (tab === undefined) return undefined
  const it = await served(t, OPTIONS)
  const account = { password: PASSWORD, emailVerified: true } as const
  await it.instance.auth.users.create({
    ...account,
    username: 'ada',
    email: 'ada@example.com',
    staff: true,
    superuser: true,
  })
  return { ...it, ...tab, callback: await shopSite(t) }
}

type Walk = ServedInstance & Tab & { readonly callback: string }

async function signIn(page: Page): Promise<void> {
  await page.fill('[name=login]', 'ada')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
}

/** The application gets its tokens: then it is connected. */
async function exchange(
  { auth }: ServedInstance['instance'],
  code: string,
  { id, secret, callback }: Record<'id' | 'secret' | 'callback', string>,
): Promise<void> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: VERIFIER,
  })
  const headers = { authorization: basicOf(id, secret) }
  const url = 'http://localhost/oauth/token'
  const request = new Request(url, { method: 'POST', headers, body })
  assert.equal((await auth.handler(request)).status, 200)
}

async function consentPages(w: Walk): Promise<readonly string[]> {
  const { page, url, instance, callback } = w
  const shop = { ...SHOP, redirectUris: [callback] }
  const faults: string[] = []
  const { client, secret = '' } = await instance.auth.clients.create(shop)
  const long = await instance.auth.clients.create({ ...shop, name: LONG_NAME })
  await page.goto(url + authorizePath(client.id, callback))
  await signIn(page)
  await page.getByRole('heading', { name: 'Allow Shop to use your account?' }).waitFor()
  faults.push(...(await inspect(page, 'oauth-consent')))
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.waitForURL(`${callback}?*`)
  await exchange(instance, new URL(page.url()).searchParams.get('code') ?? '', {
    id: client.id,
    secret,
    callback,
  })
  await page.goto(
    url + authorizePath(client.id, callback, { prompt: 'select_account consent' }),
  )
  await page.getByRole('link', { name: 'Continue as ada' }).waitFor()
  faults.push(...(await inspect(page, 'oauth-chooser')))
  await page.goto(url + authorizePath(long.client.id, callback, { scope: 'openid' }))
  faults.push(...(await inspect(page, 'oauth-consent-long')))
  await page.getByRole('button', { name: 'Do not allow' }).click()
  await page.waitForURL(`${callback}?*`)
  assert.match(page.url(), /[?&]error=access_denied/)
  for (const [name, path] of Object.entries({
    'oauth-unknown': authorizePath('nobody', callback),
    'oauth-foreign': authorizePath(client.id, 'https://evil.example/'),
    'oauth-logout-refused': '/oauth/logout?id_token_hint=x',
  })) {
    await page.goto(url + path)
    faults.push(...(await inspect(page, name)))
  }
  return faults
}

test('the pages of applications are whole at three widths, light and dark', async (t) => {
  const w = await walk(t)
  if (w === undefined) return t.skip('Chromium is not installed')
  const { page, url } = w
  const faults = [...(await consentPages(w))]
  await page.goto(`${url}/account/#applications`)
  faults.push(...(await inspect(page, 'oauth-connected')))
  await page.locator('#applications .items button').first().click()
  await page.waitForURL('**/account/?done=application_disconnected*')
  faults.push(...(await inspect(page, 'oauth-disconnected')))
  await page.goto(`${url}/oauth/logout`)
  faults.push(...(await inspect(page, 'oauth-logout')))
  await page.locator('main button').click()
  await page.waitForURL('**/account/signed-out/')
  assert.deepEqual(faults, [])
  assert.deepEqual(w.faults, [])
})

test('the pages on which a user connects a device are whole at three widths, light and dark', async (t) => {
  const w = await walk(t)
  if (w === undefined) return t.skip('Chromium is not installed')
  const { page, url, instance } = w
  const faults: string[] = []
  const look = async (name: string) => faults.push(...(await inspect(page, name)))
  await page.goto(`${url}/oauth/device`)
  await signIn(page)
  await page.waitForURL(`${url}/oauth/device`)
  await look('oauth-device')
  const sendCode = async (code: string) => {
    await page.fill('[name=user_code]', code)
    await page.locator('main button.main').click()
  }
  await sendCode('BCDF-GHJK')
  await page.getByRole('alert').waitFor()
  await look('oauth-device-wrong')
  for (const answer of ['Allow', 'Do not allow']) {
    await page.goto(`${url}/oauth/device`)
    await sendCode(await userCodeOf(instance))
    const button = page.getByRole('button', { name: answer, exact: true })
    await button.waitFor()
    await look('oauth-device-asked')
    await button.click()
    await button.waitFor({ state: 'detached' })
    await look(`oauth-device-${answer === 'Allow' ? 'connected' : 'denied'}`)
  }
  assert.deepEqual(faults, [])
  assert.deepEqual(w.faults, [])
})

/** A television asks for access. @returns the code that it shows */
async function userCodeOf({ auth }: ServedInstance['instance']): Promise<string> {
  const { client } = await auth.clients.create({
    name: LONG_NAME,
    proof: 'none',
    grants: [DEVICE_GRANT],
    scopes: SHOP.scopes,
  })
  const body = new URLSearchParams({
    client_id: client.id,
    scope: SHOP.scopes.join(' '),
  })
  const url = 'http://localhost/oauth/device_authorization'
  const response = await auth.handler(new Request(url, { method: 'POST', body }))
  return ((await response.json()) as { user_code: string }).user_code
}

test('the pages of applications in the console are whole at three widths, light and dark', async (t) => {
  const w = await walk(t)
  if (w === undefined) return t.skip('Chromium is not installed')
  const { page, url, instance, callback } = w
  const faults: string[] = []
  const look = async (name: string) => faults.push(...(await inspect(page, name)))
  const list = `${url}/console/applications/`
  await page.goto(list)
  await signIn(page)
  await page.waitForURL(list)
  await look('console-applications-none')
  await page.goto(`${list}new/`)
  await look('console-application-new')
  await page.fill('[name=name]', 'Reports')
  await page.locator('[name=kind]').selectOption('site')
  await page.locator('main button.main').click()
  await look('console-application-errors')
  await page.fill('[name=redirectUris]', callback)
  await page.locator('main button.main').click()
  await page.locator('.secret').first().waitFor()
  await look('console-application-secret')
  const long = { ...SHOP, redirectUris: [callback], name: LONG_NAME }
  await instance.auth.clients.create(long)
  await page.goto(list)
  await look('console-applications')
  await page.getByRole('link', { name: 'Reports' }).click()
  await look('console-application')
  await page.getByRole('link', { name: 'Change…' }).click()
  await page.locator('[name=name]').waitFor()
  await look('console-application-edit')
  await page.fill('[name=redirectUris]', 'http://shop.example/cb')
  await page.locator('main button.main').click()
  await page.getByRole('alert').waitFor()
  await look('console-application-edit-errors')
  assert.deepEqual(faults, [])
  assert.deepEqual(w.faults, [])
})
