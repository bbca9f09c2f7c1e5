import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AuthError } from '../src/base/errors.ts'
import { watchword } from '../src/watchword.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const
const ORIGIN = 'http://localhost'

/** An instance with one user, called through its fetch handler. */
async function instance(t: TestContext) {
  const auth = watchword({ database: 'sqlite::memory:' })
  t.after(() => auth.close())
  await auth.users.create(ADA)
  const post = (path: string, body: object, method = 'POST'): Promise<Response> =>
    auth.handler(
      new Request(ORIGIN + path, {
        method,
        ...(method === 'HEAD' ? {} : { body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json' },
      }),
    )
  const verifyCredentials = async () =>
    (await (await post('/api/token', ADA)).json()) as { access: string; refresh: string }
  return { auth, post, verifyCredentials }
}

const bearing = (token: string): Request =>
  new Request(ORIGIN, { headers: { authorization: `Bearer ${token}` } })

test('a fetch handler signs in, refreshes, verifies and signs out', async (t) => {
  const { auth, post, verifyCredentials } = await instance(t)
  const first = await verifyCredentials()

  const second = (await (
    await post('/api/token/refresh/', { refresh: first.refresh })
  ).json()) as typeof first
  assert.equal((await auth.require(bearing(second.access))).user.username, 'ada')
  assert.equal((await post('/api/token/verify/', { token: second.access })).status, 200)
  assert.equal(
    (await post('/api/token/blacklist/', { refresh: second.refresh })).status,
    200,
  )

  for (const { access } of [first, second]) {
    await assert.rejects(
      auth.require(bearing(access)),
      (error) => error instanceof AuthError && error.toResponse().status === 401,
    )
  }
})

test('an unknown path is 404, and HEAD has no body', async (t) => {
  const { post } = await instance(t)

  const nowhere = await post('/elsewhere/', {})
  const head = await post('/api/token/', {}, 'HEAD')

  assert.deepEqual(
    [nowhere.status, await nowhere.json()],
    [404, { detail: 'Not found.' }],
  )
  assert.deepEqual([head.status, await head.text()], [405, ''])
  assert.ok(Number(head.headers.get('content-length')) > 0)
})

test('authenticate() resolves to undefined for an anonymous request, and rejects wrong credentials', async (t) => {
  const { auth, verifyCredentials } = await instance(t)
  const { access } = await verifyCredentials()

  assert.equal(await auth.authenticate(new Request(ORIGIN)), undefined)
  assert.equal((await auth.authenticate(bearing(access)))?.user.username, 'ada')
  await assert.rejects(auth.authenticate(bearing('x')), AuthError)
  await assert.rejects(auth.require(new Request(ORIGIN)), { code: 'not_authenticated' })
})

test('a body over the limit is rejected before it is read to its end', async (t) => {
  const { auth } = await instance(t)
  let sent = 0
  const body = new ReadableStream({
    pull(controller) {
      sent += 10_000
      controller.enqueue(new Uint8Array(10_000))
    },
  })

  const answer = await auth.handler(
    new Request(`${ORIGIN}/api/token/`, { method: 'POST', body, duplex: 'half' }),
  )

  assert.equal(answer.status, 413)
  assert.ok(sent < 200_000)
})

test('a closed instance responds with 503', async (t) => {
  const { auth, post } = await instance(t)
  await auth.close()

  assert.equal((await post('/api/token/', ADA)).status, 503)
})
