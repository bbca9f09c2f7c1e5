import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { importKeySet, verifier } from '../../src/jwt/index.ts'
import { oauthToolkit } from '../../src/presets/index.ts'
import { cleanUp } from '../cleanup.ts'
import { PASSWORD, REDIRECT, withUser } from './consent.ts'
import { withDevice } from './device.ts'
import { basicOf, claimsOf, headerOf, URL_OF_APP } from './setup.ts'

/** An application that notes which logout tokens it is sent, and answers with these statuses, then with 200. */
async function listening(t: TestContext, statuses: number[] = [], pair?: Pair) {
  const tokens: string[] = []
  const listener: RequestListener = async (req, res) => {
    let text = ''
    for await (const chunk of req) text += chunk
    tokens.push(new URLSearchParams(text).get('logout_token') ?? '')
    res.writeHead(statuses.shift() ?? 200).end()
  }
  const server = pair ? createTlsServer(pair, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { tokens, uri: `${pair ? 'https' : 'http'}://127.0.0.1:${port}/logout` }
}

interface Pair {
  readonly key: Buffer
  readonly cert: Buffer
}

/** A certificate of 127.0.0.1 that no authority has signed. */
function selfSigned(): Pair {
  const directory = mkdtempSync(join(tmpdir(), 'watchword-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const command = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${key} -out ${cert} -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1`
  execFileSync('openssl', command.split(' '), { stdio: 'ignore' })
  const pair = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true })
  return pair
}

const OAUTH = { scopes: { 'posts:read': 'Read your posts' } }

/** ada has let an application in, which is notified of sign-outs. */
async function letIn(
  t: TestContext,
  statuses: number[] = [],
  isPrivate = true,
  pair?: Pair,
) {
  const its = await listening(t, statuses, pair)
  const app = await withUser(t, {
    oauth: { ...OAUTH, logoutToPrivateAddresses: isPrivate },
  })
  const client = await app.shop({ scopes: ['openid'], backchannelLogoutUri: its.uri })
  const login = async () => {
    const code = (await app.agree(client, { scope: 'openid' })).get('code') ?? ''
    const { body } = await app.exchange(client, { code })
    return claimsOf(body.id_token ?? '')
  }
  const idToken = await login()
  /** Waits until as many have come. */
  const told = async (count: number) => {
    for (let i = 0; i < 100 && its.tokens.length < count; i++) await sleep(100)
    assert.equal(its.tokens.length, count)
    return its.tokens
  }
  return { ...app, ...its, client, idToken, login, told }
}

type App = Awaited<ReturnType<typeof letIn>>

const signOut = async ({ browser }: App) => {
  await browser.open('/account/sign-out/')
  await browser.submit({ button: 'Sign out' })
}

test('a pairwise application is told of a sign-out by its own name of the user', async (t) => {
  const app = await letIn(t)
  await app.auth.clients.update(app.client.id, { subjectType: 'pairwise' })
  // What it was given before has ended.
  const [former = ''] = await app.told(1)
  assert.equal(claimsOf(former).sub, app.ada.id)
  const { sub, sid } = await app.login()
  assert.match(String(sub), /^pairwise_/)
  await signOut(app)
  const claims = claimsOf((await app.told(2))[1] ?? '')
  assert.equal(claims.sub, sub)
  assert.equal(claims.sid, sid)
  assert.ok(!JSON.stringify(claims).includes(app.ada.id))
})

test('an application is told that its user has signed out, by a signed token', async (t) => {
  const app = await letIn(t)
  const { idToken, client, ada, send, clock } = app
  const metadata = (await send('GET', '/.well-known/openid-configuration'))
    .body as Record<string, unknown>
  assert.equal(metadata.backchannel_logout_supported, true)
  assert.equal(metadata.backchannel_logout_session_supported, true)
  await signOut(app)
  const [token = ''] = await app.told(1)
  assert.equal(headerOf(token).typ, 'logout+jwt')
  const keys = importKeySet((await send('GET', '/.well-known/jwks.json')).body as never)
  const claims = verifier({
    keys,
    clock: () => clock.now() as never,
    issuer: URL_OF_APP,
    audience: client.id,
    types: ['logout+jwt'],
  }).verify(token)
  assert.ok(!(claims instanceof Promise))
  assert.deepEqual([claims.sub, claims.sid], [ada.id, idToken.sid])
  assert.deepEqual(claims.events, {
    'http://schemas.openid.net/event/backchannel-logout': {},
  })
  assert.match(String(claims.jti), /^[\da-f]{32}$/)
  assert.equal('nonce' in claims, false)
  // It is no token for anything else.
  assert.equal((await app.guarded(token)).status, 401)
  const hint = await app.browser.open(`/oauth/logout?id_token_hint=${token}`)
  assert.equal(hint.status, 400)
})

for (const [what, end] of [
  [
    'the user disconnects the application',
    async ({ auth, ada, client }) => {
      const all = await auth.sessions.list(ada.id)
      const its = all.find(({ clientId }) => clientId === client.id)
      await auth.sessions.revoke(its?.id ?? '')
    },
  ],
  [
    'all sessions of the user are revoked',
    async ({ auth, ada }) => {
      await auth.sessions.revokeAll(ada.id)
    },
  ],
  [
    'the password is changed',
    async ({ auth, ada }) => {
      await auth.users.setPassword(ada.id, 'another-4mzt-w2pd-x9kc')
    },
  ],
  [
    'the user is deleted',
    async ({ auth, ada }) => {
      await auth.users.delete(ada.id)
    },
  ],
  [
    'the application is disabled',
    async ({ auth, client }) => {
      await auth.clients.disable(client.id)
    },
  ],
] as readonly (readonly [string, (app: App) => Promise<void>])[])
  test(`an application is told once if ${what}`, async (t) => {
    const app = await letIn(t)
    await end(app)
    const [token = ''] = await app.told(1)
    assert.equal(claimsOf(token).sid, app.idToken.sid)
    await sleep(2500)
    await app.told(1)
  })

test('an application that does not answer is tried again, each time with another token', async (t) => {
  const app = await letIn(t, [500, 400])
  await signOut(app)
  await app.told(1)
  app.clock.advance(6)
  await app.told(2)
  app.clock.advance(11)
  const tokens = await app.told(3)
  assert.equal(new Set(tokens.map((each) => claimsOf(each).jti)).size, 3)
  app.clock.advance(1000)
  await sleep(2500)
  await app.told(3)
})

test('only applications of the browser that signs out are told, and none at private addresses by default', async (t) => {
  const closed = await letIn(t, [], false)
  await signOut(closed)
  const open = await letIn(t)
  const { testBrowser } = await import('../pages/site.ts')
  const other = testBrowser(open.auth)
  await other.open('/account/sign-in/')
  await other.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  await other.open('/account/sign-out/')
  await other.submit({ button: 'Sign out' })
  await sleep(4500)
  await open.told(0)
  await closed.told(0)
  await signOut(open)
  await open.told(1)
})

test('the address of an application is checked, and can be removed', async (t) => {
  const { auth, client } = await letIn(t)
  for (const uri of [
    'x',
    'ftp://a.example',
    'https://a.example/#x',
    'https://a:b@a.example/',
  ])
    await assert.rejects(auth.clients.update(client.id, { backchannelLogoutUri: uri }), {
      code: 'invalid',
    })
  await auth.clients.update(client.id, { backchannelLogoutUri: '' })
  const stored = await auth.clients.find(client.id)
  assert.equal(stored?.backchannelLogoutUri, undefined)
})

test('over TLS the certificate of the application is verified', async (t) => {
  const pair = selfSigned()
  const app = await letIn(t, [], true, pair)
  await signOut(app)
  const failed = () => app.log.filter(({ event }) => /sign-out later/.test(event))
  for (let i = 0; i < 100 && failed().length === 0; i++) await sleep(100)
  assert.equal(failed().length, 1)
  await app.told(0)

  const trusted = getCACertificates('default')
  t.after(() => setDefaultCACertificates(trusted))
  setDefaultCACertificates([...trusted, String(pair.cert)])
  app.clock.advance(6)
  const [token = ''] = await app.told(1)
  assert.equal(claimsOf(token).sid, app.idToken.sid)
})

test('an application that has registered itself is notified at public addresses alone', async (t) => {
  const pair = selfSigned()
  const its = await listening(t, [], pair)
  const app = await withUser(t, {
    oauth: { ...OAUTH, registration: 'open', logoutToPrivateAddresses: true },
  })
  const metadata = {
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'none',
    backchannel_logout_uri: its.uri,
    backchannel_logout_session_required: true,
  }
  const register = (body: object) =>
    app.send('POST', '/oauth/register', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const plain = { ...metadata, backchannel_logout_uri: 'http://a.example/' }
  assert.equal((await register(plain)).body.error, 'invalid_client_metadata')
  const { body } = await register(metadata)
  assert.equal(body.backchannel_logout_uri, its.uri)
  assert.equal(body.backchannel_logout_session_required, true)

  const trusted = getCACertificates('default')
  t.after(() => setDefaultCACertificates(trusted))
  setDefaultCACertificates([...trusted, String(pair.cert)])
  const client = { id: String(body.client_id), secret: '' }
  const code = (await app.agree(client, { scope: 'openid' })).get('code') ?? ''
  assert.equal((await app.exchange(client, { code, client_id: client.id })).status, 200)
  await app.browser.open('/account/sign-out/')
  await app.browser.submit({ button: 'Sign out' })
  const failed = () => app.log.filter(({ event }) => /sign-out later/.test(event))
  for (let i = 0; i < 100 && failed().length === 0; i++) await sleep(100)
  assert.match(String(failed()[0]?.reason), /not on a public address/)
  assert.deepEqual(its.tokens, [])
})

test('a device is told when its own session ends, and not when the browser that let it in signs out', async (t) => {
  const its = await listening(t)
  const app = await withDevice(t, {
    oauth: { ...OAUTH, device: true, logoutToPrivateAddresses: true },
  })
  await app.auth.clients.update(app.tv.id, { backchannelLogoutUri: its.uri })
  await app.signedIn()
  const { deviceCode, userCode } = await app.begin()
  await app.enter(userCode)
  await app.browser.submit({ button: 'Allow' })
  const { body } = await app.poll(deviceCode)
  const { sid } = claimsOf(body.id_token ?? '')
  await app.browser.open('/account/sign-out/')
  await app.browser.submit({ button: 'Sign out' })
  await sleep(2500)
  assert.deepEqual(its.tokens, [])
  await app.auth.sessions.revoke(String(sid))
  for (let i = 0; i < 100 && its.tokens.length === 0; i++) await sleep(100)
  assert.deepEqual(
    its.tokens.map((token) => claimsOf(token).sid),
    [sid],
  )
})

test('an application that presents a password is told when its session ends', async (t) => {
  const its = await listening(t)
  const app = await withUser(t, {
    oauth: { ...OAUTH, authorizePath: '/o/authorize/', logoutToPrivateAddresses: true },
    presets: [oauthToolkit({ passwordGrant: ['reports'] })],
  })
  const client = await app.client({
    id: 'reports',
    backchannelLogoutUri: its.uri,
  })
  const fields = { grant_type: 'password', username: 'ada', password: PASSWORD }
  const authorization = basicOf(client.id, client.secret)
  const { status, body } = await app.form('/o/token/', fields, authorization)
  assert.equal(status, 200, JSON.stringify(body))
  await app.auth.sessions.revokeAll(app.ada.id)
  for (let i = 0; i < 100 && its.tokens.length === 0; i++) await sleep(100)
  assert.equal(its.tokens.length, 1)
})
