import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { milliseconds, type Seconds, systemClock } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import type { InstanceStore } from '../../src/features.ts'
import { watchClockSkew } from '../../src/observability/clock-skew.ts'
import { clockHealth, feedHealth } from '../../src/observability/health.ts'
import type { Options } from '../../src/settings/options.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { instanceFor, SECRET } from './setup.ts'

const seconds = (n: number): Seconds => n as Seconds

function instance(
  t: TestContext,
  faults: Partial<InstanceStore> = {},
  options: Options = {},
) {
  return instanceFor(t, {
    database: { ...sqliteStore({ file: ':memory:' }), ...faults },
    secret: SECRET,
    ...options,
  })
}

test('an instance that can do its work is ok, and so is each of its parts', async (t) => {
  const auth = instance(t)
  const { revocations, ...others } = await auth.health()
  assert.deepEqual(others, {
    status: 'ok',
    store: { status: 'ok' },
    keys: { status: 'ok' },
  })
  assert.deepEqual([revocations?.status, revocations?.entries], ['ok', 0])
  assert.ok(revocations!.age < 5)
})

test('a store that refuses is down, and so is the instance', async (t) => {
  const auth = instance(t, {
    ping: () => Promise.reject(new AuthError('store_unavailable')),
  })
  const { status, store, keys } = await auth.health()
  assert.deepEqual([status, store.status, keys.status], ['down', 'down', 'ok'])
})

test('a store that does not answer is down after a second', async (t) => {
  const auth = instance(t, { ping: () => new Promise(() => {}) })
  await auth.migrate()
  const began = performance.now()
  assert.equal((await auth.health()).status, 'down')
  const took = performance.now() - began
  assert.ok(took > 900 && took < 1_500, `${took} ms`)
})

test('an instance whose store cannot be opened is down, and nothing is thrown', async (t) => {
  const auth = instance(t, {
    migrate: () => Promise.reject(new AuthError('store_unavailable')),
  })
  assert.deepEqual(await auth.health(), {
    status: 'down',
    store: { status: 'down' },
    keys: { status: 'down' },
  })
})

test('an instance that was closed is down', async (t) => {
  const auth = instance(t)
  await auth.migrate()
  await auth.close()
  assert.equal((await auth.health()).status, 'down')
})

test('whoever asks for health all the time does not load the store', async (t) => {
  let pings = 0
  const auth = instance(t, {
    ping: async () => {
      pings++
    },
  })
  await Promise.all(Array.from({ length: 1_000 }, () => auth.health()))
  await Promise.all(Array.from({ length: 1_000 }, () => auth.health()))
  assert.equal(pings, 1)
  await sleep(600)
  await auth.health()
  assert.equal(pings, 2)
})

test('a store that hangs is asked once, however often somebody asks for health', async (t) => {
  let pings = 0
  const auth = instance(t, {
    ping: () => {
      pings++
      return new Promise(() => {})
    },
  })
  for (let i = 0; i < 3; i++) {
    assert.equal((await auth.health()).status, 'down')
    await sleep(600)
  }
  assert.equal(pings, 1)
})

for (const [what, age, maxAge, full, status] of [
  ['a feed that was heard of just now', 0.2, 30, false, 'ok'],
  ['a feed that has been silent for a while', 5.1, 30, false, 'degraded'],
  ['a feed that is believed for the last time', 30, 30, false, 'degraded'],
  ['a feed that is believed no longer', 30.1, 30, false, 'down'],
  ['a feed that is never believed, since the store is asked', 60, 0, false, 'degraded'],
  ['a set that is full, since the store is asked', 0.2, 30, true, 'degraded'],
] as const) {
  test(`${what} is ${status}`, () => {
    assert.equal(
      feedHealth({ age: seconds(age), entries: 7, full }, seconds(maxAge)).status,
      status,
    )
  })
}

test('a feed that is cut makes the instance degraded, and then down', async (t) => {
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
    database: withPorts({ ...store, watch }, { sessions }),
    secret: SECRET,
    tokens: { revocationMaxAge: '2s' },
  })
  assert.equal((await auth.health()).status, 'ok')
  cut = true
  await sleep(2_600)
  const { status, revocations } = await auth.health()
  assert.deepEqual([status, revocations?.status], ['down', 'down'])
  assert.ok(revocations!.age > 2)
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

test("a machine whose clock is 30 s ahead of the store's says so in its health, and once in the log (R13)", async (t) => {
  const lines: LogEntry[] = []
  let ahead = seconds(30)
  const time = { now: systemClock, ahead: () => ahead }
  const auth = instance(t, { time }, { log: (entry) => void lines.push(entry) })
  const { status, clock } = await auth.health()
  assert.deepEqual([status, clock], ['degraded', { status: 'degraded', ahead: 30 }])
  await auth.health()
  const told = lines.filter(({ event }) => event.includes('clock'))
  assert.deepEqual(told, [
    {
      level: 'warn',
      event: "this machine's clock differs from the store's",
      seconds: 30,
    },
  ])

  const again: LogEntry[] = []
  const stop = watchClockSkew(time, (entry) => void again.push(entry), milliseconds(10))
  await sleep(50)
  ahead = seconds(1)
  await sleep(50)
  stop()
  assert.deepEqual(
    again.map(({ level }) => level),
    ['warn', 'info'],
  )
})
