import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryProofs } from '../../src/proofs/memory-proofs.ts'
import { proofKey } from '../../src/proofs/proofs.ts'
import { at, NOON } from '../sessions/setup.ts'
import { firstOf, proofTests } from './proofs.ts'
import { freshSqlite } from './sqlite.ts'

proofTests('SQLite', freshSqlite)

const key = (value: string) => proofKey('dpop', 'k', value)

test('in memory: of fifty presentations one is the first', async () => {
  assert.equal(await firstOf(50, [{ proofs: memoryProofs() }]), 1)
})

test('in memory: without room further values are refused, and none is forgotten', async () => {
  const proofs = memoryProofs(10)
  const until = at(NOON, 60)
  for (let n = 0; n < 10; n++)
    assert.equal(await proofs.use(key(`${n}`), until, NOON), true)
  for (let n = 10; n < 40; n++)
    await assert.rejects(proofs.use(key(`${n}`), until, at(NOON, 60)), { code: 'busy' })
  for (let n = 0; n < 10; n++)
    assert.equal(await proofs.use(key(`${n}`), until, NOON), false)

  // After their end they make room.
  const later = at(until, 1)
  for (let n = 40; n < 60; n++)
    assert.equal(await proofs.use(key(`${n}`), later, at(later, n)), true)
})

test('in memory: while there is room a value is kept for longer than it is accepted', async () => {
  const proofs = memoryProofs()
  const until = at(NOON, 60)
  await proofs.use(key('v'), until, NOON)
  for (let n = 0; n < 20; n++) await proofs.use(key(`${n}`), until, at(until, 600))
  assert.equal(await proofs.use(key('v'), until, NOON), false)
  assert.equal(await proofs.flush(at(until, 899), 100), 0)
  assert.equal(await proofs.flush(at(until, 901), 15), 15)
  assert.equal(await proofs.flush(at(until, 901), 100), 6)
})
