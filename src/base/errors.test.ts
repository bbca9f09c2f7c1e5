import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError, configError } from './errors.ts'

const shown = async (error: AuthError) => {
  const response = error.toResponse()
  const { status, headers } = response
  return {
    status,
    challenge: headers.get('www-authenticate'),
    retryAfter: headers.get('retry-after'),
    body: await response.text(),
  }
}

test('a response has the status and the detail of its error, and is not cached', async () => {
  const response = new AuthError('permission_denied', 'for the log').toResponse()

  assert.equal(response.status, 403)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(
    await response.text(),
    '{"detail":"You do not have permission to perform this action."}',
  )
})

test('a 401 names the challenges of the route, in order', async () => {
  const error = new AuthError('expired').withChallenges(['Bearer realm="api"', 'Token'])

  const { status, challenge, body } = await shown(error)

  assert.deepEqual([status, challenge], [401, 'Bearer realm="api", Token'])
  assert.equal(body, '{"detail":"Token is expired","code":"token_not_valid"}')
})

test('a 401 that no guard has thrown names the challenge of bearer tokens', async () => {
  const { status, challenge } = await shown(new AuthError('not_authenticated'))

  assert.deepEqual([status, challenge], [401, 'Bearer realm="api"'])
})

test('a 401 of a route whose schemes have no challenge is a 403', async () => {
  const { status, challenge } = await shown(
    new AuthError('not_authenticated').withChallenges([]),
  )

  assert.deepEqual([status, challenge], [403, null])
})

test('the time until a retry is sent in whole seconds, rounded up', async () => {
  const error = new AuthError('throttled', undefined, { retryAfter: 1.2 })

  const { status, retryAfter } = await shown(error)

  assert.deepEqual([status, retryAfter], [429, '2'])
})

test('the messages of fields are the body', async () => {
  const error = new AuthError('invalid', 'for the log', { body: { username: ['taken'] } })

  const { status, body } = await shown(error)

  assert.deepEqual([status, body], [400, '{"username":["taken"]}'])
})

test('the response to a configuration error does not contain its message', async () => {
  const { status, body } = await shown(configError('the key is in /etc/key.pem'))

  assert.deepEqual([status, body], [500, '{"detail":"A server error occurred."}'])
})

test('an error of another copy of the module is an AuthError, and other errors are not', async () => {
  const copy: typeof import('./errors.ts') = await import(
    `${import.meta.resolve('./errors.ts')}?copy`
  )

  assert.notEqual(copy.AuthError, AuthError)
  assert.ok(new copy.AuthError('expired') instanceof AuthError)
  assert.ok(new AuthError('expired') instanceof copy.AuthError)
  for (const other of [
    new Error('x'),
    { name: 'AuthError' },
    null,
    undefined,
    'AuthError',
  ])
    assert.ok(!((other as unknown) instanceof AuthError))
})

test('an AuthError is no instance of a subclass', () => {
  class Mine extends AuthError {}

  assert.ok(new Mine('expired') instanceof AuthError)
  assert.ok(new Mine('expired') instanceof Mine)
  assert.ok(!(new AuthError('expired') instanceof Mine))
})
