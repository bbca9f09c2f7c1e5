import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

const requestWith = (headers: Record<string, string> = {}) =>
  new Request('http://localhost/', { headers })

async function responseTo(work: Promise<unknown>): Promise<Response> {
  const error = await work.then(
    () => assert.fail('it was admitted'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof AuthError, `${error}`)
  return error.toResponse()
}

test('what require throws answers 401 with the challenges of all schemes', async () => {
  await using app = testInstance({
    tokens: { headerTypes: ['JWT'] },
    authentication: [bearer(), apiToken()],
  })

  const { status, headers } = await responseTo(app.auth.require(requestWith()))

  assert.equal(status, 401)
  assert.equal(headers.get('www-authenticate'), 'JWT realm="api", Token')
})

test('what require throws answers 403 if the first scheme has no challenge', async () => {
  await using app = testInstance({ authentication: [session(), bearer()] })

  const response = await responseTo(app.auth.require(requestWith()))

  assert.equal(response.status, 403)
  assert.equal(response.headers.get('www-authenticate'), null)
})

test('what authenticate throws names the challenge, too', async () => {
  await using app = testInstance({ tokens: { headerTypes: ['JWT'] } })

  const response = await responseTo(
    app.auth.authenticate(requestWith({ authorization: 'JWT x.y.z' })),
  )

  assert.equal(response.status, 401)
  assert.equal(response.headers.get('www-authenticate'), 'JWT realm="api"')
})

test('what require throws answers 403 with what was missing', async () => {
  await using app = testInstance({ roles: { editor: ['posts.change'] } })
  const ada = await app.auth.users.create({ username: 'ada' })
  const request = requestWith(await app.as(ada))

  for (const requirement of ['posts.change', isStaff] as const) {
    const response = await responseTo(app.auth.require(request, requirement))
    assert.equal(response.status, 403)
    assert.deepEqual(await response.json(), {
      detail: 'You do not have permission to perform this action.',
    })
  }
})

test('what require throws answers 429 and 503 with Retry-After', async () => {
  await using app = testInstance({ throttle: { user: '1/min' } })
  const ada = await app.auth.users.create({ username: 'ada' })
  const request = requestWith(await app.as(ada))

  await app.auth.require(request)
  const throttled = await responseTo(app.auth.require(request))
  app.faults.failAll()
  const down = await responseTo(app.auth.signIn(ada))

  assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '60'])
  assert.deepEqual([down.status, down.headers.get('retry-after')], [503, '1'])
})
