import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aSession, at, NOON, TERMS, vitor } from '../../test/sessions/house.ts'
import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { openSessionBook } from './book.ts'
import { flush } from './flush.ts'
import { RevocationFeed } from './revoked.ts'
import type { SessionId, Sessions } from './session.ts'
import type { Listener } from './watch.ts'

const id = (text: string): SessionId => text as SessionId

/** A store, a clock and a stopwatch that stand still until moved, and the word that another process changed something. */
async function world() {
  const store = sqliteStore({ file: ':memory:' })
  await store.users.insert(vitor)
  let now = NOON
  let elapsed = 0
  let changed = (): void => {}
  const failures: unknown[] = []
  return {
    store,
    sessions: store.sessions,
    failures,
    clock: () => now,
    elapsed: () => seconds(elapsed),
    watch: (listener: Listener) => {
      changed = () => listener.changed({ kind: 'anything' })
      return { stop: () => (changed = () => {}) }
    },
    failed: (error: unknown) => failures.push(error),
    setClock: (moment: UnixSeconds) => (now = moment),
    pass: (length: number) => {
      now = at(now, length)
      elapsed += length
    },
    async tell() {
      changed()
      await sleep(5)
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

const WINDOW: Seconds = seconds(300)

test('what had ended before the start is known from the start', async () => {
  await using house = await world()
  await house.sessions.open(aSession('ended'))
  await house.sessions.open(aSession('alive'))
  await house.sessions.end(id('ended'), 'logout', at(NOON, -299))

  const feed = await RevocationFeed.open(WINDOW, house)

  assert.equal(feed.has(id('ended')), true)
  assert.equal(feed.has(id('alive')), false)
  feed.close()
})

test('what another process ends is known after the word, a write that was on its way included', async () => {
  await using house = await world()
  for (const name of ['one', 'late']) await house.sessions.open(aSession(name))
  const feed = await RevocationFeed.open(WINDOW, house)
  house.pass(100)
  await house.sessions.end(id('one'), 'admin', house.clock())
  await house.tell()
  assert.equal(feed.has(id('one')), true)

  await house.sessions.end(id('late'), 'admin', at(house.clock(), -30))
  await house.tell()
  assert.equal(feed.has(id('late')), true)
  feed.close()
})

test('an entry is kept for as long as an access token can live, and then forgotten', async () => {
  await using house = await world()
  const feed = await RevocationFeed.open(WINDOW, house)
  feed.add(id('s'))
  house.pass(300)
  await house.tell()
  assert.equal(feed.has(id('s')), true)
  house.pass(1)
  await house.tell()
  assert.equal(feed.has(id('s')), false)
  feed.close()
})

test('R13: a clock set forth and back forgets nothing, and one set back misses nothing', async () => {
  await using house = await world()
  await house.sessions.open(aSession('later'))
  const feed = await RevocationFeed.open(WINDOW, house)
  feed.add(id('s'))
  house.setClock(at(NOON, 3600))
  await house.tell()
  house.setClock(at(NOON, 1))
  assert.equal(feed.has(id('s')), true)

  await house.sessions.end(id('later'), 'logout', house.clock())
  await house.tell()
  assert.equal(feed.has(id('later')), true)
  feed.close()
})

test('a feed that could not be read says so, is read again, and keeps what it knew', async () => {
  await using house = await world()
  await house.sessions.open(aSession('s'))
  let down = false
  const sessions: Pick<Sessions, 'endedSince'> = {
    endedSince: (moment) => (down ? Promise.reject(new Error('down')) : house.sessions.endedSince(moment)),
  }
  const feed = await RevocationFeed.open(WINDOW, { ...house, sessions })
  feed.add(id('known'))
  down = true
  await house.sessions.end(id('s'), 'logout', NOON)
  await house.tell()
  assert.equal(house.failures.length, 1)
  assert.equal(feed.has(id('known')), true)

  down = false
  for (let i = 0; i < 100 && !feed.has(id('s')); i++) await sleep(10)

  assert.equal(feed.has(id('s')), true)
  feed.close()
})

test('a feed that cannot be read at the start does not open', async () => {
  await using house = await world()
  const sessions = { endedSince: () => Promise.reject(new Error('down')) }
  await assert.rejects(RevocationFeed.open(WINDOW, { ...house, sessions }), /down/)
})

test('what a book ends is dead in its process at once', async () => {
  await using house = await world()
  const told: string[] = []
  const book = await openSessionBook(
    { ...TERMS, overlap: seconds(0) },
    { ...house, random: systemRandom, reused: (session) => told.push(session.id), feedFailed: assert.ifError },
  )
  for (const name of ['a', 'b', 'c', 'd']) await book.open(aSession(name))

  assert.equal(await book.end(id('a'), 'logout', NOON), true)
  assert.equal(await book.end(id('a'), 'logout', NOON), false)
  assert.deepEqual([...(await book.endAll(vitor.id, 'password', NOON, id('b')))].sort(), ['c', 'd'])
  await book.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)
  await book.rotate({ id: id('b'), generation: 0, jti: 'b-0' }, NOON)

  for (const name of ['a', 'b', 'c', 'd']) assert.equal(book.revoked.has(id(name)), true)
  assert.deepEqual(told, ['b'])
  book.close()
})

test('a user found inactive ends the session in this process at once', async () => {
  await using house = await world()
  const book = await openSessionBook(TERMS, {
    ...house,
    random: systemRandom,
    reused: () => assert.fail('nothing was reused'),
    feedFailed: assert.ifError,
  })
  await book.open(aSession('s'))
  await house.store.users.change(vitor.id, { active: false })

  const outcome = await book.rotate({ id: id('s'), generation: 0, jti: 's-0' }, NOON)

  assert.deepEqual(outcome, { kind: 'user', reason: 'inactive' })
  assert.equal(book.revoked.has(id('s')), true)
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

  const deleted = await flush(house.sessions, NOON, WINDOW, (so) => told.push(so))

  assert.equal(deleted, 2100)
  assert.deepEqual(told, [1000, 2000, 2100])
  assert.deepEqual((await house.sessions.list(vitor.id)).map((session) => session.id).sort(), ['alive', 'just'])
})
