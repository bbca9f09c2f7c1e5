import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf } from '../../src/client/claims.ts'
import { dpop } from '../../src/client/dpop.ts'
import type { ProofKeys } from '../../src/client/proof-keys.ts'
import { ADA, type Bench, BLACKLIST, REFRESH } from './bench.ts'
import { keysOf, openBench } from './dpop-bench.ts'

const given = (keys: ProofKeys) =>
  ({ storage: 'browser', refreshAhead: false, proof: dpop({ keys }) }) as const

/** What WebCrypto and the place of the keys are asked for while a tab has the lock. */
function askedInLock({ profile }: Bench, keys: ProofKeys) {
  const asked: string[] = []
  const note = (name: string): void => {
    if (profile.locks.held.size > 0) asked.push(name)
  }
  const { subtle } = crypto
  const noted = ['generateKey', 'exportKey', 'sign', 'digest'] as const
  for (const name of noted) {
    const own = subtle[name].bind(subtle) as (...args: unknown[]) => unknown
    const value = (...args: unknown[]) => {
      note(name)
      return own(...args)
    }
    Object.defineProperty(subtle, name, { configurable: true, value })
  }
  const get: ProofKeys['get'] = (thumbprint) => {
    note('get')
    return keys.get(thumbprint)
  }
  return { asked, keys: { ...keys, get } }
}

const proofsOf = ({ sent }: Bench) =>
  sent
    .filter(({ path }) => path === REFRESH)
    .map(({ headers }) => claimsOf(headers.get('dpop')))

test('other tabs do not wait for the key or a proof, and each attempt has a proof of its own', async (t) => {
  const bench = await openBench(t, { dpop: { required: true } })
  const all = keysOf()
  await bench.time.until(bench.open(given(all)).client.signIn(ADA))
  const { asked, keys } = askedInLock(bench, all)
  const { client } = bench.open(given(keys))
  await bench.time.until(client.ready)
  await bench.time.pass(301_000)
  bench.state.fault = ({ path }, count) => {
    assert.ok(path !== REFRESH || bench.profile.locks.held.size === 1)
    return path === REFRESH && count < 3 ? { lose: 'request', silent: true } : undefined
  }
  await bench.time.until(client.getAccessToken())
  assert.deepEqual(asked, [])
  const ids = proofsOf(bench).map(({ jti }) => jti)
  assert.deepEqual([ids.length, new Set(ids).size], [3, 3])
})

test('after more than 30 seconds of waiting, as in a frozen page, the proof is made anew', async (t) => {
  const bench = await openBench(t, { dpop: { required: true } })
  const { client } = bench.open(given(keysOf()))
  await bench.time.until(client.signIn(ADA))
  for (const frozen of [20_000, 40_000]) {
    await bench.time.pass(301_000)
    const { length } = proofsOf(bench)
    const { signal } = new AbortController()
    const name = 'watchword.https_app.test_api_token'
    const { promise, resolve } = Promise.withResolvers<void>()
    void bench.profile.locks.request(name, { signal }, () => promise)
    await bench.time.pass(1)
    // Its deadline may end meanwhile; the refresh goes on.
    client.getAccessToken().catch(() => {})
    await bench.time.pass(10)
    const before = bench.clock.now()
    bench.time.freeze(frozen)
    resolve()
    await bench.time.pass(1000)
    const [proof, ...others] = proofsOf(bench).slice(length)
    assert.deepEqual(others, [])
    const age = Number(proof?.iat) - before
    assert.equal(age > 30, frozen > 30_000, `${age}`)
  }
})

test('a key that cannot be read is a problem of a user who stays signed in, and is not read in the lock', async (t) => {
  const bench = await openBench(t, { dpop: true })
  const all = keysOf()
  await bench.time.until(bench.open(given(all)).client.signIn(ADA))
  const failing = { ...all, get: () => Promise.reject(new Error('locked')) }
  const { asked, keys } = askedInLock(bench, failing)
  const { client } = bench.open(given(keys))
  await bench.time.until(client.ready)
  await bench.time.pass(301_000)
  await assert.rejects(bench.time.until(client.getAccessToken()), { code: 'network' })
  assert.deepEqual(asked, [])
  const { state } = client
  assert.deepEqual([state.status, 'problem' in state], ['signedIn', true])
})

test('a sign-out is sent within its call: a page that is left would not wait for a proof', async (t) => {
  const bench = await openBench(t, { dpop: { required: true, nonces: true } })
  const { client } = bench.open(given(keysOf()))
  await bench.time.until(client.signIn(ADA))
  const { length } = bench.sent
  void client.signOut()
  const sent = bench.sent.slice(length).map(({ path }) => path)
  assert.deepEqual(sent, [BLACKLIST])
  await bench.time.pass(10)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('a sign-out that another tab could not send is sent with the access token alone', async (t) => {
  const bench = await openBench(t, { dpop: { required: true } })
  const proof = given(keysOf())
  const [one, two] = [bench.open(proof), bench.open(proof)]
  await bench.time.until(one.client.signIn(ADA))
  await bench.time.pass(100)
  assert.equal((await bench.time.until(two.client.fetch('/hello/'))).status, 200)
  bench.state.fault = ({ page }) => (page === one.page ? { lose: 'request' } : undefined)
  void one.client.signOut()
  one.page.isKilled = true
  await bench.time.pass(11_000)
  two.page.fire('online')
  await bench.time.pass(1000)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('a sign-out everywhere is proven, and ends every session', async (t) => {
  const bench = await openBench(t, { dpop: { required: true, nonces: true } })
  const phone = bench.open(given(keysOf()))
  await bench.time.until(phone.client.signIn(ADA))
  const { client } = bench.open({ ...given(keysOf()), name: 'laptop' })
  await bench.time.until(client.signIn(ADA))
  const events: string[] = []
  client.subscribe((_, event) => events.push(event))
  await bench.time.until(client.signOut({ everywhere: true }))
  assert.equal((await bench.sessionsOf()).length, 0)
  assert.deepEqual(events, ['signedOut'])
})
