import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientIn } from '../../src/client/client.ts'
import { createClient, tabStorage, tokenCookies } from '../../src/client/index.ts'
import type { Platform } from '../../src/client/platform.ts'
import { ADA, API, openBench, PASSWORD } from './bench.ts'
import { type Given, optionsOf } from './given.ts'

/** Members that may be missing. */
const OPTIONAL = [
  'document',
  'navigator',
  'localStorage',
  'sessionStorage',
  'BroadcastChannel',
  'addEventListener',
  'console',
  'performance',
  'location',
  'isSecureContext',
] as const satisfies readonly (keyof Platform)[]

for (const name of [...OPTIONAL, 'all of them'] as const) {
  test(`without ${name} a user signs in, refreshes and signs out`, async (t) => {
    const bench = await openBench(t)
    const missing = name === 'all of them' ? OPTIONAL : [name]
    const platform = Object.fromEntries(missing.map((each) => [each, undefined]))
    const { client } = bench.open({ storage: 'browser' }, { platform })
    await bench.time.until(client.ready)
    await bench.time.until(client.signIn(ADA))
    await bench.time.pass(301_000)
    assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
    await bench.time.until(client.signOut())
    assert.equal((await bench.sessionsOf()).length, 0)
  })
}

test('a sandboxed frame, in which storage throws and locks reject, works in memory', async (t) => {
  const bench = await openBench(t)
  const { page } = bench.open()
  const denied = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  const platform = Object.defineProperties(
    { ...page.platform, navigator: { locks: { request: async () => denied() } } },
    { localStorage: { get: denied }, sessionStorage: { get: denied } },
  ) as Platform
  for (const storage of ['tab', 'browser'] as const) {
    const client = createClientIn(platform, API, optionsOf({ storage, name: storage }))
    t.after(() => client.close())
    await bench.time.until(client.signIn(ADA))
    await bench.time.pass(301_000)
    assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  }
})

test('in Node.js a client is signed out at once, and shares nothing', async () => {
  let requests = 0
  const send: typeof fetch = async () => {
    requests++
    return new Response('')
  }
  for (const transport of ['body', 'cookie', 'session'] as const) {
    const client = createClient('https://api.test', optionsOf({ transport, fetch: send }))
    await client.ready
    assert.deepEqual(client.state, { status: 'signedOut' })
    client.close()
  }
  assert.equal(requests, 0)
})

test('100 requests of a server with 100 clients are of their own users', async (t) => {
  const bench = await openBench(t)
  const platform = { document: undefined, location: undefined }
  const users = Array.from({ length: 100 }, (_, i) => `user${i}`)
  const tokens = new Map<string, string>()
  for (const username of users) {
    const user = await bench.auth.users.create({ username })
    tokens.set(username, (await bench.auth.signIn(user)).access)
  }
  const names = users.map(async (username) => {
    const access = tokens.get(username) ?? ''
    const { client } = bench.open({ initial: { access } }, { platform })
    const response = await client.fetch('/hello/')
    return ((await response.json()) as { hello: string }).hello
  })
  assert.deepEqual(await bench.time.until(Promise.all(names)), users)
})

test('a storage as that of Expo: a cold start waits for it, keys are safe, and it may be locked', async (t) => {
  const bench = await openBench(t)
  const items = new Map<string, string>()
  let isLocked = false
  const check = (key: string) => {
    if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key: ${key}`)
    if (isLocked) throw new Error('The device is locked.')
  }
  const SecureStore = {
    async getItemAsync(key: string) {
      check(key)
      await new Promise<void>((resolve) => void bench.time.later(800, resolve))
      return items.get(key) ?? null
    },
    async setItemAsync(key: string, value: string) {
      check(key)
      if (value.length > 2048) throw new Error('too long')
      items.set(key, value)
    },
    async deleteItemAsync(key: string) {
      check(key)
      items.delete(key)
    },
  }
  const given: Given<Record<string, unknown>> = {
    storage: {
      get: SecureStore.getItemAsync,
      set: SecureStore.setItemAsync,
      remove: SecureStore.deleteItemAsync,
    },
  }
  const native = {
    platform: { document: undefined, location: undefined, localStorage: undefined },
  }
  const first = bench.open(given, native)
  await bench.time.until(first.client.signIn(ADA))
  first.client.close()

  const { client } = bench.open(given, native)
  const seen: string[] = []
  client.subscribe(({ status }) => seen.push(status))
  await bench.time.until(client.ready)
  await bench.time.pass(1)
  assert.deepEqual(seen, ['signedIn'])
  isLocked = true
  await bench.time.pass(301_000)
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  isLocked = false
  client.wake()
  await bench.time.pass(2000)
  assert.equal(client.state.status, 'signedIn')
})

test('options that cannot be throw at once, with what to write', () => {
  const open = (options: unknown) => () =>
    createClient('https://api.test', options as object)
  const toWrite = /transport: tokenCookies, or storage: tabStorage/
  for (const options of [
    { transport: 'cookie' },
    { storage: 'tab' },
    { storage: { get() {}, set() {}, remove() {} } },
    { transport: tokenCookies, storage: tabStorage },
  ])
    assert.throws(open(options), toWrite)
  assert.throws(open({ timeout: '5 minutes' }), /5 minutes: use "5s"/)
})

test('methods can be passed on by themselves', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const { signIn, fetch: send, getAccessToken, signOut } = client
  await bench.time.until(signIn({ username: 'bob', password: PASSWORD }))
  assert.equal((await bench.time.until(send('/hello/'))).status, 200)
  assert.equal(typeof (await bench.time.until(getAccessToken())), 'string')
  await bench.time.until(signOut())
})
