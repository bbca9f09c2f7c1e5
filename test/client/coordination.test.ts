import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADA, type Bench, openBench, REFRESH } from './bench.ts'

const BROWSER = { storage: 'browser', refreshAhead: false } as const
const COOKIE = { transport: 'cookie', refreshAhead: false } as const
const OF_COOKIES = { tokens: { transport: 'cookie' } } as const
const NAME = 'watchword.https_app.test_api_token'

test('ten pages of a session of cookies that start at once ask the server once', async (t) => {
  const bench = await openBench(t, OF_COOKIES)
  const first = await bench.signedIn(COOKIE)
  first.client.close()
  const all = Array.from({ length: 10 }, () => bench.open(COOKIE))
  await bench.time.until(Promise.all(all.map(({ client }) => client.ready)))
  const statuses = all.map(({ client }) => client.state.status)
  assert.deepEqual(statuses, Array(10).fill('signedIn'))
  assert.equal(bench.count(REFRESH), 1)
})

for (const event of ['online', 'visibilitychange'])
  test(`without a definite answer at the start the client asks again at "${event}"`, async (t) => {
    const bench = await openBench(t, OF_COOKIES)
    const first = await bench.signedIn(COOKIE)
    first.client.close()
    bench.state.fault = () => ({ lose: 'request' })
    const { client, page } = bench.open(COOKIE)
    await bench.time.until(client.ready)
    assert.deepEqual(client.state, { status: 'signedOut', reason: 'unknown' })
    await bench.time.pass(600_000)
    bench.state.fault = () => undefined
    const before = bench.count(REFRESH)
    page.fire(event)
    await bench.time.pass(event === 'online' ? 500 : 61_000)
    assert.deepEqual(
      [client.state.status, bench.count(REFRESH) - before],
      ['signedIn', 1],
    )
  })

test('a lock is held for ten seconds at most', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn(BROWSER)
  await bench.time.pass(301_000)
  bench.state.fault = () => ({ lose: 'answer', silent: true })
  client.getAccessToken().catch(() => {})
  await bench.time.pass(9000)
  assert.equal(bench.profile.locks.held.size, 1)
  await bench.time.pass(1500)
  assert.equal(bench.profile.locks.held.size, 0)
})

test('a client never waits for a lock that it holds', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn(BROWSER)
  await bench.time.pass(301_000)
  bench.state.fault = () => ({ slow: 2000 })
  const calls = [client.getAccessToken(), client.fetch('/hello/')]
  for (const type of ['visibilitychange', 'pageshow', 'online']) page.fire(type)
  client.wake()
  calls.push(client.getAccessToken({ fresh: true }))
  await bench.time.until(Promise.all(calls))
  assert.deepEqual([bench.count(REFRESH), bench.profile.locks.nested], [1, 0])
})

/** Reads of the storage that an event of a page causes. */
async function readsAfter(
  bench: Bench,
  fire: (page: Awaited<ReturnType<Bench['signedIn']>>['page']) => void,
): Promise<number> {
  const items = new Map<string, string>()
  let reads = 0
  const localStorage = {
    getItem(key: string) {
      reads++
      return items.get(key) ?? null
    },
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
  const { client, page } = bench.open(BROWSER, { platform: { localStorage } })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(100)
  reads = 0
  fire(page)
  await bench.time.pass(100)
  assert.equal(client.state.status, 'signedIn')
  return reads
}

test('storage events of other keys, and of a storage that was emptied, are ignored', async (t) => {
  const bench = await openBench(t)
  const newValue = '{"v":1,"out":{"at":1}}'
  const reads = await readsAfter(bench, (page) => {
    page.fire('storage', { key: 'other', newValue })
    page.fire('storage', { key: `${NAME}2`, newValue })
    page.fire('storage', { key: null, newValue: null })
    page.fire('storage', { key: NAME, newValue: null })
  })
  assert.equal(reads, 0)
})

test('a storage event in the tab that wrote, as in some browsers, changes nothing', async (t) => {
  const bench = await openBench(t)
  const { client, page } = await bench.signedIn(BROWSER)
  const { state } = client
  const events: string[] = []
  client.subscribe((_, event) => void events.push(event))
  const [newValue = ''] = bench.profile.local.values()
  for (let i = 0; i < 3; i++) {
    page.fire('storage', { key: NAME, newValue })
    await bench.time.pass(100)
  }
  assert.equal(client.state, state)
  assert.deepEqual(events, [])
  const { length } = bench.sent
  await bench.time.until(client.signOut())
  for (const value of bench.profile.local.values())
    page.fire('storage', { key: NAME, newValue: value })
  await bench.time.pass(20_000)
  assert.equal(bench.sent.length - length, 1)
})

test('a message that comes back to its sender changes nothing', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open(BROWSER)
  const [channel] = bench.profile.channels
  const messages: unknown[] = []
  const own = channel?.postMessage.bind(channel)
  if (channel)
    channel.postMessage = (message) => {
      messages.push(structuredClone(message))
      own?.(message)
    }
  await bench.time.until(client.signIn(ADA))
  await bench.time.until(client.signOut())
  const events: string[] = []
  client.subscribe((_, event) => void events.push(event))
  await bench.time.pass(1)
  for (const data of messages) channel?.onmessage?.({ data })
  for (const data of [null, 'out', 1, [], {}, { kind: 'other' }])
    channel?.onmessage?.({ data })
  await bench.time.pass(100)
  assert.equal(messages.length, 2)
  assert.deepEqual([client.state.status, events], ['signedOut', []])
})

test('two clients of one name in a page share a sign-in, and a sign-out', async (t) => {
  const bench = await openBench(t)
  const one = bench.open(BROWSER)
  const two = bench.open(BROWSER, { platform: one.page.platform })
  await bench.time.until(one.client.signIn(ADA))
  await bench.time.pass(100)
  assert.equal(two.client.user?.id, one.client.user?.id)
  await bench.time.until(two.client.signOut())
  await bench.time.pass(100)
  assert.equal(one.client.state.status, 'signedOut')
})
