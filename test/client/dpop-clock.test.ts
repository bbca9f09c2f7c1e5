import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf } from '../../src/client/claims.ts'
import { dpop } from '../../src/client/dpop.ts'
import { ADA, type Bench, REFRESH, type Sent } from './bench.ts'
import { keysOf, openBench } from './dpop-bench.ts'
import { START_MS } from './page.ts'

const HOUR = 3_600_000
const YEAR = 365 * 24 * HOUR
const REQUIRED = { dpop: { required: true } }

const givenOf = (keys = keysOf()) =>
  ({ storage: 'browser', refreshAhead: false, proof: dpop({ keys }) }) as const

/** Seconds by which the proof of a request is ahead of the server; its time has no fractions. */
const errorOf = ({ headers, at }: Sent): number =>
  Number(claimsOf(headers.get('dpop')).iat) + 0.5 - (START_MS + at) / 1000

const statusOf = async (bench: Bench, asked: Promise<Response>): Promise<number> =>
  (await bench.time.until(asked)).status

for (const skew of [0, HOUR, -HOUR, YEAR, -YEAR])
  test(`a clock that is wrong by ${skew / HOUR} h: proofs have the server's time, also after slow answers and a reload`, async (t) => {
    const bench = await openBench(t, REQUIRED)
    bench.state.fault = () => ({ delay: 1000, slow: 1000 })
    const given = givenOf()
    const { client, page } = bench.open(given)
    page.skew = skew
    await bench.time.until(client.signIn(ADA))
    assert.equal(bench.count('/api/token/'), skew === 0 ? 1 : 2)
    assert.equal(await statusOf(bench, client.fetch('/hello/')), 200)
    await bench.time.pass(301_000)
    assert.equal(await statusOf(bench, client.fetch('/hello/')), 200)
    assert.deepEqual([bench.count(REFRESH), bench.count('/hello/')], [1, 2])
    client.close()

    const again = bench.open(given)
    again.page.skew = skew
    await bench.time.until(again.client.ready)
    const body = new Blob(['x']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    assert.equal(await statusOf(bench, again.client.fetch('/hello/', init)), 200)
    assert.equal(bench.count('/hello/'), 3)
    const [first, ...others] = bench.sent.filter(({ headers }) => headers.has('dpop'))
    for (const each of skew === 0 ? [first as Sent, ...others] : others)
      assert.ok(Math.abs(errorOf(each)) <= 1.5, `${each.path} ${errorOf(each)}`)
  })

test('an answer that a cache kept for an hour does not change the time of proofs', async (t) => {
  const bench = await openBench(t, REQUIRED)
  bench.state.fault = ({ path }) => (path === '/hello/' ? { date: -HOUR } : undefined)
  const { client } = bench.open(givenOf())
  await bench.time.until(client.signIn(ADA))
  for (let i = 0; i < 3; i++)
    assert.equal(await statusOf(bench, client.fetch('/hello/')), 200)
  assert.equal(bench.count('/hello/'), 3)
})

test('a clock that is set back costs nothing, and one that is set forward one repeat', async (t) => {
  const bench = await openBench(t, REQUIRED)
  const { client, page } = bench.open(givenOf())
  await bench.time.until(client.signIn(ADA))
  for (const [step, times] of [
    [-HOUR, 1],
    [HOUR, 2],
  ] as const) {
    page.skew += step
    await bench.time.pass(11_000)
    const before = bench.sent.length
    assert.equal(await statusOf(bench, client.fetch('/hello/')), 200)
    const proven = bench.sent.slice(before).filter(({ headers }) => headers.has('dpop'))
    const refreshes = proven.filter(({ path }) => path === REFRESH)
    assert.ok(proven.length - refreshes.length === 1, `${proven.length}`)
    assert.ok(refreshes.length <= times, `${refreshes.length}`)
  }
})

test('if the server does not say its time a clock that was set ends no session', async (t) => {
  const bench = await openBench(t, REQUIRED)
  bench.state.fault = () => ({ date: null })
  const { client, page } = bench.open(givenOf())
  await bench.time.until(client.signIn(ADA))
  page.skew += HOUR
  await bench.time.pass(11_000)
  await assert.rejects(bench.time.until(client.getAccessToken()), { status: 401 })
  const { state } = client
  assert.equal(state.status === 'signedIn' && state.problem?.code, 'unavailable')
  assert.equal((await bench.sessionsOf()).length, 1)
})
