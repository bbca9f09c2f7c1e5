import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { hexId, systemRandom } from '../base/random.ts'
import { RevokedSet, SWEEPS, TABLES } from './revoked-set.ts'

const sweepAll = (set: RevokedSet): void => {
  for (let i = 0; i < TABLES; i++) set.sweep()
}

/** Texts of every kind that an id may be, and such as differ little. */
const KINDS: readonly ((n: number) => string)[] = [
  (n) => n.toString(16).padStart(32, '0'),
  (n) => `${n}`,
  (n) => 'a'.repeat(n % 300) + n,
  (n) => `\u{1f511}${n}\0`,
]
const anyId = (among: number): string => KINDS[randomInt(KINDS.length)]!(randomInt(among))

test('it is the set that a Map with a count of sweeps is, whatever is added, looked for and swept', () => {
  for (let round = 0; round < 9; round++) {
    const among = [10, 1000, 100_000][round % 3]!
    const set = new RevokedSet()
    const model = new Map<string, number>()
    for (let step = 0; step < 20_000; step++) {
      const id = anyId(among)
      if (!model.has(id)) model.set(id, SWEEPS)
      assert.equal(set.add(id), true)
      const other = anyId(among)
      assert.equal(set.has(other), model.has(other))
      if (randomInt(4000) > 0) continue
      sweepAll(set)
      for (const [known, lives] of model)
        lives > 1 ? model.set(known, lives - 1) : model.delete(known)
      assert.equal(set.size, model.size)
      for (const known of model.keys()) assert.equal(set.has(known), true)
    }
    assert.equal(set.size, model.size)
  }
})

test('ids that fall on one slot do not hide one another, nor does one that is forgotten', () => {
  // Four ids, and then eight, in each of 1024 tables, of which the smallest have eight slots.
  const set = new RevokedSet()
  const early = Array.from({ length: 4096 }, () => hexId(systemRandom))
  for (const id of early) set.add(id)
  sweepAll(set)
  const late = Array.from({ length: 4096 }, () => hexId(systemRandom))
  for (const id of late) set.add(id)
  for (let i = 1; i < SWEEPS; i++) sweepAll(set)

  assert.deepEqual(
    early.filter((id) => set.has(id)),
    [],
  )
  assert.deepEqual(
    late.filter((id) => !set.has(id)),
    [],
  )
  assert.equal(set.size, 4096)
})

test('an id that comes again and again is forgotten all the same', () => {
  const set = new RevokedSet()
  for (let i = 0; i < SWEEPS; i++) {
    set.add('s')
    sweepAll(set)
  }
  assert.equal(set.has('s'), false)
})

test('a set that is full says so, keeps what it has, and has room again when something was forgotten', () => {
  const set = new RevokedSet(100)
  for (let i = 0; i < 100; i++) assert.equal(set.add(`${i}`), true)

  assert.equal(set.add('one more'), false)
  assert.equal(set.has('one more'), false)
  assert.equal(set.add('7'), true)
  assert.equal(set.size, 100)

  for (let i = 0; i < SWEEPS; i++) sweepAll(set)
  assert.equal(set.add('one more'), true)
  assert.equal(set.size, 1)
})

test('of many ids none is taken for another', () => {
  const set = new RevokedSet()
  for (let i = 0; i < 300_000; i++) set.add(hexId(systemRandom))

  assert.equal(set.size, 300_000)
  for (let i = 0; i < 50_000; i++) assert.equal(set.has(hexId(systemRandom)), false)
})
