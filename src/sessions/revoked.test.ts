import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aSession, at, NOON, TERMS, vitor } from '../../test/sessions/house.ts'
import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { Refusal } from '../base/refusal.ts'
import { isPromise } from '../base/request.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { openSessionBook } from './book.ts'
import { TABLES } from './ended-set.ts'
import { flush } from './flush.ts'
import { type FeedTerms, PAGE, RevocationFeed } from './revoked.ts'
import type { Ended, FeedPosition, SessionId, Sessions } from './session.ts'
import type { Listener } from './watch.ts'

const id = (text: string): SessionId => text as SessionId

/** A store, a clock and a stopwatch that stand still until moved, and the word that another process changed something. */
async function world() {
  const store = sqliteStore({ file: ':memory:' })
  await store.users.insert(vitor)
  let now = NOON
  let elapsed = 0
  let listener: Listener | undefined
  let down = false
  let reading = 0
  const said: string[] = []
  const read: FeedPosition[] = []
  const sessions: Sessions = {
    ...store.sessions,
    async find(session) {
      if (down) throw new Refusal('store_unavailable')
      return store.sessions.find(session)
    },
    async endedSince(from, limit) {
      if (down) throw new Refusal('store_unavailable', 'gone fishing')
      read.push(from)
      reading += 1
      return store.sessions.endedSince(from, limit).finally(() => {
        reading -= 1
      })
    },
  }
  /** Until what has begun to be read was read. */
  const settled = async (): Promise<void> => {
    do await new Promise(setImmediate)
    while (reading > 0)
    await new Promise(setImmediate)
  }
  return {
    store,
    sessions,
    /** What the store was asked for, since this was asked last. */
    read: () => read.splice(0),
    said,
    clock: () => now,
    elapsed: () => seconds(elapsed),
    watch: (its: Listener) => {
      listener = its
      return {
        stop() {
          listener = undefined
        },
      }
    },
    cut: (reason: unknown) => said.push(`cut: ${reason}`),
    back: () => said.push('back'),
    setClock: (moment: UnixSeconds) => {
      now = moment
    },
    pass(length: number) {
      now = at(now, length)
      elapsed += length
    },
    setDown: (is: boolean) => {
      down = is
    },
    anything: () => listener?.changed({ kind: 'anything' }),
    async tell() {
      listener?.changed({ kind: 'anything' })
      await settled()
    },
    settled,
    ended: (...sessions: SessionId[]) => listener?.changed({ kind: 'ended', sessions }),
    upToDate: () => listener?.upToDate(),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

type World = Awaited<ReturnType<typeof world>>

const WINDOW: Seconds = seconds(300)
const FEED: FeedTerms = { window: WINDOW, maxAge: seconds(30) }

const openBook = (house: World, terms: Partial<typeof TERMS> = {}) =>
  openSessionBook(
    { ...TERMS, ...terms },
    {
      ...house,
      random: systemRandom,
      reused: ({ id }) => house.said.push(`reused: ${id}`),
      feedCut: house.cut,
      feedBack: house.back,
    },
  )

/** Until something holds, for two seconds at the most: what is tried again is tried twice a second. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000 && !holds(); i++) await sleep(10)
  assert.equal(holds(), true)
}

test('what had ended before the start is known from the start', async () => {
  await using house = await world()
  await house.sessions.open(aSession('ended'))
  await house.sessions.open(aSession('alive'))
  await house.sessions.end(id('ended'), 'logout', at(NOON, -299))

  const feed = await RevocationFeed.open(FEED, house)

  assert.equal(feed.has(id('ended')), true)
  assert.equal(feed.has(id('alive')), false)
  feed.close()
})

test('it is read in pages, and sessions that ended at one moment are all on one of them', async () => {
  await using house = await world()
  const all = Array.from({ length: 2 * PAGE + 500 }, (_, n): Ended => {
    return { id: id(`${n}`.padStart(5, '0')), endedAt: at(NOON, n < 100 ? -200 : -100) }
  })
  const isBehind = (one: Ended, from: FeedPosition) =>
    one.endedAt > from.endedAt || (one.endedAt === from.endedAt && one.id > (from.id ?? ''))
  const asked: number[] = []
  const endedSince: Sessions['endedSince'] = async (from, limit) => {
    asked.push(limit)
    return all.filter((one) => isBehind(one, from)).slice(0, limit)
  }

  const feed = await RevocationFeed.open(FEED, { ...house, sessions: { endedSince } })

  assert.deepEqual(asked, [PAGE, PAGE, PAGE])
  assert.deepEqual(feed.state(), { age: 0, entries: all.length, full: false })
  feed.close()
})

test('the pages of a store are in order, without gaps and without the same again', async () => {
  await using house = await world()
  const moments = [-9, -9, -9, -9, -5, -5, -5, -1]
  for (const [n, moment] of moments.entries()) {
    await house.sessions.open(aSession(`s${n}`))
    await house.sessions.end(id(`s${n}`), 'logout', at(NOON, moment))
  }
  const seen: Ended[] = []
  let from: FeedPosition = { endedAt: at(NOON, -9) }
  for (;;) {
    const page = await house.sessions.endedSince(from, 3)
    seen.push(...page)
    if (page.length < 3) break
    from = page.at(-1)!
  }

  assert.deepEqual(
    seen,
    moments.map((moment, n) => ({ id: `s${n}`, endedAt: at(NOON, moment) })),
  )
  assert.deepEqual(await house.sessions.endedSince({ endedAt: at(NOON, -1) }, 9), seen.slice(-1))
  assert.deepEqual(await house.sessions.endedSince({ endedAt: NOON }, 9), [])
})

test('what another process ends is known after the word, a write that was on its way included', async () => {
  await using house = await world()
  for (const name of ['one', 'late', 'very late']) await house.sessions.open(aSession(name))
  const feed = await RevocationFeed.open(FEED, house)
  house.pass(100)
  await house.sessions.end(id('one'), 'admin', house.clock())
  await house.tell()
  assert.equal(feed.has(id('one')), true)

  await house.sessions.end(id('late'), 'admin', at(house.clock(), -9))
  await house.tell()
  assert.equal(feed.has(id('late')), true)

  await house.sessions.end(id('very late'), 'admin', at(house.clock(), -44))
  house.pass(15)
  await house.tell()
  assert.equal(feed.has(id('very late')), true)
  feed.close()
})

test('sessions that are named in the word are known without a reading', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, house)
  house.read()

  house.ended(id('a'), id('b'))

  assert.deepEqual([feed.has(id('a')), feed.has(id('b')), feed.has(id('c'))], [true, true, false])
  assert.deepEqual(house.read(), [])
  feed.close()
})

test('a word after another reads a few seconds again, and never what is older than the window', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, house)
  assert.deepEqual(house.read(), [{ endedAt: at(NOON, -360) }])
  house.pass(1)
  await house.tell()
  assert.deepEqual(house.read(), [{ endedAt: at(NOON, -10) }])
  house.pass(20)
  house.upToDate()
  house.pass(1)
  await house.tell()
  assert.deepEqual(house.read(), [{ endedAt: at(NOON, 21 - 60) }])
  house.pass(9000)
  await house.tell()
  assert.deepEqual(house.read()[0], { endedAt: at(NOON, 22 + 9000 - 360) })
  feed.close()
})

test('an entry is kept for as long as an access token can live, and forgotten soon after', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, { ...house, sessions: { endedSince: async () => [] } })
  const second = async () => {
    house.pass(1)
    house.anything()
    await new Promise(setImmediate)
  }
  // At any place of the round in which tables are swept.
  for (let step = 0; step < 20; step++) {
    for (let i = 0; i < 20; i++) feed.add(id(`${step} ${i}`))
    for (let i = 0; i < 300; i++) await second()
    for (let i = 0; i < 20; i++) assert.equal(feed.has(id(`${step} ${i}`)), true)
    for (let i = 0; i < step; i++) await second()
  }
  for (let i = 0; i < 100; i++) await second()
  assert.equal(feed.state().entries, 0)
  feed.close()
})

test('a process that slept forgets late, and not early', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, house)
  for (let i = 0; i < TABLES; i++) feed.add(id(`${i}`))
  house.pass(100_000)
  for (let i = 0; i < 20; i++) await house.tell()
  for (let i = 0; i < TABLES; i++) assert.equal(feed.has(id(`${i}`)), true)
  feed.close()
})

test('R13: a clock set forth and back forgets nothing, and one set back misses nothing', async () => {
  await using house = await world()
  for (const name of ['before', 'later']) await house.sessions.open(aSession(name))
  const feed = await RevocationFeed.open(FEED, house)
  feed.add(id('s'))
  house.pass(100)
  await house.sessions.end(id('before'), 'logout', at(NOON, 5))
  house.setClock(at(NOON, 3600))
  await house.tell()
  assert.equal(feed.has(id('before')), true)
  house.setClock(at(NOON, 101))
  assert.equal(feed.has(id('s')), true)

  await house.sessions.end(id('later'), 'logout', at(NOON, 20))
  house.upToDate()
  await house.settled()
  assert.equal(feed.has(id('later')), true)
  feed.close()
})

test('a feed that could not be read says so once, is read again, keeps what it knew, and says that it is back', async () => {
  await using house = await world()
  await house.sessions.open(aSession('s'))
  const feed = await RevocationFeed.open(FEED, house)
  feed.add(id('known'))
  house.setDown(true)
  await house.sessions.end(id('s'), 'logout', NOON)
  for (let i = 0; i < 3; i++) await house.tell()
  assert.deepEqual(house.said, ['cut: Refusal: gone fishing'])
  assert.equal(feed.has(id('known')), true)

  house.setDown(false)
  await until(() => feed.has(id('s')))

  assert.deepEqual(house.said, ['cut: Refusal: gone fishing', 'back'])
  feed.close()
})

test('a feed that cannot be read at the start does not open', async () => {
  await using house = await world()
  house.setDown(true)
  await assert.rejects(RevocationFeed.open(FEED, house), /gone fishing/)
})

test('a set is as old as the last word that nothing is missing, or the last reading', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, house)
  house.pass(1)
  assert.equal(feed.state().age, 1)
  house.upToDate()
  assert.equal(feed.state().age, 0)

  house.pass(1)
  await house.tell()
  assert.equal(feed.state().age, 0)
  feed.close()
})

test('the word that nothing is missing does not count while a change is unread', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(FEED, house)
  house.setDown(true)
  await house.tell()
  house.pass(29)
  house.upToDate()
  assert.equal(feed.state().age, 29)
  assert.equal(feed.isBelieved(), true)
  house.pass(1)
  assert.equal(feed.isBelieved(), false)

  house.setDown(false)
  await until(() => feed.isBelieved())
  feed.close()
})

test('where nobody says anything, the store is read unasked', async () => {
  await using house = await world()
  await house.sessions.open(aSession('s'))
  const feed = await RevocationFeed.open(FEED, house)
  await house.sessions.end(id('s'), 'logout', NOON)
  house.pass(2)

  await until(() => feed.has(id('s')))

  assert.equal(feed.state().age, 0)
  assert.deepEqual(house.said, [])
  feed.close()
})

test('a reading that never ends is a feed that is cut', async () => {
  await using house = await world()
  let hangs = false
  const endedSince: Sessions['endedSince'] = (from, limit) =>
    hangs ? new Promise(() => {}) : house.sessions.endedSince(from, limit)
  const feed = await RevocationFeed.open(FEED, { ...house, sessions: { endedSince } })
  hangs = true
  await house.tell()
  house.pass(31)

  assert.equal(feed.isBelieved(), false)
  await until(() => house.said.length > 0)
  assert.deepEqual(house.said, ['cut: nothing was heard of them for 5 seconds'])
  feed.close()
})

test('a set that was full is not believed for as long as what found no room could be alive', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open({ ...FEED, capacity: 2 }, house)
  for (const name of ['a', 'b']) feed.add(id(name))
  assert.deepEqual([feed.isBelieved(), feed.state().full], [true, false])

  feed.add(id('c'))
  house.pass(300)
  house.upToDate()
  assert.deepEqual([feed.isBelieved(), feed.state().full], [false, true])

  house.pass(1)
  house.upToDate()
  assert.deepEqual([feed.isBelieved(), feed.state().full], [true, false])
  feed.close()
})

test('a check waits for nothing while the set is believed, and asks the store when it is not', async () => {
  await using house = await world()
  for (const name of ['ended', 'alive']) await house.sessions.open(aSession(name))
  const book = await openBook(house)
  assert.equal(book.hasEnded(id('ended'), WINDOW), false)

  house.setDown(true)
  await house.store.sessions.end(id('ended'), 'logout', NOON)
  await house.tell()
  house.pass(30)
  await assert.rejects(async () => book.hasEnded(id('ended'), WINDOW), { code: 'store_unavailable' })
  assert.equal(house.said.length, 1)

  house.setDown(false)
  const [ended, alive] = [book.hasEnded(id('ended'), WINDOW), book.hasEnded(id('alive'), WINDOW)]
  assert.equal(isPromise(ended) && isPromise(alive), true)
  assert.deepEqual([await ended, await alive], [true, false])
  assert.equal(book.hasEnded(id('ended'), WINDOW), true)

  await until(() => book.hasEnded(id('alive'), WINDOW) === false)
  book.close()
})

test('a token that lives longer than an end is remembered has its session asked for in the store', async () => {
  await using house = await world()
  await house.sessions.open(aSession('s'))
  await house.sessions.end(id('s'), 'logout', at(NOON, -5000))
  const book = await openBook(house, { leeway: seconds(20) })

  assert.equal(book.hasEnded(id('s'), seconds(280)), false)
  assert.equal(await book.hasEnded(id('s'), seconds(281)), true)
  book.close()
})

test('a token that does not say how long it lives has its session asked for in the store', async () => {
  await using house = await world()
  const book = await openBook(house)
  const asked = book.hasEnded(id('s'), seconds(Number.NaN))
  assert.equal(isPromise(asked), true)
  assert.equal(await asked, false)
  book.close()
})

test('with maxAge 0 each check asks the store', async () => {
  await using house = await world()
  await house.sessions.open(aSession('s'))
  const book = await openBook(house, { maxAge: seconds(0) })
  assert.equal(await book.hasEnded(id('s'), WINDOW), false)
  await house.sessions.end(id('s'), 'logout', NOON)
  assert.equal(await book.hasEnded(id('s'), WINDOW), true)
  book.close()
})

test('what a book ends is dead in its process at once', async () => {
  await using house = await world()
  const book = await openBook(house, { overlap: seconds(0) })
  for (const name of ['a', 'b', 'c', 'd']) await book.open(aSession(name))

  assert.equal(await book.end(id('a'), 'logout', NOON), true)
  assert.equal(await book.end(id('a'), 'logout', NOON), false)
  assert.deepEqual([...(await book.endAll(vitor.id, 'password', NOON, id('b')))].sort(), ['c', 'd'])
  await book.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)
  await book.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)

  for (const name of ['a', 'b', 'c', 'd']) assert.equal(book.hasEnded(id(name), WINDOW), true)
  assert.deepEqual(house.said, ['reused: b'])
  book.close()
})

test('a user found inactive ends the session in this process at once', async () => {
  await using house = await world()
  const book = await openBook(house)
  await book.open(aSession('s'))
  await house.store.users.change(vitor.id, { active: false })

  const outcome = await book.rotate({ id: id('s'), generation: 0, jti: 's-0' }, NOON)

  assert.deepEqual(outcome, { kind: 'user', reason: 'inactive' })
  assert.deepEqual(house.said, [])
  assert.equal(book.hasEnded(id('s'), WINDOW), true)
  book.close()
})

test('flush deletes in batches what no token can outlive, tells how far it is, and leaves the rest', async () => {
  await using house = await world()
  const dead = at(NOON, -300 - 86_400)
  await Promise.all(
    Array.from({ length: 2100 }, (_, i) => house.sessions.open(aSession(`dead${i}`, { expiresAt: at(dead, -1) }))),
  )
  await house.sessions.open(aSession('just', { expiresAt: dead }))
  await house.sessions.open(aSession('alive'))
  const told: number[] = []

  const { pace } = aPace(0)
  const deleted = await flush(house.sessions, NOON, WINDOW, (so) => told.push(so), pace)

  assert.equal(deleted, 2100)
  assert.deepEqual(told, [100, 300, 700, 1500, 2100])
  assert.deepEqual((await house.sessions.list(vitor.id)).map((session) => session.id).sort(), ['alive', 'just'])
})

test('a batch of a flush is as large as a moment allows, and after it others have three times as long', async () => {
  const sizes: number[] = []
  /** A row takes a fifth of a millisecond, and at the fifth batch the machine is busy with something else. */
  const { pace, rests, pass } = aPace(0)
  const sessions = {
    async flush(_: unknown, size: number) {
      sizes.push(size)
      pass(sizes.length === 5 ? 1000 : size / 5)
      return sizes.length === 8 ? 0 : size
    },
  }

  await flush(sessions, NOON, WINDOW, undefined, pace)

  assert.deepEqual(sizes, [100, 50, 50, 50, 50, 25, 50, 50])
  assert.deepEqual(rests, [60, 30, 30, 30, 3000, 15, 30])
})

/** Time that passes when it is told to. */
function aPace(start: number) {
  let now = start
  const rests: number[] = []
  const pace = { elapsed: () => now, rest: async (length: number) => void rests.push(length) }
  return {
    pace,
    rests,
    pass: (length: number) => {
      now += length
    },
  }
}
