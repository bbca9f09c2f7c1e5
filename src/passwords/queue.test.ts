import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shareOfThread } from '../../test/time.ts'
import { seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import { encodings } from './encodings.ts'
import { hashQueue } from './queue.ts'

/** Work that lasts until the test ends it. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    begun: false,
    end: resolve,
    run() {
      this.begun = true
      return promise
    },
  }
}

const turn = () => sleep(0)

function clock() {
  let now = 0
  return {
    elapsed: () => seconds(now),
    advance(length: number) {
      now += length
    },
  }
}

test('at most `concurrency` run at the same time, first in, first out', async () => {
  const queue = hashQueue({ concurrency: 2 })
  const works = [work(), work(), work(), work()]
  const done = works.map((it) => queue(() => it.run()))
  const begun = () => works.map((it) => it.begun)

  await turn()
  assert.deepEqual(begun(), [true, true, false, false])
  works[1]!.end()
  await turn()
  assert.deepEqual(begun(), [true, true, true, false])
  works[0]!.end()
  works[2]!.end()
  await turn()
  assert.deepEqual(begun(), [true, true, true, true])
  works[3]!.end()
  await Promise.all(done)
})

test('new work cannot take a slot that is passed to waiting work', async () => {
  const queue = hashQueue({ concurrency: 1 })
  const order: string[] = []
  const late: Promise<void>[] = []
  const first = queue(async () => {
    await turn()
    order.push('first')
  }).then(() => late.push(queue(async () => void order.push('late'))))
  const second = queue(async () => {
    await turn()
    order.push('second')
  })
  await Promise.all([first, second])
  await Promise.all(late)

  assert.deepEqual(order, ['first', 'second', 'late'])
})

test('work that fails frees its slot and rejects with its error', async () => {
  const queue = hashQueue({ concurrency: 1 })

  await assert.rejects(
    queue(() => Promise.reject(new Error('no memory'))),
    /no memory/,
  )
  await assert.rejects(
    queue(() => {
      throw new Error('at once')
    }),
    /at once/,
  )
  assert.equal(await queue(async () => 'next'), 'next')
})

test('above 32 waiting, the next is rejected at once with 503 and Retry-After', async () => {
  const queue = hashQueue({ concurrency: 2 })
  const works = Array.from({ length: 34 }, work)
  const done = works.map((it) => queue(() => it.run()))

  await assert.rejects(
    queue(() => work().run()),
    (error) => {
      assert.ok(error instanceof AuthError)
      assert.equal(error.status, 503)
      assert.equal(error.retryAfter, 1)
      return true
    },
  )

  for (const it of works) it.end()
  await Promise.all(done)
  assert.equal(await queue(async () => 'free again'), 'free again')
})

test('an expected wait above five seconds is rejected with that wait', async () => {
  const time = clock()
  const queue = hashQueue({ concurrency: 2, elapsed: time.elapsed })
  await queue(async () => time.advance(3))
  const works = [work(), work(), work(), work(), work()]

  const done = works.map((it) => queue(() => it.run()))

  // Three seconds each, two at once: the third waiting one would wait 4.5 seconds, the fourth 6.
  await assert.rejects(
    queue(() => work().run()),
    { code: 'busy', retryAfter: 6 },
  )
  for (const it of works) it.end()
  await Promise.all(done)
})

test('one slow run does not close the queue', async () => {
  const time = clock()
  const queue = hashQueue({ concurrency: 1, elapsed: time.elapsed })
  await queue(async () => time.advance(3600))

  for (let round = 0; round < 3; round++)
    assert.equal(await queue(async () => 'served'), 'served')
})

test('the event loop is not delayed while all slots hash', async () => {
  const { current } = encodings()
  const queue = hashQueue({ concurrency: 2, maxWait: seconds(60) })

  const [share, outcomes] = await shareOfThread(() => {
    const offered = Array.from({ length: 60 }, () =>
      queue(() => current.make(Buffer.from('correct horse'), systemRandom)),
    )
    return Promise.allSettled(offered)
  })

  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.equal(refused.length, 60 - 34)
  assert.ok(refused.every(({ reason }) => reason.code === 'busy'))
  assert.ok(share < 0.2, `${share} of the processor time is that of the event loop`)
})

test('work that waited too long is rejected at its turn, and the next one is not', async () => {
  const { elapsed, advance } = clock()
  const queue = hashQueue({ concurrency: 1, maxWait: seconds(5), elapsed })
  const [slow, late, next] = [work(), work(), work()]
  const first = queue(() => slow.run())
  const second = queue(() => late.run())
  second.catch(() => undefined)
  advance(6)
  const third = queue(() => next.run())
  slow.end()

  await first
  await assert.rejects(second, { code: 'busy', retryAfter: 5 })
  assert.deepEqual([late.begun, next.begun], [false, true])
  next.end()
  await third
  assert.deepEqual(queue.load(), { running: 0, waiting: 0, refused: 1 })
})

test('waiting clients get slots in turn', async () => {
  const queue = hashQueue({ concurrency: 1 })
  const order: string[] = []
  const running = work()
  const done = [queue(() => running.run())]
  for (const client of ['a', 'a', 'a', 'b', 'c', 'b'])
    done.push(queue(async () => void order.push(client), client))
  running.end()

  await Promise.all(done)

  assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'a'])
})

test('a client that fills the queue takes no place of others, and loses its own newest work to them', async () => {
  const queue = hashQueue({ concurrency: 1, maxWaiting: 4 })
  const running = work()
  const first = queue(() => running.run(), 'much')
  const results = ['much', 'much', 'much', 'much', 'much', 'few', 'other', 'more'].map(
    (client) => queue(async () => client, client).catch((error: AuthError) => error.code),
  )
  running.end()
  await first

  assert.deepEqual(await Promise.all(results), [
    'much',
    'busy',
    'busy',
    'busy',
    'busy',
    'few',
    'other',
    'more',
  ])
  assert.deepEqual(queue.load(), { running: 0, waiting: 0, refused: 4 })
})

test('the expected wait of a client depends on its own work, not on that of a client that sends much', async () => {
  const { elapsed, advance } = clock()
  const queue = hashQueue({ concurrency: 1, maxWait: seconds(5), elapsed })
  await queue(async () => advance(2))
  const running = work()
  const first = queue(() => running.run())
  const waiting = ['much', 'much', 'much', 'few'].map((client) =>
    queue(async () => client, client).catch((error: AuthError) => error.code),
  )
  running.end()
  await first

  assert.deepEqual(await Promise.all(waiting), ['much', 'much', 'busy', 'few'])
})

test('`requireRoom` rejects a client exactly when its work would be rejected at once, and takes no place', async () => {
  const queue = hashQueue({ concurrency: 1, maxWaiting: 3 })
  const running = work()
  assert.doesNotThrow(() => queue.requireRoom('much'))
  const done = [queue(() => running.run(), 'much')]
  for (const client of ['much', 'much', 'much'])
    done.push(queue(async () => {}, client).catch(() => {}))

  assert.throws(() => queue.requireRoom('much'), { code: 'busy', status: 503 })
  assert.doesNotThrow(() => queue.requireRoom('few'))
  assert.deepEqual(queue.load(), { running: 1, waiting: 3, refused: 1 })

  // Takes a place of the other client's; then each has as much as the other may get.
  done.push(queue(async () => {}, 'few'))
  assert.throws(() => queue.requireRoom('few'), { code: 'busy' })
  running.end()
  await Promise.all(done)
  assert.doesNotThrow(() => queue.requireRoom('much'))
})

test('`requireRoom` rejects if the expected wait is too long', async () => {
  const { elapsed, advance } = clock()
  const queue = hashQueue({ concurrency: 1, maxWait: seconds(5), elapsed })
  await queue(async () => advance(6))
  const running = work()
  const first = queue(() => running.run())

  assert.throws(() => queue.requireRoom(), { code: 'busy', retryAfter: 6 })
  running.end()
  await first
  assert.doesNotThrow(() => queue.requireRoom())
})
