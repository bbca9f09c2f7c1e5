import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { at, NOON } from '../../test/sessions/setup.ts'
import { seconds, type UnixSeconds } from '../base/clock.ts'
import { type PublishedPage, publishedPages } from './published.ts'
import { PAGE_SIZE } from './revocation-feed.ts'
import type { FeedPosition, RevokedSession, SessionId, Sessions } from './session.ts'

/** Committed rows, a clock that stands still until it is moved, and a count of reads. */
function setUp() {
  const rows: RevokedSession[] = []
  let now = NOON
  let elapsed = 0
  let reads = 0
  let down = false
  const isFrom = (
    row: RevokedSession,
    { revokedAt, id = '' as SessionId }: FeedPosition,
  ) => row.revokedAt > revokedAt || (row.revokedAt === revokedAt && row.id > id)
  const revokedSince: Sessions['revokedSince'] = async (from, limit) => {
    reads++
    if (down) throw new Error('down')
    return rows
      .filter((row) => isFrom(row, from))
      .sort((a, b) => a.revokedAt - b.revokedAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
  }
  return {
    rows,
    reads: () => reads,
    setDown: (is: boolean) => {
      down = is
    },
    setClock: (moment: UnixSeconds) => {
      now = moment
    },
    advance(length: number) {
      now = at(now, length)
      elapsed += length
    },
    revoke(id: string, revokedAt: number) {
      rows.push({ id: id as SessionId, revokedAt: revokedAt as UnixSeconds })
    },
    now: () => now,
    pages: publishedPages({
      sessions: { revokedSince },
      clock: () => now,
      elapsed: () => seconds(elapsed),
      window: seconds(300),
    }),
  }
}

/** Follows the pages from a moment until `more` is false. */
async function follow(deps: ReturnType<typeof setUp>, since: number | undefined) {
  const all = new Set<string>()
  let page: PublishedPage
  let pages = 0
  do {
    page = await deps.pages(since)
    since = page.until
    for (const id of page.revoked) all.add(id)
    pages++
    assert.ok(pages < 50, 'the pages do not end')
  } while (page.more)
  return { all, until: page.until, pages }
}

test('a page has the revoked sessions, the window, and an "until" of half a minute ago', async () => {
  const deps = setUp()
  deps.revoke('old', NOON - 361)
  deps.revoke('a', NOON - 199.5)
  deps.revoke('b', NOON)
  assert.equal(NOON % 5, 0)

  assert.deepEqual(await deps.pages(undefined), {
    window: 300,
    until: NOON - 30,
    revoked: ['a', 'b'],
    more: false,
  })
  assert.deepEqual((await deps.pages(NOON - 196)).revoked, ['a', 'b'])
  assert.deepEqual((await deps.pages(NOON - 195)).revoked, ['b'])
  assert.deepEqual((await deps.pages(1)).revoked, ['a', 'b'])
  assert.deepEqual((await deps.pages(NOON + 6)).revoked, ['a', 'b'])
})

test('a client that continues from `until` misses no session, if writes are up to 30 s late by clock and by commit', async () => {
  for (let round = 0; round < 20; round++) {
    const deps = setUp()
    const waiting: { id: string; revokedAt: number; committed: number }[] = []
    const committed = new Set<string>()
    const seen = new Set<string>()
    let since: number | undefined
    for (let step = 0; step < 200; step++) {
      deps.advance(randomInt(1000) / 500)
      for (let i = randomInt(4); i > 0; i--) {
        const revokedAt = deps.now() - randomInt(30_000) / 1000
        waiting.push({
          id: `${step}-${i}`,
          revokedAt,
          committed: revokedAt + randomInt(30_000) / 1000,
        })
      }
      for (const each of waiting.filter((one) => one.committed <= deps.now())) {
        waiting.splice(waiting.indexOf(each), 1)
        deps.revoke(each.id, each.revokedAt)
        committed.add(each.id)
      }
      if (randomInt(3) > 0) continue
      const found = await follow(deps, since)
      since = found.until
      for (const id of found.all) seen.add(id)
    }
    deps.advance(2)
    for (const id of (await follow(deps, since)).all) seen.add(id)
    assert.deepEqual(
      [...committed].filter((id) => !seen.has(id)),
      [],
    )
  }
})

test('all sessions are on pages, also if more than a page were revoked in one second', async () => {
  const deps = setUp()
  const all = new Set<string>()
  const revoke = (count: number, moment: number) => {
    for (let i = 0; i < count; i++) {
      deps.revoke(`${moment}-${i}`, moment)
      all.add(`${moment}-${i}`)
    }
  }
  revoke(PAGE_SIZE / 2, NOON - 250)
  revoke(PAGE_SIZE / 2, NOON - 240.5)
  revoke(1, NOON - 240)
  revoke(2 * PAGE_SIZE + 10, NOON - 100.25)
  revoke(PAGE_SIZE, NOON - 50)
  revoke(PAGE_SIZE + 1, NOON - 1)
  revoke(5, NOON)

  const found = await follow(deps, undefined)

  assert.deepEqual(found.all, all)
  assert.equal(found.until, NOON - 30)
  assert.equal(found.pages, 6)
})

test('more than a page of sessions revoked in the current second are all on pages', async () => {
  const deps = setUp()
  deps.advance(2)
  for (let i = 0; i < 3 * PAGE_SIZE; i++) deps.revoke(`${i}`, deps.now())

  const found = await follow(deps, undefined)

  assert.equal(found.all.size, 3 * PAGE_SIZE)
  assert.equal(found.until, NOON - 30)
})

test('a page is read once per second for any number of requests', async () => {
  const deps = setUp()
  await Promise.all(Array.from({ length: 100 }, () => deps.pages(NOON - 30)))
  await Promise.all(Array.from({ length: 5 }, (_, i) => deps.pages(NOON - 30 + i)))
  assert.equal(deps.reads(), 1)
  deps.advance(1)
  await deps.pages(NOON - 30)
  assert.equal(deps.reads(), 2)
})

test('requests for many different old pages are rejected as busy, and others are not', async () => {
  const deps = setUp()
  const asked = Array.from({ length: 1000 }, (_, i) => deps.pages(NOON - 1000 + i * 2))
  const answers = await Promise.allSettled(asked)
  const refused = answers.flatMap((each) =>
    each.status === 'rejected' ? [each.reason.code] : [],
  )

  assert.deepEqual(new Set(refused), new Set(['busy']))
  assert.ok(deps.reads() <= 1 + 20 + 120 / 5 + 2, `${deps.reads()} reads`)
  await deps.pages(undefined)
  await deps.pages(NOON - 60)
  deps.advance(1)
  await deps.pages(NOON - 200)
})

test('requests for many different old pages do not stop another client from reading all of them', async () => {
  const deps = setUp()
  for (let i = 0; i < 20 * PAGE_SIZE; i++)
    deps.revoke(`${i}`.padStart(6, '0'), NOON - 300 + Math.floor((10 * i) / PAGE_SIZE))

  // For three seconds pages from every start are requested, before the other client starts.
  for (let second = 0; second < 3; second++) {
    await Promise.allSettled(
      Array.from({ length: 80 }, (_, i) => deps.pages(NOON - 360 + i * 5)),
    )
    deps.advance(1)
  }
  await Promise.allSettled(
    Array.from({ length: 80 }, (_, i) => deps.pages(NOON - 360 + i * 5)),
  )

  assert.equal((await follow(deps, undefined)).all.size, 20 * PAGE_SIZE)
})

test('a full old page is read once per minute, and one with room once per second', async () => {
  const deps = setUp()
  for (let i = 0; i <= PAGE_SIZE; i++)
    deps.revoke(`${i}`.padStart(6, '0'), NOON - 300 + (100 * i) / PAGE_SIZE)
  await deps.pages(NOON - 300)
  const first = deps.reads()
  deps.advance(59)
  await deps.pages(NOON - 300)
  assert.equal(deps.reads(), first)
  deps.advance(1)
  await deps.pages(NOON - 300)
  assert.equal(deps.reads(), 2 * first)

  await deps.pages(NOON - 200)
  deps.advance(1)
  const before = deps.reads()
  await deps.pages(NOON - 200)
  assert.equal(deps.reads(), before + 1)
})

test('after a failed read the next request reads again', async () => {
  const deps = setUp()
  deps.setDown(true)
  await assert.rejects(deps.pages(undefined), /down/)
  deps.setDown(false)
  assert.deepEqual((await deps.pages(undefined)).revoked, [])
})

test('R13: after a clock is set back an hour, `until` is not in the future, and new sessions are on the page', async () => {
  const deps = setUp()
  const { until } = await deps.pages(undefined)
  deps.advance(1)
  deps.setClock(at(NOON, -3600))
  deps.revoke('s', NOON - 3600)

  const page = await deps.pages(until)

  assert.deepEqual(page, { window: 300, until: NOON - 3630, revoked: ['s'], more: false })
})
