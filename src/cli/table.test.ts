import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoOf, momentOf, plural, tableOf } from './table.ts'

test('columns are as wide as their widest cell, and lines end where their text does', () => {
  const table = tableOf(
    ['NAME', 'STATE'],
    [
      ['ada', 'live'],
      ['grace hopper', ''],
    ],
  )

  assert.equal(table, 'NAME          STATE\nada           live\ngrace hopper')
})

test('a name cannot move the cursor, hide text or turn it around', () => {
  const table = tableOf(['NAME'], [['a\u001b[2Jb\u009b1m\u202e\u200b\n\u2028c']])

  assert.equal(table, 'NAME\na?[2Jb?1m????c')
})

test('moments are told in UTC', () => {
  assert.equal(momentOf(1_800_000_000.9), '2027-01-15 08:00')
  assert.equal(isoOf(1_800_000_000.9), '2027-01-15T08:00:00Z')
  assert.equal(momentOf(undefined), '–')
  assert.equal(isoOf(undefined), null)
})

test('one is not many', () => {
  assert.equal(plural(1, 'key'), '1 key')
  assert.equal(plural(1200, 'key'), '1,200 keys')
})
