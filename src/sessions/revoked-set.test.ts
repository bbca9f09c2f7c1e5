import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { seconds } from '../base/clock.ts'
import { hexId, systemRandom } from '../base/random.ts'
import { RevokedSet } from './revoked-set.ts'

/** Ids of every form, and some that differ little. */
const KINDS = [
  (n: number) => n.toString(16).padStart(32, '0'),
  (n: number) => `${n}`,
  (n: number) => 'a'.repeat(n % 300) + n,
  (n: number) => `\u{1f511}${n}\0`,
] as const
const anyId = (among: number): string => KINDS[randomInt(4) as 0](randomInt(among))

test('it has the same members as two JavaScript sets, for random additions, look-ups and ageings', () => {
  for (let round = 0; round < 9; round++) {
    const among = [10, 1000, 100_000][round % 3] ?? 10
    const set = new RevokedSet()
    let [young, aged] = [new Set<string>(), new Set<string>()]
    const holds = (id: string): boolean => young.has(id) || aged.has(id)
    for (let step = 0; step < 20_000; step++) {
      const id = anyId(among)
      if (!holds(id)) young.add(id)
      assert.equal(set.add(id), true)
      const other = anyId(among)
      assert.equal(set.has(other), holds(other))
      if (randomInt(4000) > 0) continue
      set.age()
      ;[young, aged] = [new Set(), young]
      for (const known of aged) assert.equal(set.has(known), true)
    }
    assert.equal(set.size, young.size + aged.size)
  }
})

test('ids in the same slot are all found', () => {
  // Four ids in each of 1024 tables, of which the smallest have eight slots.
  const set = new RevokedSet()
  const ids = Array.from({ length: 4096 }, () => hexId(systemRandom))
  for (const id of ids) set.add(id)

  assert.deepEqual(
    ids.filter((id) => !set.has(id)),
    [],
  )
  assert.equal(set.size, 4096)
})

test('an id is dropped the second time the set ages', () => {
  const set = new RevokedSet()
  set.add('s')
  set.age()
  assert.equal(set.has('s'), true)

  set.age()

  assert.equal(set.has('s'), false)
  assert.equal(set.size, 0)
})

test('adding an id again does not keep it longer', () => {
  const set = new RevokedSet()
  for (let i = 0; i < 2; i++) {
    set.add('s')
    set.age()
  }
  assert.equal(set.has('s'), false)
})

test('a full set rejects new ids, keeps what it has, and takes new ones when some were dropped', () => {
  const set = new RevokedSet(100)
  for (let i = 0; i < 100; i++) assert.equal(set.add(`${i}`), true)

  assert.equal(set.add('one more'), false)
  assert.equal(set.has('one more'), false)
  assert.equal(set.add('7'), true)
  assert.equal(set.size, 100)

  set.age()
  assert.equal(set.add('one more'), false)
  set.age()
  assert.equal(set.add('one more'), true)
  assert.equal(set.size, 1)
})

test('among 300,000 ids no unknown id is found', () => {
  const set = new RevokedSet()
  for (let i = 0; i < 300_000; i++) set.add(hexId(systemRandom))

  assert.equal(set.size, 300_000)
  for (let i = 0; i < 50_000; i++) assert.equal(set.has(hexId(systemRandom)), false)
})

test('with ageIfDue an id is kept for one period at least, however often it is called', () => {
  const set = new RevokedSet()
  const [minute, at] = [seconds(60), (n: number) => seconds(1000 + n)]
  set.ageIfDue(minute, at(0))
  set.add('early')
  set.ageIfDue(minute, at(59))
  set.add('late')
  set.ageIfDue(minute, at(60))
  set.ageIfDue(minute, at(61))
  assert.deepEqual([set.has('early'), set.has('late')], [true, true])
  set.ageIfDue(minute, at(119))
  assert.equal(set.has('late'), true)
  set.ageIfDue(minute, at(120))
  assert.deepEqual([set.has('early'), set.has('late')], [false, false])
})
