import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreVerb } from '../../src/testing/index.ts'
import { app } from '../second-factors/setup.ts'
import { sqliteStore } from '../stores/open.ts'
import { SECOND_FACTOR_REQUESTS } from './second-factor-requests.ts'

/** The functions of the store that an endpoint of second factors may need. */
const VERBS = Object.entries(sqliteStore({ file: ':memory:' }).ports)
  .filter(([port]) => /^(users|sessions|codes|credentials|hits)$/.test(port))
  .flatMap(([port, verbs]) => Object.keys(verbs).map((verb) => `${port}.${verb}`))
  .filter((verb) => verb !== 'users.version') as StoreVerb[]

for (const [name, prepare] of Object.entries(SECOND_FACTOR_REQUESTS))
  test(`${name}: 503 if a part of the store that it needs is unavailable, and never another error`, async () => {
    const required = name.startsWith('enroll') ? ['staff'] : []
    await using instance = await app({
      secondFactors: { required },
      throttle: { login: null },
      codes: { wrongPerTarget: null },
      counts: 'store',
    })
    const ada = (await instance.auth.users.find('ada'))!
    await instance.auth.users.change(ada.id, { staff: true })
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
    assert.ok(needed.includes('credentials.list'), needed.join(', '))
  })
