import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { milliseconds, type Seconds, systemClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import type { InstanceStore } from '../../src/features.ts'
import { watchClockSkew } from '../../src/observability/clock-skew.ts'
import { clockHealth, feedHealth } from '../../src/observability/health.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { endsBefore, turns, until } from '../time.ts'
import { instanceFor, SECRET } from './setup.ts'

const seconds = (n: number): Seconds => n as Seconds

function instance(
  t: TestContext,
  faults: Partial<InstanceStore> = {},
  options: Options = {},
) {
  return instanceFor(t, {
    store: { ...sqliteStore({ file: ':memory:' }), ...faults },
    secret: SECRET,
    ...options,
  })
}

test('a working instance and each of its parts are ok', async () => {
  await using app = testInstance()
  const { revocations, ...others } = await app.auth.health()
  assert.deepEqual(others, {
    status: 'ok',
    store: { status: 'ok' },
    keys: { status: 'ok' },
  })
  assert.deepEqual([revocations?.status, revocations?.entries], ['ok', 0])
  assert.ok(revocations!.age < 5)
})

test('if the store fails, store and instance are down', async () => {
  await using app = testInstance()
  app.faults.fail('ping')
  const { status, store, keys } = await app.auth.health()
  assert.deepEqual([status, store.status, keys.status], ['down', 'down', 'ok'])
})

test('a store that does not answer is down after a second', async (t) => {
  const auth = instance(t, { ping: () => new Promise(() => {}) })
  await auth.migrate()
  const began = performance.now()
  let status: string | undefined
  const asked = auth.health().then((health) => {
    status = health.status
  })
  assert.ok(await endsBefore(asked, 15, 100))
  assert.equal(status, 'down')
  assert.ok(performance.now() - began > 900)
})

test('an instance whose store cannot be opened is down, and nothing is thrown', async () => {
  await using app = testInstance()
  app.faults.failAll()
  assert.deepEqual(await app.auth.health(), {
    status: 'down',
    store: { status: 'down' },
    keys: { status: 'down' },
  })
})

test('an instance that was closed is down', async () => {
  const { auth } = testInstance()
  await auth.migrate()
  await auth.close()
  assert.equal((await auth.health()).status, 'down')
})

test('frequent health checks ping the store at most every half second', async (t) => {
  let pings = 0
  const auth = instance(t, {
    ping: async () => {
      pings++
    },
  })
  await auth.migrate()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await Promise.all(Array.from({ length: 1_000 }, () => auth.health()))
  t.mock.timers.tick(499)
  await Promise.all(Array.from({ length: 1_000 }, () => auth.health()))
  assert.equal(pings, 1)
  t.mock.timers.tick(1)
  await auth.health()
  assert.equal(pings, 2)
})

test('a store that hangs gets one ping, however often health is checked', async (t) => {
  let pings = 0
  const auth = instance(t, {
    ping: () => {
      pings++
      return new Promise(() => {})
    },
  })
  await auth.migrate()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  for (let i = 0; i < 3; i++) {
    const asked = auth.health()
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    t.mock.timers.tick(1000)
    assert.equal((await asked).status, 'down')
    t.mock.timers.tick(500)
  }
  assert.equal(pings, 1)
})

for (const [what, age, maxAge, full, status] of [
  ['a feed of 0.2 s', 0.2, 30, false, 'ok'],
  ['a feed above 5 s', 5.1, 30, false, 'degraded'],
  ['a feed at its maximum age', 30, 30, false, 'degraded'],
  ['a feed above its maximum age', 30.1, 30, false, 'down'],
  ['a feed above 5 s with a maximum age of 0', 60, 0, false, 'degraded'],
  ['a full feed', 0.2, 30, true, 'degraded'],
] as const) {
  test(`${what} is ${status}`, () => {
    assert.equal(
      feedHealth({ age: seconds(age), entries: 7, full }, seconds(maxAge)).status,
      status,
    )
  })
}

test('a disconnected feed makes the instance degraded, and then down', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const watch: InstanceStore['watch'] = () => ({ stop() {} })
  let cut = false
  const sessions: InstanceStore['ports']['sessions'] = {
    ...store.ports.sessions,
    revokedSince: (...asked) =>
      cut
        ? Promise.reject(new AuthError('store_unavailable'))
        : store.ports.sessions.revokedSince(...asked),
  }
  const auth = instanceFor(t, {
    store: withPorts({ ...store, watch }, { sessions }),
    secret: SECRET,
    tokens: { revocationMaxAge: '2s' },
  })
  assert.equal((await auth.health()).status, 'ok')
  cut = true
  await until(async () => (await auth.health()).status === 'down')
  const { status, revocations } = await auth.health()
  assert.deepEqual([status, revocations?.status], ['down', 'down'])
  assert.ok(revocations!.age >= 2)
})

for (const [ahead, status] of [
  [0, 'ok'],
  [5, 'ok'],
  [-5, 'ok'],
  [5.5, 'degraded'],
  [-30, 'degraded'],
] as const) {
  test(`a clock that is ${ahead} s ahead of the store's is ${status}`, () => {
    assert.deepEqual(clockHealth(seconds(ahead)), { status, ahead })
  })
}

test("a clock 30 s ahead of the store's is degraded in health, and logged once (R13)", async (t) => {
  const lines: LogEntry[] = []
  let ahead = seconds(30)
  const time = { now: systemClock, ahead: () => ahead }
  const auth = instance(t, { time }, { log: (entry) => void lines.push(entry) })
  const { status, clock } = await auth.health()
  assert.deepEqual([status, clock], ['degraded', { status: 'degraded', ahead: 30 }])
  await auth.health()
  const entries = lines.filter(({ event }) => event.includes('clock'))
  assert.deepEqual(entries, [
    {
      level: 'warn',
      event: "this machine's clock differs from the store's",
      seconds: 30,
    },
  ])

  const again: LogEntry[] = []
  const stop = watchClockSkew(time, (entry) => void again.push(entry), milliseconds(10))
  await until(() => again.length === 1)
  await turns()
  ahead = seconds(1)
  await until(() => again.length === 2)
  await turns()
  stop()
  assert.deepEqual(
    again.map(({ level }) => level),
    ['warn', 'info'],
  )
})
