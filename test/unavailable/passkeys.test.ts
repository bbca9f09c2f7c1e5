import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreVerb } from '../../src/testing/index.ts'
import { passkeyApp } from '../passkeys/setup.ts'
import { neededVerbs } from './needed-verbs.ts'
import { PASSKEY_REQUESTS } from './passkey-requests.ts'

/** One function of the store that each endpoint cannot do without. */
const NEEDED: Readonly<Record<string, StoreVerb>> = {
  passkeyRegistrationOptions: 'codes.issue',
  passkeys: 'credentials.insert',
  passkey: 'credentials.deletePasskey',
  passkeySignInOptions: 'hits.hit',
  passkeySignIn: 'credentials.advance',
  secondFactorPasskeyOptions: 'credentials.list',
  secondFactorPasskey: 'credentials.touch',
  enrollPasskeyOptions: 'codes.issue',
  enrollPasskey: 'credentials.confirm',
}

for (const [name, prepare] of Object.entries(PASSKEY_REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    await using instance = await passkeyApp({
      secondFactors: { required: name.startsWith('enroll') ? ['staff'] : [] },
      throttle: { login: null },
      counts: 'store',
    })
    const ada = (await instance.auth.users.find('ada'))!
    await instance.auth.users.change(ada.id, { staff: true })
    const needed = await neededVerbs(instance, async () => {
      await instance.auth.secondFactors.reset(ada.id)
      instance.clock.advance('10m')
      const send = await prepare(instance)
      // Nothing that was cached for the preparation counts any more.
      instance.clock.advance(60)
      return send
    })

    assert.ok(needed.includes(NEEDED[name]!), needed.join(', '))
  })
