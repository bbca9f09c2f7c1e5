import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextPath } from '../../src/pages/next-path.ts'
import { FOREIGN } from './foreign.ts'

test('paths of this origin are where a page goes on to', () => {
  for (const path of ['/', '/notes', '/notes/7?tab=a&b=%2F#c', '/a:b', '/@x'])
    assert.equal(nextPath(path), path)
  assert.equal(nextPath('/ünlaut'), '/%C3%BCnlaut')
})

test('anything else is not', () => {
  for (const address of FOREIGN)
    assert.equal(nextPath(address), undefined, JSON.stringify(address))
  assert.equal(nextPath(undefined), undefined)
  assert.equal(nextPath(null), undefined)
})
