import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../src/client/error.ts'

/** The same module, as a second copy of the package has it. */
const copy: typeof import('../../src/client/error.ts') = await import(
  `../../src/client/error.ts?copy=${1}`
)

test('an error of one copy of the package is an AuthError of another', () => {
  assert.notEqual(copy.AuthError, AuthError)
  const error = new copy.AuthError('network')
  assert.ok(error instanceof AuthError)
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'AuthError')
  for (const other of [new Error('network'), { code: 'network' }, null, 'network'])
    assert.ok(!((other as unknown) instanceof AuthError))
})

test('an error shows only what it has', () => {
  const cause = new TypeError('fetch failed')
  const error = new AuthError('throttled', { retryAfter: 5, cause })
  assert.deepEqual(Object.keys(error).toSorted(), ['cause', 'code', 'name', 'retryAfter'])
  assert.equal(error.retryAfter, 5)
  assert.equal(error.cause, cause)
})
