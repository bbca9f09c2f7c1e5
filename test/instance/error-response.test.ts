import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { type TestInstance, testInstance } from '../../src/testing/index.ts'
import { folder, instanceFor, SECRET } from './setup.ts'

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

test('the error of require() responds with 401 and the challenges of all schemes', async () => {
  await using app = testInstance({
    tokens: { headerTypes: ['JWT'] },
    authentication: [bearer(), apiToken()],
  })

  const { status, headers } = await responseTo(app.auth.require(requestWith()))

  assert.equal(status, 401)
  assert.equal(headers.get('www-authenticate'), 'JWT realm="api", Token')
})

test('the error of require() responds with 403 if the first scheme has no challenge', async () => {
  await using app = testInstance({ authentication: [session(), bearer()] })

  const response = await responseTo(app.auth.require(requestWith()))

  assert.equal(response.status, 403)
  assert.equal(response.headers.get('www-authenticate'), null)
})

test('only the challenge of a refused token says so, and only that of its scheme', async () => {
  await using app = testInstance({ authentication: [apiToken(), bearer()] })
  const { auth } = app
  const challengesFor = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization }
    const { headers: sent } = await responseTo(auth.require(requestWith(headers)))
    return sent.get('www-authenticate')
  }

  const refused = 'Token, Bearer realm="api", error="invalid_token"'
  assert.equal(await challengesFor('Bearer x.y.z'), refused)
  const others = [undefined, 'Bearer', 'Bearer a b', 'Token x', 'Basic eDp5']
  for (const other of others)
    assert.equal(await challengesFor(other), 'Token, Bearer realm="api"', other)
})

test('the error of authenticate() responds with the challenge, too', async () => {
  await using app = testInstance({ tokens: { headerTypes: ['JWT'] } })

  const response = await responseTo(
    app.auth.authenticate(requestWith({ authorization: 'JWT x.y.z' })),
  )

  assert.equal(response.status, 401)
  assert.equal(
    response.headers.get('www-authenticate'),
    'JWT realm="api", error="invalid_token"',
  )
})

test('the error of require() responds with 403 without the permission', async () => {
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

test('the errors of require() respond with 429 and 503 with Retry-After', async () => {
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

test('a fault of the configuration is answered without details, and require and authenticate log it', async (t) => {
  const database = join(folder(t), 'watchword.db')
  await instanceFor(t, { database, secret: SECRET }).migrate()
  const log: LogEntry[] = []
  const auth = instanceFor(t, {
    database,
    secret: [...SECRET].reverse().join(''),
    log: (entry) => log.push(entry),
  })
  const request = requestWith({ authorization: 'Bearer x.y.z' })

  for (const work of [auth.require(request), auth.authenticate(request)]) {
    const response = await responseTo(work)
    assert.equal(response.status, 500)
    assert.deepEqual(await response.json(), { detail: 'A server error occurred.' })
  }

  const reasons = log.flatMap(({ event, reason }) =>
    event === 'a request failed' ? [String(reason)] : [],
  )
  assert.equal(reasons.length, 2)
  for (const reason of reasons)
    assert.match(
      reason,
      /signing keys in the database cannot be decrypted with this secret/,
    )
})

for (const [what, call] of [
  ['a call with an impossible argument', ({ auth }) => auth.users.find({} as never)],
  [
    'a sign-in whose claims cannot be signed',
    async ({ auth }) => auth.signIn(await auth.users.create({ username: 'ada' })),
  ],
  [
    'a call within the work of another',
    ({ auth }) => auth.events.by('staff', () => auth.users.find({} as never)),
  ],
] as readonly (readonly [string, (app: TestInstance) => Promise<unknown>])[]) {
  test(`an error of the server that a program answers with toResponse() is logged, once: ${what}`, async () => {
    await using app = testInstance({ tokens: { claims: () => ({ n: Number.NaN }) } })
    const error = await call(app).then(
      () => assert.fail('it succeeded'),
      (thrown: AuthError) => thrown,
    )
    assert.equal(app.log.length, 0)

    const response = error.toResponse()

    assert.deepEqual(
      [response.status, await response.json()],
      [500, { detail: 'A server error occurred.' }],
    )
    assert.equal(app.log.length, 1)
    assert.ok(String(app.log[0]?.reason).includes(error.message))
  })
}

test("an error that is the client's fault is not logged", async () => {
  await using app = testInstance()
  const response = await responseTo(app.auth.users.create({ username: '' }))
  assert.deepEqual([response.status, app.log], [400, []])
})
