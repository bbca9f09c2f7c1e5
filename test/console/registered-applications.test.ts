import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import { generateKey } from '../../src/jwt/index.ts'
import { basicOf } from '../oauth/setup.ts'
import { type ShownPage, type TestBrowser, tokenIn, wordsOf } from '../pages/site.ts'
import { operated, operator, staffWith } from './operator.ts'

const PATH = '/console/applications/'
const NEW = `${PATH}new/`
const SHOW = `${PATH}show/?id=`
const CALLBACK = 'https://shop.example.com/cb'

const withOAuth = (t: TestContext) =>
  operated(t, { oauth: { scopes: { 'posts:read': 'Read your posts' } } })

const MACHINE = { name: 'Reports', scopes: ['posts:read'] }
const SHOP = { name: 'Shop', redirectUris: [CALLBACK], scopes: ['openid'] }

type Auth = Awaited<ReturnType<typeof withOAuth>>['auth']

/** The status of a request for a token. */
async function tokenStatus(auth: Auth, id: string, secret = ''): Promise<number> {
  const { status } = await auth.handler(
    new Request('https://app.example.com/oauth/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basicOf(id, secret),
      },
      body: 'grant_type=client_credentials',
    }),
  )
  return status
}

const secretIn = ({ text }: ShownPage): string =>
  /class="secret" translate="no">([^<]+)</.exec(text)?.[1]?.trim() ?? ''

/** Sends a form as a browser would that has this page. */
async function sent(
  browser: TestBrowser,
  path: string,
  fields: Record<string, string>,
): Promise<ShownPage> {
  const csrfmiddlewaretoken = tokenIn((await browser.open('/console/')).text)
  return browser.post(path, { csrfmiddlewaretoken, ...fields })
}

test('an application is registered, its secret shown once, and used', async (t) => {
  const { auth, vitor } = await withOAuth(t)
  const browser = await operator(auth, 'vitor', PATH)
  assert.match(wordsOf(browser.page), /No applications\./)
  assert.match(browser.page.text, /aria-current="page"[^>]*>Applications/)
  const { text } = await browser.open(NEW)
  // A browser sends no form of which a required field is empty.
  const required = [...text.matchAll(/<(?:input|textarea)[^>]*\srequired[^>]*>/g)]
  assert.deepEqual(
    required.map(([tag]) => /\sname="([^"]+)"/.exec(tag)?.[1]),
    ['name'],
  )

  const created = await browser.submit(
    { button: 'Register' },
    { name: 'Reports', kind: 'machine', scopes: 'posts:read' },
  )

  const secret = secretIn(created)
  const [client] = await auth.clients.list()
  assert.deepEqual(client?.grants, ['client_credentials'])
  assert.deepEqual(client?.scopes, ['posts:read'])
  assert.equal(created.headers.get('cache-control'), 'no-store')
  assert.equal(await tokenStatus(auth, client?.id ?? '', secret), 200)
  const [event] = await auth.events.list({ kind: 'client_created' })
  assert.equal(event?.actor, vitor.id)
  for (const path of [PATH, SHOW + client?.id]) {
    const page = await browser.open(path)
    assert.match(wordsOf(page), /Reports/)
    assert.ok(!page.text.includes(secret))
    assert.ok(!page.path.includes(secret))
  }
})

test('a site and an app are registered with their addresses, and what is missing is said', async (t) => {
  const { auth } = await withOAuth(t)
  const browser = await operator(auth, 'vitor', NEW)
  const wrong = await browser.submit(
    { button: 'Register' },
    { name: '<b>', kind: 'site', redirectUris: '' },
  )
  assert.equal(wrong.status, 400)
  assert.match(wordsOf(wrong), /at least one redirect URI/)
  assert.match(wrong.text, /value="&lt;b&gt;"/)
  const bad = await sent(browser, NEW, { name: '', kind: 'nothing' })
  assert.equal(bad.status, 400)

  for (const kind of ['site', 'app']) {
    const redirectUris = `${CALLBACK}\r\nhttps://shop.example.com/other\r\n`
    const page = await sent(browser, NEW, { name: kind, kind, redirectUris })
    assert.equal(page.status, 200)
    assert.equal(secretIn(page) !== '', kind === 'site')
    const client = (await auth.clients.list()).find(({ name }) => name === kind)
    assert.deepEqual(client?.redirectUris, [CALLBACK, 'https://shop.example.com/other'])
    assert.deepEqual(client?.grants, ['authorization_code', 'refresh_token'])
    assert.equal(client?.skipConsent, false)
  }
})

test('a secret is replaced: the former one is accepted for a day, or not at all', async (t) => {
  const { auth, clock, vitor } = await withOAuth(t)
  const { client, secret } = await auth.clients.create(MACHINE)
  const browser = await operator(auth, 'vitor', SHOW + client.id)

  const second = secretIn(await browser.submit({ button: 'Make a new secret' }))
  assert.equal(await tokenStatus(auth, client.id, secret), 200)
  assert.equal(await tokenStatus(auth, client.id, second), 200)
  assert.equal(
    (await auth.events.list({ kind: 'client_secret_rotated' }))[0]?.actor,
    vitor.id,
  )
  const rotation = { action: 'rotate', at_once: 'yes' }
  const third = secretIn(await sent(browser, SHOW + client.id, rotation))
  clock.advance(1)
  assert.equal(await tokenStatus(auth, client.id, second), 401)
  assert.equal(await tokenStatus(auth, client.id, third), 200)
})

test('an application is disabled, enabled, and deleted after its name is typed', async (t) => {
  const { auth, vitor } = await withOAuth(t)
  const { client, secret } = await auth.clients.create({ ...MACHINE, id: 'a/../b?c&d' })
  const path = SHOW + encodeURIComponent(client.id)
  const browser = await operator(auth, 'vitor', PATH)
  const [, href = ''] = /href="([^"]+show[^"]+)"/.exec(browser.page.text) ?? []
  await browser.open(href.replaceAll('&amp;', '&'))

  const disabled = await browser.submit({ button: 'Disable Reports' })
  assert.match(wordsOf(disabled), /The application was disabled/)
  assert.equal(await tokenStatus(auth, client.id, secret), 401)
  assert.doesNotMatch(disabled.text, /value="(?:rotate|disable)"/)
  for (const action of ['rotate', 'disable'])
    assert.equal((await sent(browser, path, { action })).status, 404)
  await browser.open(path)
  const enabled = await browser.submit({ button: 'Enable' })
  assert.match(wordsOf(enabled), /The application was enabled/)
  assert.equal(await tokenStatus(auth, client.id, secret), 200)
  assert.equal((await sent(browser, path, { action: 'enable' })).status, 404)
  const unsure = await sent(browser, path, { action: 'delete', confirm: 'Report' })
  assert.equal(unsure.status, 400)
  const deleted = await sent(browser, path, { action: 'delete', confirm: 'Reports' })
  assert.match(wordsOf(deleted), /The application was deleted/)
  assert.deepEqual(await auth.clients.list(), [])
  for (const kind of ['client_disabled', 'client_enabled', 'client_deleted'] as const)
    assert.equal((await auth.events.list({ kind }))[0]?.actor, vitor.id)
  assert.equal((await browser.open(path)).status, 404)
  assert.equal((await browser.open(`${PATH}show/`)).path, PATH)
  assert.equal((await sent(browser, path, { action: 'delete' })).status, 404)
})

test('staff who may only view change nothing', async (t) => {
  const { auth } = await withOAuth(t)
  const { client } = await auth.clients.create(SHOP)
  await staffWith(auth, 'viewer')
  const browser = await operator(auth, 'viewer', PATH)
  assert.match(wordsOf(browser.page), /Shop/)
  assert.doesNotMatch(browser.page.text, /applications\/new/)
  assert.equal((await browser.open(NEW)).status, 403)
  const fields = { name: 'Mine', kind: 'site', redirectUris: CALLBACK }
  assert.equal((await sent(browser, NEW, fields)).status, 403)
  const path = SHOW + client.id
  assert.doesNotMatch((await browser.open(path)).text, /name="action"/)
  for (const action of ['rotate', 'disable', 'enable', 'delete'])
    assert.equal((await sent(browser, path, { action, confirm: 'Shop' })).status, 403)
  assert.deepEqual(await auth.clients.list(), [client])
})

test('staff get no secret of a machine, and let no application skip the consent: only superusers do', async (t) => {
  const { auth } = await withOAuth(t)
  const machine = await auth.clients.create(MACHINE)
  const shop = await auth.clients.create(SHOP)
  await staffWith(auth, 'support')
  const browser = await operator(auth, 'support', NEW)
  assert.doesNotMatch(browser.page.text, /skip_consent|value="machine"/)
  const site = { name: 'Mine', kind: 'site', redirectUris: CALLBACK }
  for (const fields of [
    { name: 'Mine', kind: 'machine' },
    { ...site, skip_consent: 'yes' },
  ])
    assert.equal((await sent(browser, NEW, fields)).status, 403)
  const rotated = await sent(browser, SHOW + machine.client.id, { action: 'rotate' })
  assert.equal(rotated.status, 403)
  assert.equal(await tokenStatus(auth, machine.client.id, machine.secret), 200)

  assert.equal((await sent(browser, NEW, site)).status, 200)
  const own = await sent(browser, SHOW + shop.client.id, { action: 'rotate' })
  assert.notEqual(secretIn(own), '')
})

const EDIT = `${PATH}edit/?id=`

test('an application is registered with all that the command has, and changed', async (t) => {
  const { auth, vitor } = await withOAuth(t)
  const browser = await operator(auth, 'vitor', NEW)
  const key = generateKey('ES256').publicJwk
  await browser.submit(
    { button: 'Register' },
    {
      name: 'Shop',
      kind: 'site',
      redirectUris: CALLBACK,
      postLogoutRedirectUris: 'https://shop.example.com/bye',
      resources: 'https://api.example.com',
      audiences: 'https://shop.example.com/api',
      scopes: 'openid',
      keys: JSON.stringify({ keys: [key] }),
    },
  )
  const [client] = await auth.clients.list()
  assert.equal(client?.proof, 'private_key_jwt')
  assert.deepEqual(client?.keys, [key])
  assert.deepEqual(client?.postLogoutRedirectUris, ['https://shop.example.com/bye'])
  assert.deepEqual(client?.resources, ['https://api.example.com'])
  assert.deepEqual(client?.audiences, ['https://shop.example.com/api'])

  await browser.open(SHOW + client?.id)
  const [, href = ''] = /href="([^"]+edit[^"]+)"/.exec(browser.page.text) ?? []
  const page = await browser.open(href)
  assert.equal(page.heading, 'Change Shop')
  for (const text of [
    CALLBACK,
    'https://shop.example.com/bye',
    'https://api.example.com',
  ])
    assert.ok(page.text.includes(`>${text}</textarea>`), text)
  const wrong = await browser.submit(
    { button: 'Save' },
    { name: 'Big shop', redirectUris: 'http://shop.example.com', keys: '{' },
  )
  assert.equal(wrong.status, 400)
  assert.match(wordsOf(wrong), /Must be a key as JSON/)
  assert.match(wrong.text, /value="Big shop"/)
  const saved = await browser.submit(
    { button: 'Save' },
    { name: 'Big shop', redirectUris: `${CALLBACK}2`, keys: JSON.stringify(key) },
  )
  assert.match(wordsOf(saved), /The application was changed\./)
  const after = await auth.clients.find(client?.id ?? '')
  assert.deepEqual([after?.name, after?.redirectUris], ['Big shop', [`${CALLBACK}2`]])
  assert.deepEqual(after?.keys, [key])
  await browser.open(href)
  const jwksUri = 'https://shop.example.com/keys'
  const both = await browser.submit(
    { button: 'Save' },
    { jwksUri, redirectUris: CALLBACK, keys: JSON.stringify(key) },
  )
  assert.match(wordsOf(both), /Must be empty if the keys are at an address/)
  const moved = await browser.submit(
    { button: 'Save' },
    { jwksUri, redirectUris: CALLBACK, keys: '' },
  )
  assert.match(wordsOf(moved), /The application was changed\./)
  const published = await auth.clients.find(client?.id ?? '')
  assert.deepEqual([published?.jwksUri, published?.keys], [jwksUri, []])
  const shown = await browser.open(href)
  assert.ok(shown.text.includes(`value="${jwksUri}"`))
  assert.equal((await auth.events.list({ kind: 'client_changed' }))[0]?.actor, vitor.id)
})

test('staff change no application of which users are not asked: only superusers do', async (t) => {
  const { auth } = await withOAuth(t)
  const shop = await auth.clients.create(SHOP)
  const machine = await auth.clients.create(MACHINE)
  const own = await auth.clients.create({ ...SHOP, skipConsent: true })
  const service = await auth.clients.create({ ...SHOP, audiences: ['https://a.example'] })
  await staffWith(auth, 'support')
  await staffWith(auth, 'viewer')
  const browser = await operator(auth, 'support')
  const fields = { name: 'Mine', redirectUris: CALLBACK }
  for (const { client } of [machine, own, service]) {
    assert.equal((await browser.open(EDIT + client.id)).status, 403)
    assert.doesNotMatch((await browser.open(SHOW + client.id)).text, /applications\/edit/)
    assert.equal((await sent(browser, EDIT + client.id, fields)).status, 403)
  }
  const path = EDIT + shop.client.id
  for (const more of [{ skip_consent: 'yes' }, { audiences: 'https://a.example' }])
    assert.equal((await sent(browser, path, { ...fields, ...more })).status, 403)
  assert.deepEqual(await auth.clients.find(shop.client.id), shop.client)
  assert.equal((await sent(browser, path, fields)).status, 200)
  assert.equal((await auth.clients.find(shop.client.id))?.name, 'Mine')

  const viewer = await operator(auth, 'viewer')
  assert.equal((await viewer.open(path)).status, 403)
  assert.equal((await sent(viewer, path, fields)).status, 403)
})

const API = 'https://orders.example.com'
const STOCK = 'https://stock.example.com'

test('a service is registered that only exchanges tokens, and the grant is given and taken', async (t) => {
  const { auth } = await withOAuth(t)
  const browser = await operator(auth, 'vitor', NEW)
  const created = await browser.submit(
    { button: 'Register' },
    {
      name: 'Orders',
      kind: 'service',
      audiences: API,
      resources: STOCK,
      scopes: 'posts:read',
    },
  )
  assert.equal(created.status, 200)
  const [service] = await auth.clients.list()
  assert.deepEqual(
    [service?.proof, service?.grants, service?.audiences, service?.resources],
    ['secret', [EXCHANGE_GRANT], [API], [STOCK]],
  )
  assert.match(
    (await browser.open(EDIT + service?.id)).text,
    /name="exchange"[^>]*checked/,
  )
  const without = await sent(browser, EDIT + service?.id, { name: 'Orders' })
  assert.equal(without.status, 400)
  assert.match(without.text, /href="#grants"[^>]*>Must be a list of/)
  assert.deepEqual((await auth.clients.find(service?.id ?? ''))?.grants, [EXCHANGE_GRANT])

  const { client: shop } = await auth.clients.create({
    ...SHOP,
    grants: [
      'authorization_code',
      'urn:ietf:params:oauth:grant-type:device_code',
      'refresh_token',
    ],
  })
  const fields = { name: 'Shop', redirectUris: CALLBACK, scopes: 'openid' }
  await sent(browser, EDIT + shop.id, { ...fields, exchange: 'yes' })
  const given = await auth.clients.find(shop.id)
  assert.deepEqual(given?.grants, [...shop.grants, EXCHANGE_GRANT])
  await sent(browser, EDIT + shop.id, fields)
  assert.deepEqual((await auth.clients.find(shop.id))?.grants, shop.grants)

  for (const kind of ['site', 'machine']) {
    const addresses = kind === 'site' ? { redirectUris: CALLBACK } : {}
    const other = { name: kind, kind, exchange: 'yes', ...addresses }
    assert.equal((await sent(browser, NEW, other)).status, 200)
    const client = (await auth.clients.list()).find(({ name }) => name === kind)
    assert.equal(client?.grants.at(-1), EXCHANGE_GRANT)
    assert.ok((client?.grants.length ?? 0) > 1)
  }
  const app = { name: 'app', kind: 'app', redirectUris: CALLBACK, exchange: 'yes' }
  const open = await sent(browser, NEW, app)
  assert.equal(open.status, 400)
  assert.match(
    open.text,
    /href="#kind"[^>]*>[^<]*token-exchange requires a secret or a key/,
  )
})

test('staff register no application that exchanges tokens, and change none: only superusers do', async (t) => {
  const { auth } = await withOAuth(t)
  const orders = { name: 'Orders', grants: [EXCHANGE_GRANT] } as const
  const { client } = await auth.clients.create(orders)
  const { client: shop } = await auth.clients.create(SHOP)
  await staffWith(auth, 'support')
  const browser = await operator(auth, 'support', NEW)
  assert.doesNotMatch(browser.page.text, /name="exchange"|value="service"/)
  const site = { name: 'Mine', kind: 'site', redirectUris: CALLBACK }
  for (const fields of [
    { ...site, exchange: 'yes' },
    { name: 'Mine', kind: 'service' },
  ])
    assert.equal((await sent(browser, NEW, fields)).status, 403)
  const fields = { name: 'Mine', redirectUris: CALLBACK, exchange: 'yes' }
  assert.equal((await sent(browser, EDIT + shop.id, fields)).status, 403)
  assert.equal((await browser.open(EDIT + client.id)).status, 403)
  assert.equal((await sent(browser, EDIT + client.id, { name: 'Mine' })).status, 403)
  assert.equal((await sent(browser, SHOW + client.id, { action: 'rotate' })).status, 403)
  assert.equal((await auth.clients.list()).length, 2)
  for (const each of [shop, client])
    assert.deepEqual(await auth.clients.find(each.id), each)
})

test('a form without its token changes nothing', async (t) => {
  const { auth } = await withOAuth(t)
  const { client } = await auth.clients.create(SHOP)
  const browser = await operator(auth)
  const fields = { action: 'disable', csrfmiddlewaretoken: '' }
  assert.equal((await browser.post(SHOW + client.id, fields)).status, 403)
  assert.equal((await auth.clients.find(client.id))?.disabledAt, undefined)
})

test('for others there are no such pages, nor without the option oauth', async (t) => {
  const { auth } = await withOAuth(t)
  const ada = await operator(auth, 'ada', '/account/sign-in/')
  for (const path of [PATH, NEW, `${SHOW}x`])
    assert.equal((await ada.open(path)).status, 404)
  const plain = await operated(t)
  const browser = await operator(plain.auth)
  assert.doesNotMatch(browser.page.text, />Applications</)
  assert.equal((await browser.open(PATH)).status, 404)
})

test('a store that cannot be reached is 503', async (t) => {
  const { auth, faults } = await withOAuth(t)
  const { client } = await auth.clients.create(SHOP)
  const browser = await operator(auth)
  faults.fail('clients.list', 'clients.find')
  for (const path of [PATH, SHOW + client.id])
    assert.equal((await browser.open(path)).status, 503)
})

test('pairwise names and the address of the sector are shown and changed', async (t) => {
  const { auth } = await withOAuth(t)
  const { client } = await auth.clients.create(SHOP)
  const browser = await operator(auth, 'vitor', SHOW + client.id)
  assert.match(wordsOf(browser.page), /Names of users their ids/)
  const path = `${PATH}edit/?id=${client.id}`
  const fields = { name: 'Shop', redirectUris: CALLBACK, scopes: 'openid' }
  const several = { redirectUris: `${CALLBACK}\nhttps://shop.example.org/cb` }
  const refused = await sent(browser, path, { ...fields, ...several, pairwise: '1' })
  assert.equal(refused.status, 400)
  assert.match(wordsOf(refused), /redirect URIs of several hosts/)
  assert.match(refused.text, /name="pairwise"[^>]*checked/)

  const sectorIdentifierUri = 'https://group.example/sector.json'
  const all = { ...fields, ...several, pairwise: '1', sectorIdentifierUri }
  const page = await sent(browser, path, all)
  assert.match(wordsOf(page), /of the sector of https:\/\/group\.example\/sector\.json/)
  const changed = await auth.clients.find(client.id)
  assert.equal(changed?.subjectType, 'pairwise')
  assert.equal(changed?.sectorIdentifierUri, sectorIdentifierUri)
  assert.ok((await browser.open(path)).text.includes(sectorIdentifierUri))
  await sent(browser, path, fields)
  const cleared = await auth.clients.find(client.id)
  assert.equal(cleared?.subjectType, 'public')
  assert.equal(cleared?.sectorIdentifierUri, undefined)
})

test('bound tokens, pushed requests and the logout URI are shown and changed', async (t) => {
  const { auth } = await withOAuth(t)
  const { client } = await auth.clients.create(SHOP)
  const browser = await operator(auth, 'vitor', SHOW + client.id)
  assert.match(
    wordsOf(browser.page),
    /bound to its key if it sends a proof.*may be pushed/,
  )
  const path = `${PATH}edit/?id=${client.id}`
  const uri = 'https://shop.example.com/logout'
  const fields = { name: 'Shop', redirectUris: CALLBACK, scopes: 'openid' }
  const wrong = await sent(browser, path, { ...fields, backchannelLogoutUri: 'x' })
  assert.equal(wrong.status, 400)
  assert.match(wordsOf(wrong), /Must be an https address/)

  const all = { backchannelLogoutUri: uri, dpop_bound: '1', require_pushed: '1' }
  const page = await sent(browser, path, { ...fields, ...all })
  assert.match(wordsOf(page), /bound to its key \(DPoP\).*must be pushed \(PAR\)/)
  assert.ok(page.text.includes(uri))
  const changed = await auth.clients.find(client.id)
  assert.equal(changed?.backchannelLogoutUri, uri)
  assert.equal(changed?.dpopBoundAccessTokens, true)
  assert.equal(changed?.requirePushedAuthorizationRequests, true)
  const form = await browser.open(path)
  assert.match(form.text, /name="dpop_bound"[^>]*checked/)
  assert.match(form.text, /name="require_pushed"[^>]*checked/)
  assert.ok(form.text.includes(uri))

  await sent(browser, path, fields)
  const cleared = await auth.clients.find(client.id)
  assert.equal(cleared?.backchannelLogoutUri, undefined)
  assert.equal(cleared?.dpopBoundAccessTokens, false)
  assert.equal(cleared?.requirePushedAuthorizationRequests, false)
})
