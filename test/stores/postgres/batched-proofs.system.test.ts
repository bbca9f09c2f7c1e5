import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofKey } from '../../../src/proofs/proofs.ts'
import { run } from '../../services/postgres.ts'
import { at, NOON } from '../../sessions/setup.ts'
import { testDatabase, uncommitted } from './setup.ts'

const key = (value: string) => proofKey('dpop', 'k', value)
const UNTIL = at(NOON, 60)

test('of values that are presented together each is the first once', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { proofs } = deps.store().ports
  await proofs.use(key('old'), UNTIL, NOON)
  const values = ['a', 'b', 'a', 'old', 'c', 'b', ...Array.from({ length: 200 }, String)]
  const first = await Promise.all(
    values.map(async (value) => (await proofs.use(key(value), UNTIL, NOON)) && value),
  )
  assert.deepEqual(
    first.filter((value) => value !== false).toSorted(),
    [...new Set(values)].filter((value) => value !== 'old').toSorted(),
  )
})

test('if the statement fails, no value of it is accepted, and later ones are', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { proofs } = deps.store().ports
  const use = (value: string) => proofs.use(key(value), UNTIL, NOON)
  assert.equal(await use('first'), true)
  await run(deps.url, 'alter table proofs rename to away')
  for (const values of [['a'], ['a', 'b', 'c']]) {
    const outcomes = await Promise.allSettled(values.map(use))
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  }
  await run(deps.url, 'alter table away rename to proofs')
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(use)), [true, true, true])
})

test('a value whose row is locked fails no other of its batch', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { proofs } = deps.store().ports
  const use = (value: string) => proofs.use(key(value), UNTIL, NOON)
  assert.equal(await use('first'), true)
  const digest = key('held').toString('base64url')
  const statement = `insert into proofs (digest, expires_at) values ('${digest}', ${UNTIL})`
  const commit = await uncommitted(t, deps, statement)
  const outcomes = await Promise.allSettled(['a', 'held', 'b', 'a'].map(use))
  const shown = outcomes.map((each) => each.status === 'fulfilled' && each.value)
  assert.deepEqual(shown.slice(0, 3), [true, false, true])
  assert.deepEqual([outcomes[1]?.status, shown[3]], ['rejected', false])
  await commit()
  assert.deepEqual(await Promise.all(['a', 'held'].map(use)), [false, false])
})
