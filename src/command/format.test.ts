import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoOf, momentOf, plural } from './format.ts'

test('moments are shown in UTC', () => {
  assert.equal(momentOf(1_800_000_000.9), '2027-01-15 08:00')
  assert.equal(isoOf(1_800_000_000.9), '2027-01-15T08:00:00Z')
  assert.equal(momentOf(undefined), '–')
  assert.equal(isoOf(undefined), null)
})

test('plural(1, …) is singular, 0 and 1,200 are plural', () => {
  assert.equal(plural(1, 'key'), '1 key')
  assert.equal(plural(0, 'key'), '0 keys')
  assert.equal(plural(1200, 'key'), '1,200 keys')
})
