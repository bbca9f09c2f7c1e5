import assert from 'node:assert/strict'
import { test } from 'node:test'
import { djoser, djRestAuth } from '../../src/presets/index.ts'
import type { StoreVerb, TestOptions } from '../../src/testing/index.ts'
import { signInAs, socialApp } from '../social/setup.ts'
import { neededVerbs } from './needed-verbs.ts'
import { beginDjoser, SOCIAL_PRESET_REQUESTS } from './social-preset-requests.ts'
import { SOCIAL_REQUESTS } from './social-requests.ts'

/** Functions of the store that each endpoint cannot do without. */
const NEEDED: Readonly<Record<string, readonly StoreVerb[]>> = {
  socialSignIn: ['codes.attempt', 'identities.find', 'identities.link', 'users.insert'],
  ownIdentities: ['identities.link'],
  ownIdentity: ['identities.unlink'],
  'djoser.social': [
    'codes.attempt',
    'identities.find',
    'identities.link',
    'users.insert',
  ],
  'djoser.social, the beginning': ['codes.issue'],
  'djRestAuth.social.acme': ['identities.find', 'identities.link', 'users.insert'],
  'djRestAuth.social.acme.connect': ['identities.link'],
  'djRestAuth.socialAccounts': ['identities.list'],
  'djRestAuth.socialDisconnect': ['identities.unlink'],
}

const PRESETS = [
  djoser({ prefix: '/dj', social: true }),
  djRestAuth({ social: { acme: 'acme' } }),
]

const WITHOUT_SOCIAL = [djoser(), djRestAuth()]

const REQUESTS = {
  ...SOCIAL_REQUESTS,
  ...SOCIAL_PRESET_REQUESTS,
  'djoser.social, the beginning': beginDjoser,
}

const OPTIONS: TestOptions = {
  throttle: { login: null },
  counts: 'store',
  presets: PRESETS,
  accounts: { requireActivation: false },
}

for (const [name, prepare] of Object.entries(REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    await using app = await socialApp(OPTIONS)
    const needed = await neededVerbs(app, async () => {
      for (const { id } of await app.auth.users.list()) await app.auth.users.delete(id)
      app.clock.advance('10m')
      const send = await prepare(app)
      // Nothing that was cached for the preparation counts any more.
      app.clock.advance(60)
      return send
    })

    for (const verb of NEEDED[name] ?? [])
      assert.ok(needed.includes(verb), `${verb}: ${needed.join(', ')}`)
  })

const namesOf = (presets: typeof PRESETS): readonly string[] =>
  presets.flatMap(({ name, endpoints }) =>
    Object.keys(endpoints).map((each) => `${name}.${each}`),
  )

test('every endpoint that the presets have for providers is tried', () => {
  const others = new Set(namesOf(WITHOUT_SOCIAL))
  const added = namesOf(PRESETS).filter((name) => !others.has(name))
  assert.deepEqual(Object.keys(SOCIAL_PRESET_REQUESTS).sort(), added.toSorted())
})

test('a sign-up that the store has interrupted goes on with the next sign-in', async () => {
  await using app = await socialApp()
  const person = { sub: 's-1', email: 'sue@example.com', email_verified: true }
  app.faults.fail('identities.link')
  assert.equal((await signInAs(app, person)).status, 503)
  app.faults.clear()

  const next = await signInAs(app, person)

  assert.equal(next.status, 200, JSON.stringify(next.body))
  assert.equal((await app.auth.users.list()).length, 1)
})
