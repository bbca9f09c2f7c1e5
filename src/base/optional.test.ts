import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ifDefined, listIf, listOf, ownMember, withoutUndefined } from './optional.ts'

test('ifDefined applies its function to all but undefined', () => {
  const given = [undefined, null, 0, ''].map((value) => ifDefined(value, () => 'called'))
  assert.deepEqual(given, [undefined, 'called', 'called', 'called'])
})

test('a list of undefined, or under a false condition, is empty', () => {
  assert.deepEqual([...listOf(undefined), ...listIf(false, 1, 2)], [])
  assert.deepEqual(
    [...listOf(0), ...listOf(null), ...listIf(true, 1, 2)],
    [0, null, 1, 2],
  )
})

test('withoutUndefined keeps members that are null, 0, false or empty', () => {
  const kept = { a: null, b: 0, c: false, d: '' }
  assert.deepEqual(Object.keys(withoutUndefined({ ...kept, e: undefined })), [
    ...Object.keys(kept),
  ])
})

test('ownMember finds no inherited member', () => {
  assert.equal(ownMember({ constructor: 1 }, 'constructor'), 1)
  assert.equal(ownMember({}, 'constructor'), undefined)
  assert.equal(ownMember({}, '__proto__'), undefined)
})
