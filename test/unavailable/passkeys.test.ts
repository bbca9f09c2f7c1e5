import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreVerb } from '../../src/testing/index.ts'
import { passkeyApp } from '../passkeys/setup.ts'
import { sqliteStore } from '../stores/open.ts'
import { PASSKEY_REQUESTS } from './passkey-requests.ts'

/** The functions of the store that an endpoint of passkeys may need. */
const VERBS = Object.entries(sqliteStore({ file: ':memory:' }).ports)
  .filter(([port]) => /^(users|sessions|codes|credentials|hits)$/.test(port))
  .flatMap(([port, verbs]) => Object.keys(verbs).map((verb) => `${port}.${verb}`))
  .filter((verb) => verb !== 'users.version') as StoreVerb[]

/** One function of the store that each endpoint cannot do without. */
const NEEDED: Readonly<Record<string, StoreVerb>> = {
  passkeyRegistrationOptions: 'codes.issue',
  passkeys: 'credentials.insert',
  passkey: 'credentials.deletePasskey',
  passkeySignInOptions: 'hits.hit',
  passkeySignIn: 'credentials.advance',
  secondFactorPasskeyOptions: 'credentials.list',
  secondFactorPasskey: 'credentials.touch',
}

for (const [name, prepare] of Object.entries(PASSKEY_REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    await using instance = await passkeyApp({
      secondFactors: true,
      throttle: { login: null },
      counts: 'store',
    })
    const ada = (await instance.auth.users.find('ada'))!
    const needed: string[] = []
    for (const verb of VERBS) {
      await instance.auth.secondFactors.reset(ada.id)
      instance.clock.advance('10m')
      const send = await prepare(instance)
      // Nothing that was cached for the preparation counts any more.
      instance.clock.advance(60)
      instance.faults.fail(verb)
      const { status } = await send()
      instance.faults.clear()
      if (status >= 200 && status < 300) continue
      assert.equal(status, 503, verb)
      needed.push(verb)
    }
    assert.ok(needed.includes(NEEDED[name]!), needed.join(', '))
  })
