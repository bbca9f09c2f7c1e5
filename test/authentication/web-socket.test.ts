import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import { remoteUser } from '../../src/authentication/remote-user.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { browserOf } from './browser.ts'
import { type Headers, served } from './served.ts'

/* Any page may open a WebSocket with the cookies of its user, by a GET. */

const UPGRADE = { Upgrade: 'websocket', Connection: 'Upgrade, close' }
const FOREIGN = 'https://evil.example'

const opens = (headers: Headers): Headers => ({ ...UPGRADE, ...headers })

test('a session cookie opens a WebSocket for pages of this host and of the option origins only', async (t) => {
  const origins = ['https://app.example.com']
  const server = await served(t, { authentication: [session({ origins })] })
  const browser = await browserOf(server)
  const statusOf = async (headers: Headers): Promise<number> =>
    (await browser.send('GET', '/', opens(headers))).status

  assert.equal(await statusOf({ Origin: server.origin }), 200)
  assert.equal(await statusOf({ Origin: 'https://app.example.com' }), 200)
  for (const origin of [FOREIGN, 'null', 'https://app.example.com.evil.example', ''])
    assert.equal(await statusOf({ Origin: origin }), 403, origin)
  assert.equal(await statusOf({}), 403)
  const crossSite = { Origin: server.origin, 'Sec-Fetch-Site': 'cross-site' }
  assert.equal(await statusOf(crossSite), 403)
  for (const upgrade of ['WebSocket', 'h2c, websocket', 'websocket/13'])
    assert.equal(await statusOf({ Upgrade: upgrade, Origin: FOREIGN }), 403, upgrade)
})

test('a foreign page that opens a WebSocket with a session cookie learns why it may not', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  const { body } = await browser.send('GET', '/any/', opens({ Origin: FOREIGN }))

  assert.deepEqual(body, {
    detail: `CSRF Failed: Origin checking failed - ${FOREIGN} does not match any trusted origins.`,
  })
})

test('a session cookie still reads for every page, and without an Origin', async (t) => {
  const server = await served(t, { authentication: [session()] })
  const browser = await browserOf(server)

  assert.equal((await browser.send('GET', '/')).status, 200)
  assert.equal((await browser.send('GET', '/', { Origin: FOREIGN })).status, 200)
})

test('a bearer token opens a WebSocket from anywhere: no browser adds it by itself', async (t) => {
  const server = await served(t, { authentication: [bearer(), session()] })
  const { access } = await server.auth.signIn(server.userOf('alice'))
  const authorization = { Authorization: `Bearer ${access}` }

  for (const origin of [{}, { Origin: FOREIGN }]) {
    const { status, body } = await server.send(
      'GET',
      '/',
      opens({ ...authorization, ...origin }),
    )
    assert.deepEqual([status, body], [200, { user: 'alice', scheme: 'bearer' }])
  }
})

test('Basic credentials and those of a proxy open a WebSocket for programs and own pages only', async (t) => {
  const credentials = Buffer.from('spacey:  pad ').toString('base64')
  for (const [scheme, header] of [
    [basic(), { Authorization: `Basic ${credentials}` }],
    [remoteUser({ header: 'X-User', from: ['127.0.0.1'] }), { 'X-User': 'spacey' }],
  ] as const) {
    const server = await served(t, { authentication: [scheme] })
    const statusOf = async (headers: Headers): Promise<number> =>
      (await server.send('GET', '/', opens({ ...header, ...headers }))).status

    assert.equal(await statusOf({}), 200)
    // A proxy may have ended TLS.
    const own = { Host: 'api.example.net', Origin: 'https://api.example.net' }
    assert.equal(await statusOf(own), 200)
    assert.equal(await statusOf({ Origin: FOREIGN }), 403)
    assert.equal(await statusOf({ 'Sec-Fetch-Site': 'cross-site' }), 403)
  }
})
