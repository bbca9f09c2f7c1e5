import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { defaultHashesAtOnce } from './concurrency.ts'

const cores = availableParallelism()

test('processes share all cores but one for hashing passwords, and each has at least one', () => {
  assert.equal(defaultHashesAtOnce(), Math.max(1, cores - 1))
  assert.equal(defaultHashesAtOnce(cores), 1)
  assert.equal(defaultHashesAtOnce(100 * cores), 1)
})
