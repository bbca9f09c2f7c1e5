import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distance, nearest } from './nearest.ts'

for (const [a, b, mistakes] of [
  ['start', 'start', 0],
  ['strat', 'start', 1],
  ['sart', 'start', 1],
  ['starts', 'start', 1],
  ['stars', 'start', 1],
  ['', 'dev', 3],
  ['dev', '', 3],
  ['cerate', 'create', 1],
  ['create', 'crate', 1],
] as const) {
  test(`from "${a}" to "${b}" there are ${mistakes} mistakes`, () =>
    assert.equal(distance(a, b), mistakes))
}

test('a mistyped word gets the nearest one', () =>
  assert.equal(nearest('migrat', ['dev', 'migrate', 'flush']), 'migrate'))
test('a word that resembles none gets no suggestion', () =>
  assert.equal(nearest('frobnicate', ['dev', 'migrate', 'flush']), undefined))
