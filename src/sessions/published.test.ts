import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { at, NOON } from '../../test/sessions/setup.ts'
import { seconds, type UnixSeconds } from '../base/clock.ts'
import { type PublishedPage, publishedPages } from './published.ts'
import { PAGE } from './revocation-feed.ts'
import type { FeedPosition, RevokedSession, SessionId, Sessions } from './session.ts'

/** Rows of a store as they are committed, a clock that stands still until it is moved, and a count of readings. */
function deps() {
  const rows: RevokedSession[] = []
  let now = NOON
  let elapsed = 0
  let readings = 0
  let down = false
  const isFrom = (
    row: RevokedSession,
    { revokedAt, id = '' as SessionId }: FeedPosition,
  ) => row.revokedAt > revokedAt || (row.revokedAt === revokedAt && row.id > id)
  const revokedSince: Sessions['revokedSince'] = async (from, limit) => {
    readings++
    if (down) throw new Error('down')
    return rows
      .filter((row) => isFrom(row, from))
      .sort((a, b) => a.revokedAt - b.revokedAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
  }
  return {
    rows,
    readings: () => readings,
    setDown: (is: boolean) => {
      down = is
    },
    setClock: (moment: UnixSeconds) => {
      now = moment
    },
    pass(length: number) {
      now = at(now, length)
      elapsed += length
    },
    end(id: string, revokedAt: number) {
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

/** All that a service learns that asks from there on, until nothing more is there. */
async function learned(instance: ReturnType<typeof deps>, since: number | undefined) {
  const all = new Set<string>()
  let page: PublishedPage
  let pages = 0
  do {
    page = await instance.pages(since)
    since = page.until
    for (const id of page.revoked) all.add(id)
    pages++
    assert.ok(pages < 50, 'it goes round in circles')
  } while (page.more)
  return { all, until: page.until, pages }
}

test('a page tells who ended, for how long that counts, and where to go on: half a minute ago', async () => {
  const instance = deps()
  instance.end('old', NOON - 361)
  instance.end('a', NOON - 199.5)
  instance.end('b', NOON)
  assert.equal(NOON % 5, 0)

  assert.deepEqual(await instance.pages(undefined), {
    window: 300,
    until: NOON - 30,
    revoked: ['a', 'b'],
    more: false,
  })
  assert.deepEqual((await instance.pages(NOON - 196)).revoked, ['a', 'b'])
  assert.deepEqual((await instance.pages(NOON - 195)).revoked, ['b'])
  assert.deepEqual((await instance.pages(1)).revoked, ['a', 'b'])
  assert.deepEqual((await instance.pages(NOON + 6)).revoked, ['a', 'b'])
})

test('whoever goes on from `until` misses nothing, however writers and their clocks are late', async () => {
  for (let round = 0; round < 20; round++) {
    const instance = deps()
    const waiting: { id: string; revokedAt: number; committed: number }[] = []
    const committed = new Set<string>()
    const seen = new Set<string>()
    let since: number | undefined
    for (let step = 0; step < 200; step++) {
      instance.pass(randomInt(1000) / 500)
      for (let i = randomInt(4); i > 0; i--) {
        const revokedAt = instance.now() - randomInt(30_000) / 1000
        waiting.push({
          id: `${step}-${i}`,
          revokedAt,
          committed: revokedAt + randomInt(30_000) / 1000,
        })
      }
      for (const each of waiting.filter((one) => one.committed <= instance.now())) {
        waiting.splice(waiting.indexOf(each), 1)
        instance.end(each.id, each.revokedAt)
        committed.add(each.id)
      }
      if (randomInt(3) > 0) continue
      const found = await learned(instance, since)
      since = found.until
      for (const id of found.all) seen.add(id)
    }
    instance.pass(2)
    for (const id of (await learned(instance, since)).all) seen.add(id)
    assert.deepEqual(
      [...committed].filter((id) => !seen.has(id)),
      [],
    )
  }
})

test('more than a page is told in pages, all of it, and so is one second in which more than a page ended', async () => {
  const instance = deps()
  const all = new Set<string>()
  const end = (count: number, moment: number) => {
    for (let i = 0; i < count; i++) {
      instance.end(`${moment}-${i}`, moment)
      all.add(`${moment}-${i}`)
    }
  }
  end(PAGE / 2, NOON - 250)
  end(PAGE / 2, NOON - 240.5)
  end(1, NOON - 240)
  end(2 * PAGE + 10, NOON - 100.25)
  end(PAGE, NOON - 50)
  end(PAGE + 1, NOON - 1)
  end(5, NOON)

  const found = await learned(instance, undefined)

  assert.deepEqual(found.all, all)
  assert.equal(found.until, NOON - 30)
  assert.equal(found.pages, 6)
})

test('pages that end in the moment that is still going on go on to the end all the same', async () => {
  const instance = deps()
  instance.pass(2)
  for (let i = 0; i < 3 * PAGE; i++) instance.end(`${i}`, instance.now())

  const found = await learned(instance, undefined)

  assert.equal(found.all.size, 3 * PAGE)
  assert.equal(found.until, NOON - 30)
})

test('a page is read once a second, however many ask for it', async () => {
  const instance = deps()
  await Promise.all(Array.from({ length: 100 }, () => instance.pages(NOON - 30)))
  await Promise.all(Array.from({ length: 5 }, (_, i) => instance.pages(NOON - 30 + i)))
  assert.equal(instance.readings(), 1)
  instance.pass(1)
  await instance.pages(NOON - 30)
  assert.equal(instance.readings(), 2)
})

test('whoever asks for all old pages is sent away, and nobody else', async () => {
  const instance = deps()
  const asked = Array.from({ length: 1000 }, (_, i) =>
    instance.pages(NOON - 1000 + i * 2),
  )
  const answers = await Promise.allSettled(asked)
  const refused = answers.flatMap((each) =>
    each.status === 'rejected' ? [each.reason.code] : [],
  )

  assert.deepEqual(new Set(refused), new Set(['busy']))
  assert.ok(
    instance.readings() <= 1 + 20 + 120 / 5 + 2,
    `${instance.readings()} readings`,
  )
  await instance.pages(undefined)
  await instance.pages(NOON - 60)
  instance.pass(1)
  await instance.pages(NOON - 200)
})

test('whoever asks for all old pages keeps nobody from reading on, where there is much to read', async () => {
  const instance = deps()
  for (let i = 0; i < 20 * PAGE; i++)
    instance.end(`${i}`.padStart(6, '0'), NOON - 300 + Math.floor((10 * i) / PAGE))

  // For three seconds all that begin anywhere are asked for, before the honest one comes.
  for (let second = 0; second < 3; second++) {
    await Promise.allSettled(
      Array.from({ length: 80 }, (_, i) => instance.pages(NOON - 360 + i * 5)),
    )
    instance.pass(1)
  }
  await Promise.allSettled(
    Array.from({ length: 80 }, (_, i) => instance.pages(NOON - 360 + i * 5)),
  )

  assert.equal((await learned(instance, undefined)).all.size, 20 * PAGE)
})

test('an old page that is full is read once a minute, and one with room once a second', async () => {
  const instance = deps()
  for (let i = 0; i <= PAGE; i++)
    instance.end(`${i}`.padStart(6, '0'), NOON - 300 + (100 * i) / PAGE)
  await instance.pages(NOON - 300)
  const first = instance.readings()
  instance.pass(59)
  await instance.pages(NOON - 300)
  assert.equal(instance.readings(), first)
  instance.pass(1)
  await instance.pages(NOON - 300)
  assert.equal(instance.readings(), 2 * first)

  await instance.pages(NOON - 200)
  instance.pass(1)
  const before = instance.readings()
  await instance.pages(NOON - 200)
  assert.equal(instance.readings(), before + 1)
})

test('what could not be read is read again for whoever asks next', async () => {
  const instance = deps()
  instance.setDown(true)
  await assert.rejects(instance.pages(undefined), /down/)
  instance.setDown(false)
  assert.deepEqual((await instance.pages(undefined)).revoked, [])
})

test('R13: a clock set back an hour sends nobody into the future', async () => {
  const instance = deps()
  const { until } = await instance.pages(undefined)
  instance.pass(1)
  instance.setClock(at(NOON, -3600))
  instance.end('s', NOON - 3600)

  const page = await instance.pages(until)

  assert.deepEqual(page, { window: 300, until: NOON - 3630, revoked: ['s'], more: false })
})
