import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEVICE_GRANT } from '../../src/features/oauth/client.ts'
import { testBrowser } from '../pages/site.ts'
import { PASSWORD } from './consent.ts'
import { withDevice } from './device.ts'
import { claimsOf, provider } from './setup.ts'

const errorOf = ({ status, body }: { status: number; body: { error?: string } }) => [
  status,
  body.error,
]

test('a device gets tokens once its user has entered the code and agreed', async (t) => {
  const app = await withDevice(t)
  const { body, deviceCode, userCode } = await app.begin()
  assert.match(userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  assert.deepEqual(
    [body.verification_uri, body.expires_in, body.interval],
    ['https://app.example.com/oauth/device', 600, 5],
  )
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])

  await app.signedIn()
  const asked = await app.enter(userCode.toLowerCase().replace('-', ' '))
  assert.equal(asked.heading, 'Connect Living room on your device?')
  assert.match(asked.text, new RegExp(userCode))
  assert.match(asked.text, /Read your posts/)
  // Of a device whose address is not known the page says nothing.
  assert.doesNotMatch(asked.text, /network address/)
  await app.browser.submit({ button: 'Allow' })
  assert.equal(app.browser.page.heading, 'Your device is connected')

  const { status, body: tokens } = await app.poll(deviceCode)
  assert.equal(status, 200)
  const claims = claimsOf(tokens.access_token ?? '')
  assert.deepEqual(
    [claims.sub, claims.client_id, claims.scope],
    [app.ada.id, app.tv.id, 'openid posts:read'],
  )
  assert.equal((await app.guarded(tokens.access_token ?? '')).status, 200)
  assert.ok(tokens.refresh_token)
  assert.equal(claimsOf(tokens.id_token ?? '').sub, app.ada.id)
})

test('a device code is redeemed once, also by fifty polls at once', async (t) => {
  const app = await withDevice(t)
  const { deviceCode, userCode } = await app.begin()
  await app.signedIn()
  await app.enter(userCode)
  await app.browser.submit({ button: 'Allow' })

  const answers = await Promise.all(
    Array.from({ length: 50 }, () => app.poll(deviceCode)),
  )

  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 1)
  const others = answers.filter(({ status }) => status !== 200)
  assert.ok(
    others.every(({ body }) => (body as { error?: string }).error === 'invalid_grant'),
  )
  const sessions = await app.auth.sessions.list(app.ada.id)
  assert.equal(sessions.filter(({ clientId }) => clientId === app.tv.id).length, 1)
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'invalid_grant'])
})

test('of fifty answers of the user at once one decides', async (t) => {
  const app = await withDevice(t)
  const { deviceCode, userCode } = await app.begin()
  await app.signedIn()
  const requests = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const page = await app.enter(userCode)
      return /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    }),
  )
  const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(app.browser.page.text)
  const answers = await Promise.all(
    requests.map((request, i) =>
      app.browser.post('/oauth/device', {
        csrfmiddlewaretoken: token?.[1] ?? '',
        request,
        decision: i % 2 === 0 ? 'allow' : 'deny',
      }),
    ),
  )
  const decided = answers.filter(({ heading }) => heading.startsWith('Your device is'))
  assert.equal(decided.length, 1)
  const isAllowed = decided[0]?.heading === 'Your device is connected'
  const { status } = await app.poll(deviceCode)
  assert.equal(status, isAllowed ? 200 : 400)
})

test('a user who does not allow it ends the request', async (t) => {
  const app = await withDevice(t)
  const { deviceCode, userCode } = await app.begin()
  await app.signedIn()
  await app.enter(userCode)
  await app.browser.submit({ button: 'Do not allow' })
  assert.equal(app.browser.page.heading, 'Your device is not connected')

  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'access_denied'])
  const again = await app.enter(userCode)
  assert.match(again.text, /This code is wrong or has expired/)
})

test('a device that polls faster than the interval is slowed down', async (t) => {
  const app = await withDevice(t)
  const { deviceCode } = await app.begin()
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'slow_down'])
  app.clock.advance(5)
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])
})

test('a device code expires after ten minutes, and its approval after five more', async (t) => {
  const app = await withDevice(t)
  await app.signedIn()
  const late = await app.begin()
  const approved = await app.begin()
  await app.enter(approved.userCode)
  await app.browser.submit({ button: 'Allow' })
  app.clock.advance('10m')

  assert.deepEqual(errorOf(await app.poll(late.deviceCode)), [400, 'expired_token'])
  assert.deepEqual(errorOf(await app.poll(approved.deviceCode)), [400, 'expired_token'])
  assert.match((await app.enter(late.userCode)).text, /This code is wrong or has expired/)
})

test('a device code of another application, or an unknown one, is refused', async (t) => {
  const app = await withDevice(t)
  const { deviceCode } = await app.begin()
  const other = await app.client({ proof: 'none', grants: [DEVICE_GRANT] })
  assert.deepEqual(errorOf(await app.poll(deviceCode, other)), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await app.poll('unknown')), [400, 'invalid_grant'])
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])
})

test('an approval is void once the user has signed out, or has changed', async (t) => {
  const ends = [
    (app: Awaited<ReturnType<typeof withDevice>>) =>
      app.auth.sessions.revokeAll(app.ada.id),
    (app: Awaited<ReturnType<typeof withDevice>>) =>
      app.auth.users.change(app.ada.id, { active: false }),
  ]
  for (const end of ends) {
    const app = await withDevice(t)
    const { deviceCode, userCode } = await app.begin()
    await app.signedIn()
    await app.enter(userCode)
    await app.browser.submit({ button: 'Allow' })
    await end(app)
    assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'invalid_grant'])
  }
})

test('the link with the code fills in the code, and does nothing by itself', async (t) => {
  const app = await withDevice(t)
  const { complete, userCode, deviceCode } = await app.begin()

  await app.browser.open(complete)
  assert.equal(app.browser.page.heading, 'Sign in')
  await app.signIn()
  assert.equal(app.browser.page.heading, 'Connect a device')
  assert.match(app.browser.page.text, new RegExp(`value="${userCode}"`))
  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])

  await app.browser.submit({ button: 'Continue' })
  assert.match(app.browser.page.text, /If somebody sent you the code or this link/)
  await app.browser.submit({ button: 'Allow' })
  assert.equal((await app.poll(deviceCode)).status, 200)
})

test('the page speaks German', async (t) => {
  const app = await withDevice(t)
  await app.signedIn()
  const headers = { 'accept-language': 'de' }
  const page = await app.browser.open('/oauth/device', headers)
  assert.equal(page.heading, 'Gerät verbinden')
})

test('eleven wrong codes of a user are not compared, and a right one is not counted', async (t) => {
  const app = await withDevice(t)
  await app.signedIn()
  for (let i = 0; i < 12; i++) {
    const { userCode } = await app.begin()
    assert.match((await app.enter(userCode)).heading, /^Connect Living room/)
  }
  for (let i = 0; i < 10; i++)
    assert.equal((await app.enter('BBBB-BBBB')).status, 400, String(i))
  assert.equal((await app.enter('BBBB-BBBB')).status, 429)
  const { userCode } = await app.begin()
  assert.equal((await app.enter(userCode)).status, 429)
})

test('what one browser was shown cannot be answered by another', async (t) => {
  const app = await withDevice(t)
  const { userCode, deviceCode } = await app.begin()
  await app.signedIn()
  const shown = await app.enter(userCode)
  const [, request = ''] = /name="request" value="([^"]+)"/.exec(shown.text) ?? []

  await app.auth.users.create({ username: 'eve', password: PASSWORD })
  const other = testBrowser(app.auth)
  await other.open('/account/sign-in/')
  await other.submit({ button: 'Sign in' }, { login: 'eve', password: PASSWORD })
  const { text } = await other.open('/oauth/device')
  const [, token = ''] = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(text) ?? []
  const fields = { csrfmiddlewaretoken: token, request, decision: 'allow' }
  assert.equal((await other.post('/oauth/device', fields)).status, 400)

  assert.deepEqual(errorOf(await app.poll(deviceCode)), [400, 'authorization_pending'])
})

test('an application needs the grant, and may ask for its own scopes alone', async (t) => {
  const app = await withDevice(t)
  const without = await app.client({ proof: 'none', grants: ['refresh_token'] })
  const refused = await app.begin({}, without)
  assert.deepEqual(errorOf(refused), [400, 'unauthorized_client'])
  const wide = await app.begin({ scope: 'admin' })
  assert.deepEqual(errorOf(wide), [400, 'invalid_scope'])
  const target = await app.begin({ resource: 'https://evil.example' })
  assert.deepEqual(errorOf(target), [400, 'invalid_target'])
})

test('a network gets a hundred codes in ten minutes', async (t) => {
  const app = await withDevice(t)
  for (let i = 0; i < 100; i++) assert.equal((await app.begin()).status, 200)
  assert.equal((await app.begin()).status, 429)
})

test('the metadata names the endpoint and the grant', async (t) => {
  const app = await withDevice(t)
  const { body } = await app.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(
    body.device_authorization_endpoint,
    'https://app.example.com/oauth/device_authorization',
  )
  assert.ok((body.grant_types_supported as string[] | undefined)?.includes(DEVICE_GRANT))
})

test('without the option there is no endpoint, no page and no grant', async (t) => {
  const app = provider(t)
  const { id } = await app.client({ proof: 'none', grants: [DEVICE_GRANT] })
  for (const path of ['/oauth/device_authorization', '/oauth/device'])
    assert.equal((await app.form(path, { client_id: id })).status, 404)
  const fields = { grant_type: DEVICE_GRANT, device_code: 'x', client_id: id }
  assert.deepEqual(errorOf(await app.form('/oauth/token', fields)), [
    400,
    'unsupported_grant_type',
  ])
  const { body } = await app.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(body.device_authorization_endpoint, undefined)
  assert.equal(
    (body.grant_types_supported as string[] | undefined)?.includes(DEVICE_GRANT),
    false,
  )
})
