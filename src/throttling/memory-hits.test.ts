import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minutes, seconds, type UnixSeconds } from '../base/clock.ts'
import type { HitResult } from './hits.ts'
import { memoryHits } from './memory-hits.ts'
import type { Limit } from './rate.ts'

const NOON = 1_790_000_000
const at = (t: number) => (NOON + t) as UnixSeconds
const FIVE: Limit = { limit: 5, per: minutes(1) }
const counted: HitResult = { kind: 'counted' }

/** The reference: the times of all hits, newest first, as Django REST framework's `allow_request` and `wait` keep them. */
function theirLog({ limit, per }: Limit) {
  let log: number[] = []
  return {
    hit(now: number): HitResult {
      log = log.filter((time) => time > now - per)
      if (log.length < limit) {
        log.unshift(now)
        return counted
      }
      return {
        kind: 'full',
        wait: (per - (now - log.at(-1)!)) / (limit - log.length + 1),
      }
    },
    takeBack(moment: number): void {
      const place = log.indexOf(moment)
      if (place !== -1) log.splice(place, 1)
    },
    newest: (n: number): number | undefined => log[n],
  }
}

/** Seeded random numbers from 0 to 1. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) {
    n = (n * 1_103_515_245 + 12_345) % 2_147_483_648
    yield n / 2_147_483_648
  }
}

for (const limit of [1, 2, 3, 4, 5, 7, 8, 9, 50, 100]) {
  test(`with ${limit} a minute, results and waits equal those of a log of all times`, () => {
    const hits = memoryHits()
    const theirs = theirLog({ limit, per: minutes(1) })
    const random = numbers(limit)
    const kinds = { counted: 0, full: 0, back: 0 }
    let now = at(0)

    for (let i = 0; i < 4000; i++) {
      now = (now + Math.floor((random.next().value * 4 * 120) / limit) / 4) as UnixSeconds
      const theirAnswer = theirs.hit(now)
      assert.deepEqual(
        hits.hit('k', { limit, per: minutes(1) }, now),
        theirAnswer,
        `hit ${i}`,
      )
      kinds[theirAnswer.kind] += 1
      const back =
        random.next().value < 0.1
          ? theirs.newest(Math.floor(random.next().value * limit))
          : undefined
      if (back !== undefined) {
        theirs.takeBack(back)
        hits.takeBack('k', { limit, per: minutes(1) }, back as UnixSeconds)
        kinds.back += 1
      }
    }

    for (const [kind, times] of Object.entries(kinds))
      assert.ok(times > 100, `${times} ${kind}`)
  })
}

test('keys are counted separately', () => {
  const hits = memoryHits()
  for (let i = 0; i < 5; i++) assert.deepEqual(hits.hit('a', FIVE, at(0)), counted)

  assert.deepEqual(hits.hit('a', FIVE, at(0)), { kind: 'full', wait: 60 })
  assert.deepEqual(hits.hit('b', FIVE, at(0)), counted)
})

test('a full key stays full while other keys flood the memory', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 5; i++) hits.hit('guessed', FIVE, at(0))

  for (let i = 0; i < 10_000; i++) hits.hit(`invented ${i}`, FIVE, at(1))

  assert.deepEqual(hits.hit('guessed', FIVE, at(2)), { kind: 'full', wait: 58 })
})

test('a key that shares a ring is never counted less than it was hit', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 100; i++) hits.hit(`invented ${i}`, FIVE, at(0))

  for (let i = 0; i < 5; i++) hits.hit('late', FIVE, at(1))
  // The other keys have expired; the late key must go on with its shared ring.
  for (let i = 0; i < 200; i++) hits.hit(`later ${i}`, FIVE, at(60.5))

  assert.equal((hits.hit('late', FIVE, at(60.6)) as HitResult).kind, 'full')
})

test('few keys share a ring, and only with keys of the same limit', () => {
  const hits = memoryHits({ bound: 1000 })
  for (let i = 0; i < 1000; i++) hits.hit(`invented ${i}`, FIVE, at(0))
  for (let i = 0; i < 5; i++) hits.hit('late', FIVE, at(0))

  const caught = Array.from(
    { length: 200 },
    (_, i) => hits.hit(`honest ${i}`, FIVE, at(0)) as HitResult,
  )
  const ofAnother = hits.hit('late', { limit: 6, per: minutes(1) }, at(0))

  assert.ok(caught.filter(({ kind }) => kind === 'full').length <= 10)
  assert.deepEqual(ofAnother, counted)
})

test('after the flood has expired, new keys get rings of their own', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 1000; i++)
    hits.hit(`invented ${i}`, { limit: 1, per: minutes(1) }, at(0))

  const after = Array.from({ length: 100 }, (_, i) =>
    hits.hit(`honest ${i}`, { limit: 1, per: minutes(1) }, at(61)),
  )

  assert.deepEqual(after, Array(100).fill(counted))
})

test('memory is bounded: of two hundred thousand keys no more than the bound are kept', async () => {
  const hits = memoryHits({ bound: 1000 })
  for (let i = 0; i < 200_000; i++) hits.hit(`invented ${i}`, FIVE, at(i / 2_000))

  const left = await hits.flush(at(1000), 10_000_000)

  assert.ok(left >= 1000 && left <= 1250, `${left}`)
})

test('expired keys are deleted as new ones are added', async () => {
  const hits = memoryHits()
  for (let i = 0; i < 10_000; i++)
    hits.hit(`key ${i}`, { limit: 1, per: seconds(1) }, at(i))

  const left = await hits.flush(at(20_000), 10_000)

  assert.ok(left < 10, `${left}`)
})

test('flush deletes expired keys in batches and keeps the others', async () => {
  const hits = memoryHits()
  for (let i = 0; i < 10; i++) hits.hit(`old ${i}`, FIVE, at(0))
  for (let i = 0; i < 5; i++) hits.hit('new', FIVE, at(50))

  assert.equal(await hits.flush(at(100), 7), 7)
  assert.equal(await hits.flush(at(100), 7), 3)
  assert.equal(await hits.flush(at(100), 7), 0)
  assert.equal((hits.hit('new', FIVE, at(100)) as HitResult).kind, 'full')
})

test('marks take no room of counted keys, and the oldest mark is dropped', () => {
  const hits = memoryHits({ bound: 3 })
  for (let i = 0; i < 4; i++) hits.mark(`m${i}`, minutes(5), at(i))
  const marked = [0, 1, 2, 3].map((i) => hits.isMarked(`m${i}`, minutes(5), at(4)))
  assert.deepEqual(marked, [false, true, true, true])

  const ONE: Limit = { limit: 1, per: minutes(1) }
  for (const key of ['a', 'b', 'c']) assert.deepEqual(hits.hit(key, ONE, at(4)), counted)
})

test('a key whose hits were all taken back leaves its room to others', () => {
  const hits = memoryHits({ bound: 3 })
  for (let i = 0; i < 100; i++) {
    hits.hit(`invented${i}`, FIVE, at(0))
    hits.takeBack(`invented${i}`, FIVE, at(0))
  }

  const ONE: Limit = { limit: 1, per: minutes(1) }
  for (const key of ['a', 'b', 'c']) assert.deepEqual(hits.hit(key, ONE, at(4)), counted)
  const shared = Array.from({ length: 30 }, (_, i) => hits.hit(`d${i}`, ONE, at(4)))
  assert.ok(shared.some((result) => 'wait' in result))
})
