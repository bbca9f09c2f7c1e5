import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oauthToolkit, socialOAuth2 } from '../../src/presets/index.ts'
import type { StoreVerb } from '../../src/testing/index.ts'
import { type SocialApp, socialApp } from '../social/setup.ts'
import { neededVerbs } from './needed-verbs.ts'

const PRESETS = [
  oauthToolkit({ passwordGrant: ['site'] }),
  socialOAuth2({ prefix: '/social', passwordGrant: ['site'] }),
]

const PERSON = { sub: 'a-1', email: 'ada@example.com', email_verified: true }
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Send = () => Promise<{ readonly status: number }>

/** The application of an instance. */
interface Site {
  readonly client_id: string
  readonly client_secret: string
}

type Prepare = (app: SocialApp, site: Site) => Promise<Send>

const form = (app: SocialApp, path: string, fields: object): Promise<Response> =>
  app.auth.handler(
    new Request(`http://127.0.0.1${path}`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields }),
    }),
  )

/** Tokens of a person. */
async function converted(app: SocialApp, site: Site) {
  const token = app.provider.accessToken(PERSON)
  const fields = { grant_type: 'convert_token', backend: 'acme', token, ...site }
  const { body } = await app.request('POST', '/social/convert-token/', fields)
  const access = body.access_token as string
  return { access, headers: { authorization: `Bearer ${access}` } }
}

/** For each endpoint: what makes a request that it accepts. */
const REQUESTS: Readonly<Record<string, Prepare>> = {
  async 'oauthToolkit.token'(app, site) {
    await app.auth.users.create({ username: 'sue', password: PASSWORD })
    const user = { username: 'sue', password: PASSWORD }
    const fields = { grant_type: 'password', ...user, ...site }
    return () => form(app, '/o/token/', fields)
  },
  async 'oauthToolkit.revokeToken'(app, site) {
    const { access: token } = await converted(app, site)
    return () => form(app, '/o/revoke_token/', { token, ...site })
  },
  async 'oauthToolkit.introspect'(app, site) {
    const { access: token } = await converted(app, site)
    return () => form(app, '/o/introspect/', { token, ...site })
  },
  async 'oauthToolkit.userInfo'(app, site) {
    const { headers } = await converted(app, site)
    return () => app.request('GET', '/o/userinfo/', undefined, headers)
  },
  'oauthToolkit.openidConfiguration': async (app) => () =>
    app.request('GET', '/o/.well-known/openid-configuration'),
  'oauthToolkit.jwks': async (app) => () =>
    app.request('GET', '/o/.well-known/jwks.json'),
  'oauthToolkit.applications': async (app) => () =>
    app.request('GET', '/o/applications/'),
  'oauthToolkit.registration': async (app) => () =>
    app.request('GET', '/o/applications/register/'),
  'oauthToolkit.authorizedTokens': async (app) => () =>
    app.request('GET', '/o/authorized_tokens/'),
  async 'socialOAuth2.convertToken'(app, site) {
    const token = app.provider.accessToken(PERSON)
    const fields = { grant_type: 'convert_token', backend: 'acme', token, ...site }
    return () => app.request('POST', '/social/convert-token/', fields)
  },
  async 'socialOAuth2.token'(app, site) {
    await app.auth.users.create({ username: 'sue', password: PASSWORD })
    const user = { username: 'sue', password: PASSWORD }
    const fields = { grant_type: 'password', ...user, ...site }
    return () => app.request('POST', '/social/token/', fields)
  },
  async 'socialOAuth2.revokeToken'(app, site) {
    const { access: token } = await converted(app, site)
    return () => app.request('POST', '/social/revoke-token/', { token, ...site })
  },
  async 'socialOAuth2.invalidateSessions'(app, site) {
    const { headers } = await converted(app, site)
    const { client_id } = site
    const path = '/social/invalidate-sessions/'
    return () => app.request('POST', path, { client_id }, headers)
  },
  async 'socialOAuth2.invalidateRefreshTokens'(app, site) {
    const { headers } = await converted(app, site)
    const { client_id } = site
    const path = '/social/invalidate-refresh-tokens/'
    return () => app.request('POST', path, { client_id }, headers)
  },
  async 'socialOAuth2.disconnectBackend'(app, site) {
    const { headers } = await converted(app, site)
    const [user] = await app.auth.users.list()
    await app.auth.users.change(user?.id ?? '', {})
    await app.auth.identities.link(user?.id ?? '', { provider: 'acme', subject: 'a-2' })
    const [identity] = await app.auth.identities.list(user?.id ?? '')
    const fields = { backend: 'acme', association_id: identity?.id }
    return () => app.request('POST', '/social/disconnect-backend/', fields, headers)
  },
}

/** One function of the store that each cannot do without; without one, the answer comes from memory. */
const NEEDED: Readonly<Record<string, StoreVerb | undefined>> = {
  'oauthToolkit.openidConfiguration': undefined,
  'oauthToolkit.jwks': undefined,
  'oauthToolkit.applications': undefined,
  'oauthToolkit.registration': undefined,
  'oauthToolkit.authorizedTokens': undefined,
  'oauthToolkit.userInfo': 'users.find',
  'socialOAuth2.convertToken': 'sessions.open',
  'socialOAuth2.token': 'sessions.open',
  'oauthToolkit.token': 'sessions.open',
  'socialOAuth2.invalidateSessions': 'sessions.revoke',
  'socialOAuth2.invalidateRefreshTokens': 'sessions.revoke',
  'socialOAuth2.disconnectBackend': 'identities.unlink',
}

for (const [name, prepare] of Object.entries(REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    await using app = await socialApp({
      throttle: { login: null, anon: '100000/s' },
      counts: 'store',
      presets: PRESETS,
      console: true,
      accounts: { requireActivation: false },
      oauth: { scopes: { read: 'Read' } },
    })
    const { client, secret = '' } = await app.auth.clients.create({
      name: 'Site',
      id: 'site',
      proof: 'secret',
      grants: ['refresh_token'],
      scopes: ['openid', 'read'],
      audiences: ['https://app.example.com'],
      skipConsent: true,
    })
    const site = { client_id: client.id, client_secret: secret }
    const needed = await neededVerbs(app, async () => {
      for (const { id } of await app.auth.users.list()) await app.auth.users.delete(id)
      app.clock.advance('10m')
      const send = await prepare(app, site)
      // Nothing that was cached for the preparation counts any more.
      app.clock.advance(60)
      return send
    })
    const verb = name in NEEDED ? NEEDED[name] : 'clients.find'
    if (verb === undefined) assert.deepEqual(needed, [])
    else assert.ok(needed.includes(verb), `${verb}: ${needed.join(', ')}`)
  })

test('every endpoint of these presets is tried', () => {
  const all = PRESETS.flatMap(({ name, endpoints }) =>
    Object.keys(endpoints).map((each) => `${name}.${each}`),
  )
  assert.deepEqual(Object.keys(REQUESTS).toSorted(), all.toSorted())
})
