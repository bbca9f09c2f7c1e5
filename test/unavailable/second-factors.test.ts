import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreVerb } from '../../src/testing/index.ts'
import { app } from '../second-factors/setup.ts'
import { neededVerbs } from './needed-verbs.ts'
import { SECOND_FACTOR_REQUESTS } from './second-factor-requests.ts'

/** One function of the store that an endpoint cannot do without, if it is another one than for most. */
const NEEDED: Readonly<Record<string, StoreVerb>> = {
  devices: 'devices.list',
  device: 'devices.delete',
}

for (const [name, prepare] of Object.entries(SECOND_FACTOR_REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    const required = name.startsWith('enroll') ? ['staff'] : []
    await using instance = await app({
      secondFactors: { required, rememberDevice: '30d' },
      throttle: { login: null },
      codes: { wrongPerTarget: null },
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

    const expected = NEEDED[name] ?? 'credentials.list'
    assert.ok(needed.includes(expected), needed.join(', '))
  })
