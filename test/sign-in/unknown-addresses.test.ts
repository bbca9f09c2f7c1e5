import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { post } from '../instance/setup.ts'

/** Wrong passwords for one name each, from a client of which no address is known. */
async function statusesOfMany(proxies: number | null): Promise<ReadonlySet<number>> {
  await using app = testInstance({ proxies, throttle: { login: '1/min' } })
  const statuses = new Set<number>()
  for (let n = 0; n < 30; n++) {
    const body = { username: `user${n}`, password: 'wrong' }
    statuses.add((await post(app.auth, '/api/token/', body)).status)
  }
  return statuses
}

for (const proxies of [null, 1])
  test(`with proxies ${proxies}, clients without an address share the limits of one address`, async () => {
    assert.deepEqual(await statusesOfMany(proxies), new Set([401, 429]))
  })

test('without proxies, clients without an address share no limit, by which one could lock out the others', async () => {
  assert.deepEqual(await statusesOfMany(0), new Set([401]))
})
