import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { ADA, API, openBench } from './bench.ts'

/** The client as one script, as React Native loads it. */
async function script(): Promise<string> {
  const bundle = await rolldown({
    input: resolve('src/client/index.ts'),
    platform: 'browser',
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'client' })
  await bundle.close()
  return output[0].code
}

test('with fetch, timers, URL, Headers, AbortController and nothing else the client works', async (t) => {
  const bench = await openBench(t)
  const { page } = bench.open()
  const { fetch: send, setTimeout: later, clearTimeout: cancel } = page.platform
  const given = {
    fetch: send,
    setTimeout: later,
    clearTimeout: cancel,
    URL,
    Headers,
    AbortController,
    done: undefined as unknown,
    address: API,
    ada: ADA,
  }
  const context = createContext(given)
  const missing = ['atob', 'TextDecoder', 'structuredClone', 'AbortSignal', 'window']
  const present = missing.filter((name) =>
    runInContext(`typeof ${name} !== 'undefined'`, context),
  )
  assert.deepEqual(present, [])
  runInContext(await script(), context)
  runInContext(
    `var one = client.createClient(address, { refreshAhead: client.refreshAhead })
    done = one.ready
      .then(() => one.signIn(ada))
      .then(() => one.fetch('/hello/'))
      .then(({ status }) => status)`,
    context,
  )
  assert.equal(await bench.time.until(given.done as Promise<number>), 200)
  await bench.time.pass(301_000)
  runInContext(
    `done = one.fetch('/hello/').then(({ status }) => one.signOut().then(() => status))`,
    context,
  )
  assert.equal(await bench.time.until(given.done as Promise<number>), 200)
  assert.equal((await bench.sessionsOf()).length, 0)
})

test('an application that comes to the front refreshes what expires soon, and nothing else', async (t) => {
  const bench = await openBench(t)
  const items = new Map<string, string>()
  const storage = {
    get: async (key: string) => items.get(key),
    set: async (key: string, value: string) => void items.set(key, value),
    remove: async (key: string) => void items.delete(key),
  }
  const native = { document: undefined, location: undefined, addEventListener: undefined }
  const given = { storage, refreshAhead: false }
  const { client } = bench.open(given, { platform: native })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(200_000)
  client.wake()
  await bench.time.pass(1000)
  assert.equal(bench.count('/api/token/refresh/'), 0)
  await bench.time.pass(80_000)
  client.wake()
  await bench.time.pass(1000)
  assert.equal(bench.count('/api/token/refresh/'), 1)
})
