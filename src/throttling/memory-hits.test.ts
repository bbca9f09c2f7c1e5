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

/** Django REST framework's log of times, newest first, as its `allow_request` and `wait` keep it. */
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

/** Numbers from 0 to 1, the same at each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) {
    n = (n * 1_103_515_245 + 12_345) % 2_147_483_648
    yield n / 2_147_483_648
  }
}

for (const limit of [1, 2, 3, 4, 5, 7, 8, 9, 50, 100]) {
  test(`of ${limit} a minute the same are counted, and wait as long, as by a log of all times`, () => {
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

test('keys are counted each for itself', () => {
  const hits = memoryHits()
  for (let i = 0; i < 5; i++) assert.deepEqual(hits.hit('a', FIVE, at(0)), counted)

  assert.deepEqual(hits.hit('a', FIVE, at(0)), { kind: 'full', wait: 60 })
  assert.deepEqual(hits.hit('b', FIVE, at(0)), counted)
})

test('a key that is full stays so, however many others are invented', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 5; i++) hits.hit('guessed', FIVE, at(0))

  for (let i = 0; i < 10_000; i++) hits.hit(`invented ${i}`, FIVE, at(1))

  assert.deepEqual(hits.hit('guessed', FIVE, at(2)), { kind: 'full', wait: 58 })
})

test('a key that came when there was no room is counted no less than it was hit', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 100; i++) hits.hit(`invented ${i}`, FIVE, at(0))

  for (let i = 0; i < 5; i++) hits.hit('late', FIVE, at(1))
  // The others are over; the late one has to go on where it was counted.
  for (let i = 0; i < 200; i++) hits.hit(`later ${i}`, FIVE, at(60.5))

  assert.equal((hits.hit('late', FIVE, at(60.6)) as HitResult).kind, 'full')
})

test('keys that share are few of many, and only of one limit', () => {
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

test('when the flood is over, there is room again', () => {
  const hits = memoryHits({ bound: 100 })
  for (let i = 0; i < 1000; i++)
    hits.hit(`invented ${i}`, { limit: 1, per: minutes(1) }, at(0))

  const after = Array.from({ length: 100 }, (_, i) =>
    hits.hit(`honest ${i}`, { limit: 1, per: minutes(1) }, at(61)),
  )

  assert.deepEqual(after, Array(100).fill(counted))
})

test('memory is bounded: two hundred thousand invented keys leave no more behind than fit', async () => {
  const hits = memoryHits({ bound: 1000 })
  for (let i = 0; i < 200_000; i++) hits.hit(`invented ${i}`, FIVE, at(i / 2_000))

  const left = await hits.flush(at(1000), 10_000_000)

  assert.ok(left >= 1000 && left <= 1250, `${left}`)
})

test('what is over is forgotten as others come, without anybody asking', async () => {
  const hits = memoryHits()
  for (let i = 0; i < 10_000; i++)
    hits.hit(`key ${i}`, { limit: 1, per: seconds(1) }, at(i))

  const left = await hits.flush(at(20_000), 10_000)

  assert.ok(left < 10, `${left}`)
})

test('what counts is not forgotten, and what does not is, so many at a time', async () => {
  const hits = memoryHits()
  for (let i = 0; i < 10; i++) hits.hit(`old ${i}`, FIVE, at(0))
  for (let i = 0; i < 5; i++) hits.hit('new', FIVE, at(50))

  assert.equal(await hits.flush(at(100), 7), 7)
  assert.equal(await hits.flush(at(100), 7), 3)
  assert.equal(await hits.flush(at(100), 7), 0)
  assert.equal((hits.hit('new', FIVE, at(100)) as HitResult).kind, 'full')
})
