import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreVerb } from '../../src/testing/index.ts'
import { PARTNER_API, provider } from '../oauth/setup.ts'
import { neededVerbs } from './needed-verbs.ts'
import { GRANT_REQUESTS, OAUTH_REQUESTS } from './oauth-requests.ts'

/** Endpoints whose answer comes from memory. */
const NEEDS_NO_STORE = ['oauthMetadata', 'openidConfiguration']

/** One function of the store that a request cannot do without, if it is another one than for most. */
const NEEDED: Readonly<Record<string, StoreVerb>> = {
  oauthUserInfo: 'users.find',
  oauthRegistration: 'clients.insert',
  ownApplications: 'sessions.list',
  ownApplication: 'sessions.revoke',
  'a code': 'grants.redeem',
  'a device code': 'grants.redeem',
  'a refresh token': 'sessions.rotate',
}

for (const [name, prepare] of Object.entries({ ...OAUTH_REQUESTS, ...GRANT_REQUESTS }))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async (t) => {
    const app = provider(t, {
      throttle: { anon: '100000/s', login: '100000/s' },
      counts: 'store',
      oauth: {
        scopes: { 'posts:read': 'Read', 'posts:write': 'Write' },
        resources: [PARTNER_API],
        codeLife: '10m',
        device: true,
        registration: 'token',
      },
    })
    const needed = await neededVerbs(app, async () => {
      const send = await prepare(app)
      // Nothing that was cached for the preparation counts any more.
      app.clock.advance(60)
      return send
    })
    const isNeeded = needed.includes(NEEDED[name] ?? 'clients.find')
    assert.equal(isNeeded, !NEEDS_NO_STORE.includes(name), needed.join(', '))
  })
