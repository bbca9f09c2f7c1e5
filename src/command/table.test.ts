import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableOf } from './table.ts'

test('columns are as wide as their widest cell, and lines have no spaces at their end', () => {
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
