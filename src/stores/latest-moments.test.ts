import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../base/clock.ts'
import { LatestMoments } from './latest-moments.ts'

const id = (n: number): string => `t${n}`
const at = (n: number): UnixSeconds => n as UnixSeconds

test('the expiries of many requests are one write, with the last of each token', async () => {
  const writes: object[] = []
  const batch = new LatestMoments<string>(
    async (each) => void writes.push(Object.fromEntries(each)),
  )

  const added = [
    batch.add(id(1), at(10)),
    batch.add(id(2), at(20)),
    batch.add(id(1), at(30)),
  ]
  assert.deepEqual([batch.of(id(1)), batch.of(id(3))], [30, undefined])
  await Promise.all(added)

  assert.deepEqual(writes, [{ t1: 30, t2: 20 }])
  assert.equal(batch.of(id(1)), undefined)
})

test('what arrives during a write is written next, and is known meanwhile', async () => {
  const writes: object[] = []
  const release = Promise.withResolvers<void>()
  const batch: LatestMoments<string> = new LatestMoments(async (each) => {
    writes.push(Object.fromEntries(each))
    if (writes.length === 1) {
      again.resolve(batch.add(id(1), at(20)))
      assert.equal(batch.of(id(1)), 20)
      await release.promise
    }
  })
  const again = Promise.withResolvers<void>()

  const first = batch.add(id(1), at(10))
  await again.promise
  release.resolve()
  await first

  assert.deepEqual(writes, [{ t1: 10 }, { t1: 20 }])
})

test('a write that fails rejects for its own requests alone', async () => {
  let writes = 0
  const batch = new LatestMoments<string>(async () => {
    writes++
    if (writes === 1) throw new Error('the disk is full')
  })

  await assert.rejects(batch.add(id(1), at(10)), /the disk is full/)
  await batch.add(id(1), at(10))

  assert.deepEqual([writes, batch.of(id(1))], [2, undefined])
})

test('more tokens than a statement takes are several writes', async () => {
  const sizes: number[] = []
  const batch = new LatestMoments<string>(async ({ size }) => void sizes.push(size))

  await Promise.all(Array.from({ length: 2500 }, (_, n) => batch.add(id(n), at(n))))

  assert.deepEqual(sizes, [1000, 1000, 500])
})
