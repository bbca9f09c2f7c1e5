import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aSession, at, NOON, SETTINGS, vitor } from '../../test/sessions/setup.ts'
import { isPromise } from '../base/awaitable.ts'
import { milliseconds, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { flush } from './flush.ts'
import { type FeedSettings, PAGE_SIZE, RevocationFeed } from './revocation-feed.ts'
import type { FeedPosition, RevokedSession, SessionId, Sessions } from './session.ts'
import { openSessionManager } from './session-manager.ts'
import type { Listener } from './watch.ts'

const id = (text: string): SessionId => text as SessionId

/** A store that can fail, a clock that stands still until it is moved, and notifications that the test sends. */
async function setUp() {
  const store = sqliteStore({ file: ':memory:', extensions: [] })
  await store.ports.users.insert(vitor)
  let now = NOON
  let elapsed = 0
  let listener: Listener | undefined
  let down = false
  let reading = 0
  const reports: string[] = []
  const read: FeedPosition[] = []
  const sessions: Sessions = {
    ...store.ports.sessions,
    async find(session) {
      if (down) throw new AuthError('store_unavailable')
      return store.ports.sessions.find(session)
    },
    async revokedSince(from, limit) {
      if (down) throw new AuthError('store_unavailable', 'gone fishing')
      read.push(from)
      reading += 1
      return store.ports.sessions.revokedSince(from, limit).finally(() => {
        reading -= 1
      })
    },
  }
  /** Waits until the reads that have begun are done. */
  const settled = async (): Promise<void> => {
    do await new Promise(setImmediate)
    while (reading > 0)
    await new Promise(setImmediate)
  }
  return {
    store,
    sessions,
    /** The positions that were read since the last call. */
    read: () => read.splice(0),
    reports,
    clock: () => now,
    elapsed: () => seconds(elapsed),
    watch: (added: Listener) => {
      listener = added
      return {
        stop() {
          listener = undefined
        },
      }
    },
    disconnected: (reason: unknown) => reports.push(`disconnected: ${reason}`),
    reconnected: () => reports.push('reconnected'),
    setClock: (moment: UnixSeconds) => {
      now = moment
    },
    advance(length: number) {
      now = at(now, length)
      elapsed += length
    },
    setDown: (is: boolean) => {
      down = is
    },
    anything: () => listener?.changed({ kind: 'anything' }),
    async notify() {
      listener?.changed({ kind: 'anything' })
      await settled()
    },
    settled,
    revoked: (...sessions: SessionId[]) =>
      listener?.changed({ kind: 'revoked', sessions }),
    upToDate: () => listener?.upToDate(),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

type Deps = Awaited<ReturnType<typeof setUp>>

const WINDOW: Seconds = seconds(300)
const FEED: FeedSettings = { window: WINDOW, maxAge: seconds(30) }

const openManager = (deps: Deps, settings: Partial<typeof SETTINGS> = {}) =>
  openSessionManager(
    { ...SETTINGS, ...settings },
    {
      ...deps,
      random: systemRandom,
      reused: ({ id }) => deps.reports.push(`reused: ${id}`),
      feedDisconnected: deps.disconnected,
      feedReconnected: deps.reconnected,
    },
  )

/** Waits until a condition holds. The feed retries twice per second. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000 && !holds(); i++) await sleep(10)
  assert.equal(holds(), true)
}

test('sessions revoked before the start are known after the start', async () => {
  await using deps = await setUp()
  await deps.sessions.adopt(aSession('ended'))
  await deps.sessions.adopt(aSession('alive'))
  await deps.sessions.revoke(id('ended'), 'logout', at(NOON, -299))

  const feed = await RevocationFeed.open(FEED, deps)

  assert.equal(feed.has(id('ended')), true)
  assert.equal(feed.has(id('alive')), false)
  feed.close()
})

test('the feed is read in pages until one is not full, also if many sessions were revoked at one moment', async () => {
  await using deps = await setUp()
  const all = Array.from({ length: 2 * PAGE_SIZE + 500 }, (_, n): RevokedSession => {
    return { id: id(`${n}`.padStart(5, '0')), revokedAt: at(NOON, n < 100 ? -200 : -100) }
  })
  const isBehind = (one: RevokedSession, from: FeedPosition) =>
    one.revokedAt > from.revokedAt ||
    (one.revokedAt === from.revokedAt && one.id > (from.id ?? ''))
  const asked: number[] = []
  const revokedSince: Sessions['revokedSince'] = async (from, limit) => {
    asked.push(limit)
    return all.filter((one) => isBehind(one, from)).slice(0, limit)
  }

  const feed = await RevocationFeed.open(FEED, {
    ...deps,
    sessions: { revokedSince },
  })

  assert.deepEqual(asked, [PAGE_SIZE, PAGE_SIZE, PAGE_SIZE])
  assert.deepEqual(feed.state(), { age: 0, entries: all.length, full: false })
  feed.close()
})

test('the pages of a store are in order, without gaps and duplicates', async () => {
  await using deps = await setUp()
  const moments = [-9, -9, -9, -9, -5, -5, -5, -1]
  for (const [n, moment] of moments.entries()) {
    await deps.sessions.adopt(aSession(`s${n}`))
    await deps.sessions.revoke(id(`s${n}`), 'logout', at(NOON, moment))
  }
  const seen: RevokedSession[] = []
  let from: FeedPosition = { revokedAt: at(NOON, -9) }
  for (;;) {
    const page = await deps.sessions.revokedSince(from, 3)
    seen.push(...page)
    if (page.length < 3) break
    from = page.at(-1)!
  }

  assert.deepEqual(
    seen,
    moments.map((moment, n) => ({ id: `s${n}`, revokedAt: at(NOON, moment) })),
  )
  assert.deepEqual(
    await deps.sessions.revokedSince({ revokedAt: at(NOON, -1) }, 9),
    seen.slice(-1),
  )
  assert.deepEqual(await deps.sessions.revokedSince({ revokedAt: NOON }, 9), [])
})

test('after a notification the sessions revoked by other processes are known, late commits included', async () => {
  await using deps = await setUp()
  for (const name of ['one', 'late', 'very late'])
    await deps.sessions.adopt(aSession(name))
  const feed = await RevocationFeed.open(FEED, deps)
  deps.advance(100)
  await deps.sessions.revoke(id('one'), 'admin', deps.clock())
  await deps.notify()
  assert.equal(feed.has(id('one')), true)

  await deps.sessions.revoke(id('late'), 'admin', at(deps.clock(), -9))
  await deps.notify()
  assert.equal(feed.has(id('late')), true)

  await deps.sessions.revoke(id('very late'), 'admin', at(deps.clock(), -44))
  deps.advance(15)
  await deps.notify()
  assert.equal(feed.has(id('very late')), true)
  feed.close()
})

test('sessions named in a notification are unconfirmed, without a read', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, deps)
  deps.read()

  deps.revoked(id('a'), id('b'))

  assert.deepEqual(
    [
      feed.isUnconfirmed(id('a')),
      feed.isUnconfirmed(id('b')),
      feed.isUnconfirmed(id('c')),
    ],
    [true, true, false],
  )
  assert.deepEqual(deps.read(), [])
  feed.close()
})

test('each notification reads the last seconds again, and nothing older than the window', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, deps)
  assert.deepEqual(deps.read(), [{ revokedAt: at(NOON, -360) }])
  deps.advance(1)
  await deps.notify()
  assert.deepEqual(deps.read(), [{ revokedAt: at(NOON, -10) }])
  deps.advance(20)
  deps.upToDate()
  deps.advance(1)
  await deps.notify()
  assert.deepEqual(deps.read(), [{ revokedAt: at(NOON, 21 - 60) }])
  deps.advance(9000)
  await deps.notify()
  assert.deepEqual(deps.read()[0], { revokedAt: at(NOON, 22 + 9000 - 360) })
  feed.close()
})

test('a session is kept for the window, and dropped before twice the window has passed', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, {
    ...deps,
    sessions: { revokedSince: async () => [] },
  })
  const second = async () => {
    deps.advance(1)
    deps.anything()
    await new Promise(setImmediate)
  }
  for (let step = 0; step < 20; step++) {
    for (let i = 0; i < 20; i++) feed.add(id(`${step} ${i}`))
    for (let i = 0; i < 300; i++) await second()
    for (let i = 0; i < 20; i++) assert.equal(feed.has(id(`${step} ${i}`)), true)
    for (let i = 0; i < step; i++) await second()
  }
  for (let i = 0; i < 600; i++) await second()
  assert.equal(feed.state().entries, 0)
  feed.close()
})

test('after a suspension of the process no session is dropped early', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, deps)
  for (let i = 0; i < 20; i++) feed.add(id(`${i}`))
  deps.advance(100_000)
  for (let i = 0; i < 20; i++) await deps.notify()
  for (let i = 0; i < 20; i++) assert.equal(feed.has(id(`${i}`)), true)
  feed.close()
})

test('R13: setting the clock forward and back drops no session, and setting it back misses none', async () => {
  await using deps = await setUp()
  for (const name of ['before', 'later']) await deps.sessions.adopt(aSession(name))
  const feed = await RevocationFeed.open(FEED, deps)
  feed.add(id('s'))
  deps.advance(100)
  await deps.sessions.revoke(id('before'), 'logout', at(NOON, 5))
  deps.setClock(at(NOON, 3600))
  await deps.notify()
  assert.equal(feed.has(id('before')), true)
  deps.setClock(at(NOON, 101))
  assert.equal(feed.has(id('s')), true)

  await deps.sessions.revoke(id('later'), 'logout', at(NOON, 20))
  deps.upToDate()
  await deps.settled()
  assert.equal(feed.has(id('later')), true)
  feed.close()
})

test('a failed read is reported once, keeps the known sessions, is retried, and success is reported', async () => {
  await using deps = await setUp()
  await deps.sessions.adopt(aSession('s'))
  const feed = await RevocationFeed.open(FEED, deps)
  feed.add(id('known'))
  deps.setDown(true)
  await deps.sessions.revoke(id('s'), 'logout', NOON)
  for (let i = 0; i < 3; i++) await deps.notify()
  assert.deepEqual(deps.reports, ['disconnected: AuthError: gone fishing'])
  assert.equal(feed.has(id('known')), true)

  deps.setDown(false)
  await until(() => feed.has(id('s')))

  assert.deepEqual(deps.reports, ['disconnected: AuthError: gone fishing', 'reconnected'])
  feed.close()
})

test('opening the feed rejects if the first read fails', async () => {
  await using deps = await setUp()
  deps.setDown(true)
  await assert.rejects(RevocationFeed.open(FEED, deps), /gone fishing/)
})

test('the age of the feed counts from the last "up to date" notification or the last read', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, deps)
  deps.advance(1)
  assert.equal(feed.state().age, 1)
  deps.upToDate()
  assert.equal(feed.state().age, 0)

  deps.advance(1)
  await deps.notify()
  assert.equal(feed.state().age, 0)
  feed.close()
})

test('an "up to date" notification does not count while a change is unread', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open(FEED, deps)
  deps.setDown(true)
  await deps.notify()
  deps.advance(29)
  deps.upToDate()
  assert.equal(feed.state().age, 29)
  assert.equal(feed.isComplete(), true)
  deps.advance(1)
  assert.equal(feed.isComplete(), false)

  deps.setDown(false)
  await until(() => feed.isComplete())
  feed.close()
})

test('without notifications the store is polled', async () => {
  await using deps = await setUp()
  await deps.sessions.adopt(aSession('s'))
  const feed = await RevocationFeed.open(FEED, deps)
  await deps.sessions.revoke(id('s'), 'logout', NOON)
  deps.advance(2)

  await until(() => feed.has(id('s')))

  assert.equal(feed.state().age, 0)
  assert.deepEqual(deps.reports, [])
  feed.close()
})

test('a read that hangs is reported as a disconnected feed', async () => {
  await using deps = await setUp()
  let hangs = false
  const revokedSince: Sessions['revokedSince'] = (from, limit) =>
    hangs ? new Promise(() => {}) : deps.sessions.revokedSince(from, limit)
  const feed = await RevocationFeed.open(FEED, {
    ...deps,
    sessions: { revokedSince },
  })
  hangs = true
  await deps.notify()
  deps.advance(31)

  assert.equal(feed.isComplete(), false)
  await until(() => deps.reports.length > 0)
  assert.deepEqual(deps.reports, [
    'disconnected: no revocations could be read for 5 seconds',
  ])
  feed.close()
})

test('after the set was full the feed is incomplete until the rejected sessions have expired', async () => {
  await using deps = await setUp()
  const feed = await RevocationFeed.open({ ...FEED, capacity: 2 }, deps)
  for (const name of ['a', 'b']) feed.add(id(name))
  assert.deepEqual([feed.isComplete(), feed.state().full], [true, false])

  feed.add(id('c'))
  deps.advance(300)
  deps.upToDate()
  assert.deepEqual([feed.isComplete(), feed.state().full], [false, true])

  deps.advance(1)
  deps.upToDate()
  assert.deepEqual([feed.isComplete(), feed.state().full], [true, false])
  feed.close()
})

test('a check is synchronous while the feed is complete, and reads the store while it is not', async () => {
  await using deps = await setUp()
  for (const name of ['ended', 'alive']) await deps.sessions.adopt(aSession(name))
  const sessions = await openManager(deps)
  assert.equal(sessions.isRevoked(id('ended'), WINDOW), false)

  deps.setDown(true)
  await deps.store.ports.sessions.revoke(id('ended'), 'logout', NOON)
  await deps.notify()
  deps.advance(30)
  await assert.rejects(async () => sessions.isRevoked(id('ended'), WINDOW), {
    code: 'store_unavailable',
  })
  assert.equal(deps.reports.length, 1)

  deps.setDown(false)
  const [ended, alive] = [
    sessions.isRevoked(id('ended'), WINDOW),
    sessions.isRevoked(id('alive'), WINDOW),
  ]
  assert.equal(isPromise(ended) && isPromise(alive), true)
  assert.deepEqual([await ended, await alive], [true, false])
  assert.equal(sessions.isRevoked(id('ended'), WINDOW), true)

  await until(() => sessions.isRevoked(id('alive'), WINDOW) === false)
  sessions.close()
})

test('the session of a token with a lifetime above the window is read from the store', async () => {
  await using deps = await setUp()
  await deps.sessions.adopt(aSession('s'))
  await deps.sessions.revoke(id('s'), 'logout', at(NOON, -5000))
  const sessions = await openManager(deps, { leeway: seconds(20) })

  assert.equal(sessions.isRevoked(id('s'), seconds(280)), false)
  assert.equal(await sessions.isRevoked(id('s'), seconds(281)), true)
  sessions.close()
})

test('the session of a token without a lifetime is read from the store', async () => {
  await using deps = await setUp()
  const sessions = await openManager(deps)
  const asked = sessions.isRevoked(id('s'), seconds(Number.NaN))
  assert.equal(isPromise(asked), true)
  assert.equal(await asked, false)
  sessions.close()
})

test('with maxAge 0 each check reads the store', async () => {
  await using deps = await setUp()
  await deps.sessions.adopt(aSession('s'))
  const sessions = await openManager(deps, { maxAge: seconds(0) })
  assert.equal(await sessions.isRevoked(id('s'), WINDOW), false)
  await deps.sessions.revoke(id('s'), 'logout', NOON)
  assert.equal(await sessions.isRevoked(id('s'), WINDOW), true)
  sessions.close()
})

test('a session revoked by a manager is revoked in its process at once', async () => {
  await using deps = await setUp()
  const sessions = await openManager(deps, { overlap: seconds(0) })
  for (const name of ['a', 'b', 'c', 'd']) await sessions.open(aSession(name))

  assert.equal(await sessions.revoke(id('a'), 'logout', NOON), true)
  assert.equal(await sessions.revoke(id('a'), 'logout', NOON), false)
  assert.deepEqual(
    [...(await sessions.revokeAll(vitor.id, 'password', NOON, id('b')))].sort(),
    ['c', 'd'],
  )
  await sessions.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)
  await sessions.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)

  for (const name of ['a', 'b', 'c', 'd'])
    assert.equal(sessions.isRevoked(id(name), WINDOW), true)
  assert.deepEqual(deps.reports, ['reused: b'])
  sessions.close()
})

test('a rotation that finds the user inactive revokes the session in its process at once', async () => {
  await using deps = await setUp()
  const sessions = await openManager(deps)
  await sessions.open(aSession('s'))
  await deps.store.ports.users.change(vitor.id, { active: false })

  const outcome = await sessions.rotate({ id: id('s'), generation: 0, jti: 's-0' }, NOON)

  assert.deepEqual(outcome, { kind: 'user', reason: 'inactive' })
  assert.deepEqual(deps.reports, [])
  assert.equal(sessions.isRevoked(id('s'), WINDOW), true)
  sessions.close()
})

test('flush deletes sessions after their last token has expired, in batches, with progress', async () => {
  await using deps = await setUp()
  const dead = at(NOON, -300 - 86_400)
  await Promise.all(
    Array.from({ length: 2100 }, (_, i) =>
      deps.sessions.adopt(aSession(`dead${i}`, { expiresAt: at(dead, -1) })),
    ),
  )
  await deps.sessions.adopt(aSession('just', { expiresAt: dead }))
  await deps.sessions.adopt(aSession('alive'))
  const progress: number[] = []

  const { pace } = aPace(0)
  const deleted = await flush(
    deps.sessions,
    NOON,
    WINDOW,
    (count) => progress.push(count),
    pace,
  )

  assert.equal(deleted, 2100)
  assert.deepEqual(progress, [100, 300, 700, 1500, 2100])
  assert.deepEqual(
    (await deps.sessions.list(vitor.id)).map((session) => session.id).sort(),
    ['alive', 'just'],
  )
})

test('flush adapts its batches to four milliseconds, and rests five times as long as each took', async () => {
  const sizes: number[] = []
  /** A row takes 0.08 ms, and the fifth batch a second, as on a busy machine. */
  const { pace, rests, advance } = aPace(0)
  const sessions = {
    async flush(_: unknown, size: number) {
      sizes.push(size)
      advance(sizes.length === 5 ? 1000 : size * 0.08)
      return sizes.length === 8 ? 0 : size
    },
  }

  await flush(sessions, NOON, WINDOW, undefined, pace)

  assert.deepEqual(sizes, [100, 50, 50, 50, 50, 25, 50, 50])
  assert.deepEqual(rests, [40, 20, 20, 20, 5000, 10, 20])
})

/** A clock that the test moves, and the rests that were taken. */
function aPace(start: number) {
  let now = start
  const rests: number[] = []
  const pace = {
    elapsed: () => milliseconds(now),
    rest: async (length: number) => void rests.push(length),
  }
  return {
    pace,
    rests,
    advance: (length: number) => {
      now += length
    },
  }
}

test('a revocation that only a notification names is confirmed by a read of the store', async () => {
  await using deps = await setUp()
  const { ports } = deps.store
  for (const name of ['forged', 'true']) await ports.sessions.adopt(aSession(name))
  const sessions = await openManager(deps)
  await ports.sessions.revoke(id('true'), 'logout', deps.clock())
  deps.revoked(id('forged'), id('true'), id('never existed'))

  assert.equal(await sessions.isRevoked(id('forged'), WINDOW), false)
  assert.equal(await sessions.isRevoked(id('never existed'), WINDOW), false)
  assert.equal(await sessions.isRevoked(id('true'), WINDOW), true)
  deps.setDown(true)
  assert.equal(sessions.isRevoked(id('true'), WINDOW), true, 'it is known now')
  await assert.rejects(async () => sessions.isRevoked(id('forged'), WINDOW), {
    code: 'store_unavailable',
  })
  sessions.close()
})
