import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lazy, lazyByKey } from './lazy.ts'

test('concurrent and later uses share one load', async () => {
  let loads = 0
  const value = lazy(async () => ++loads)
  assert.deepEqual(await Promise.all([value(), value()]), [1, 1])
  assert.equal(await value(), 1)
})

test('a failed load is tried again, and its success is kept', async () => {
  let loads = 0
  const value = lazy(async () => {
    if (++loads === 1) throw new Error('disk unreadable')
    return loads
  })
  const first = [value(), value()]
  for (const each of first) await assert.rejects(each, /disk unreadable/)
  assert.equal(await value(), 2)
  assert.equal(await value(), 2)
})

test('by key: each key is loaded once, and a failed load is tried again', async () => {
  const loads: string[] = []
  const value = lazyByKey(async (key: string) => {
    loads.push(key)
    if (loads.length === 2) throw new Error('the database is away')
    return key.toUpperCase()
  })
  assert.deepEqual(await Promise.all([value('a'), value('a')]), ['A', 'A'])
  await assert.rejects(value('b'), /away/)
  assert.equal(await value('b'), 'B')
  assert.equal(await value('b'), 'B')
  assert.deepEqual(loads, ['a', 'b', 'b'])
})
