import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { withUser } from './consent.ts'
import { claimsOf, PARTNER_API, URL_OF_APP } from './setup.ts'

const OTHER_API = 'https://other.example.com/api'

/** A provider of three services, and an application that may get tokens for all of them. */
async function setUp(t: TestContext) {
  const app = await withUser(t, {
    oauth: {
      scopes: { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' },
      resources: [PARTNER_API, OTHER_API],
    },
  })
  const shop = await app.shop({ resources: [PARTNER_API, OTHER_API] })
  const audOf = (body: { access_token?: string }) => claimsOf(body.access_token ?? '').aud
  return {
    ...app,
    client: shop,
    audOf,
    /** Ada lets the application in for some services. */
    async code(...resources: readonly string[]): Promise<string> {
      const path = resources.reduce(
        (address, each) => `${address}&${new URLSearchParams({ resource: each })}`,
        app.address(shop, { scope: 'posts:read' }),
      )
      const page = await app.browser.open(path)
      if (page.heading.includes('Sign in')) await app.signIn()
      if (app.browser.page.heading.startsWith('Allow'))
        await app.browser.submit({ button: 'Allow' })
      return (
        /[?&]code=([\w-]+)/.exec(app.browser.page.text + app.browser.page.path)?.[1] ?? ''
      )
    },
    redeem: (code: string, ...resources: readonly string[]) =>
      app.form(
        '/oauth/token',
        withResources(
          {
            grant_type: 'authorization_code',
            code,
            code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
            client_id: shop.id,
            client_secret: shop.secret,
          },
          resources,
        ),
      ),
    renew: (token: string, ...resources: readonly string[]) =>
      app.form(
        '/oauth/token',
        withResources(
          {
            grant_type: 'refresh_token',
            refresh_token: token,
            client_id: shop.id,
            client_secret: shop.secret,
          },
          resources,
        ),
      ),
  }
}

function withResources(fields: Record<string, string>, resources: readonly string[]) {
  const form = new URLSearchParams(fields)
  for (const each of resources) form.append('resource', each)
  return form
}

test('without the parameter tokens are for the instance, with it for what it names', async (t) => {
  const { code, redeem, audOf } = await setUp(t)
  assert.equal(audOf((await redeem(await code())).body), URL_OF_APP)
  assert.equal(audOf((await redeem(await code(PARTNER_API))).body), PARTNER_API)
  const both = await redeem(await code(PARTNER_API, OTHER_API, PARTNER_API))
  assert.deepEqual(audOf(both.body), [PARTNER_API, OTHER_API])
})

test('the page of the consent names the services', async (t) => {
  const { browser, address, client, signedIn } = await setUp(t)
  await signedIn()
  await browser.open(address(client, { resource: PARTNER_API }))
  assert.match(browser.page.text, /https:\/\/partner\.example\.com\/api/)
  await browser.open(address(client))
  assert.doesNotMatch(browser.page.text, /It may do this at/)
})

test('an access token can be for fewer services than were granted, never for more', async (t) => {
  const { code, redeem, renew, audOf } = await setUp(t)
  const granted = await code(PARTNER_API, OTHER_API)
  for (const resource of [
    URL_OF_APP,
    'https://unknown.example',
    'nonsense',
    `${PARTNER_API}/`,
  ]) {
    const { status, body } = await redeem(granted, resource)
    assert.deepEqual([status, body.error], [400, 'invalid_target'], resource)
  }
  const narrow = await redeem(granted, OTHER_API)
  assert.equal(audOf(narrow.body), OTHER_API)

  const refresh = narrow.body.refresh_token ?? ''
  const wider = await renew(refresh, URL_OF_APP)
  assert.deepEqual([wider.status, wider.body.error], [400, 'invalid_target'])
  const whole = await renew(refresh)
  assert.deepEqual(audOf(whole.body), [PARTNER_API, OTHER_API])
  const again = await renew(whole.body.refresh_token ?? '', PARTNER_API, PARTNER_API)
  assert.equal(audOf(again.body), PARTNER_API)
})

test('what an application may get tokens for is checked for each', async (t) => {
  const { shop, client: _, address, browser, ...app } = await setUp(t)
  const other = await shop({ resources: [PARTNER_API] })
  await browser.open(address(other, { resource: OTHER_API }))
  assert.match(browser.page.path, /error=invalid_target/)

  const { client, secret = '' } = await app.auth.clients.create({
    name: 'Reports',
    resources: [PARTNER_API, 'https://not-listed.example.com'],
  })
  const ask = async (resource: string) => {
    const fields = { client_id: client.id, client_secret: secret, resource }
    const { body } = await app.form('/oauth/token', {
      grant_type: 'client_credentials',
      ...fields,
    })
    return body.error ?? app.audOf(body)
  }
  assert.equal(await ask(PARTNER_API), PARTNER_API)
  assert.equal(await ask(OTHER_API), 'invalid_target')
  assert.equal(await ask('https://not-listed.example.com'), 'invalid_target')
})
