import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf } from '../../src/client/claims.ts'
import { AuthError } from '../../src/index.ts'
import { VERBS } from '../unavailable/needed-verbs.ts'
import { ADA, API, BLACKLIST, openBench, REFRESH } from './bench.ts'

type Body = Readonly<Record<string, unknown>>

async function post(
  auth: { handler(request: Request): Promise<Response> },
  path: string,
  body: object = {},
  headers: Record<string, string> = {},
) {
  const request = new Request(`${API}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const response = await auth.handler(request)
  return { response, status: response.status, body: (await response.json()) as Body }
}

test('a lost answer is given again, and concurrent refreshes get one successor', async (t) => {
  const { auth, clock } = await openBench(t)
  const { body } = await post(auth, '/api/token/', ADA)
  const { refresh } = body
  const all = await Promise.all([1, 2, 3].map(() => post(auth, REFRESH, { refresh })))
  assert.equal(new Set(all.map((each) => claimsOf(each.body.refresh).jti)).size, 1)
  clock.advance('4m')
  assert.equal((await post(auth, REFRESH, { refresh })).status, 200)
})

test('the refusals of a refresh differ', async (t) => {
  const ends: readonly (readonly [string, (bench: Bench, id: string) => unknown])[] = [
    ['Token is blacklisted', ({ auth }, id) => auth.sessions.revokeAll(id)],
    [
      'No active account found for the given token.',
      ({ auth }, id) => auth.users.change(id, { active: false }),
    ],
    ['Token is expired', ({ clock }) => clock.advance('2d')],
  ]
  const details: unknown[] = []
  for (const [, end] of ends) {
    const bench = await openBench(t)
    const { body } = await post(bench.auth, '/api/token/', ADA)
    await end(bench, (await bench.auth.users.find('ada'))?.id ?? '')
    const { refresh } = body
    details.push((await post(bench.auth, REFRESH, { refresh })).body.detail)
  }
  assert.deepEqual(
    details,
    ends.map(([detail]) => detail),
  )
})

type Bench = Awaited<ReturnType<typeof openBench>>

test('a guard says in code and challenge that it refused a token', async (t) => {
  const { auth } = await openBench(t)
  const headers = { authorization: 'Bearer x.y.z' }
  const request = new Request(`${API}/hello/`, { headers })
  const failure = await auth.require(request).catch((error: unknown) => error)
  assert.ok(failure instanceof AuthError)
  const response = failure.toResponse()
  assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  assert.equal(((await response.json()) as Body).code, 'token_not_valid')
})

test('the sign-out takes each generation of an ended session, twice, and an expired access token', async (t) => {
  const { auth, clock } = await openBench(t)
  const { body: first } = await post(auth, '/api/token/', ADA)
  const { body: second } = await post(auth, REFRESH, { refresh: first.refresh })
  for (const { refresh } of [first, second, first]) {
    const { status } = await post(auth, BLACKLIST, { refresh })
    // An ended session may say so: clients take both as done.
    assert.ok([200, 401].includes(status), String(status))
  }
  const { body: third } = await post(auth, '/api/token/', ADA)
  clock.advance('1h')
  const headers = { authorization: `Bearer ${third.access}` }
  assert.equal((await post(auth, BLACKLIST, undefined, headers)).status, 200)
  assert.equal((await post(auth, REFRESH, { refresh: third.refresh })).status, 401)
})

test('a refresh that was overtaken by a sign-out sets no cookie', async (t) => {
  let wait: Promise<void> | undefined
  const claims = async () => {
    await wait
    return {}
  }
  const { auth, profile, open, time } = await openBench(t, {
    tokens: { transport: 'cookie', claims, copyClaims: false },
  })
  const { client } = open({ transport: 'cookie' })
  await time.until(client.signIn(ADA))
  const cookie = [...profile.cookies].map((each) => each.join('=')).join('; ')
  const headers = {
    cookie,
    origin: API,
    'x-csrftoken': profile.cookies.get('__Host-csrftoken') ?? '',
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  wait = promise
  const refreshing = post(auth, REFRESH, {}, headers)
  await new Promise((done) => setImmediate(done))
  assert.equal((await post(auth, BLACKLIST, {}, headers)).status, 200)
  resolve()
  const { status, response } = await refreshing
  assert.equal(status, 401)
  assert.deepEqual(response.headers.getSetCookie(), [])
})

test('answers with tokens are not stored, and a valid CSRF token stays', async (t) => {
  const { auth, profile, open, time } = await openBench(t, {
    tokens: { transport: 'cookie' },
  })
  const { client } = open({ transport: 'cookie' })
  await time.until(client.signIn(ADA))
  const before = profile.cookies.get('__Host-csrftoken')
  await time.pass(2000)
  await time.until(client.getAccessToken({ fresh: true }))
  assert.equal(profile.cookies.get('__Host-csrftoken'), before)
  const { response } = await post(auth, '/api/token/', ADA, { origin: API })
  assert.equal(response.headers.get('cache-control'), 'no-store')
})

test('the access token of a repeated successor is issued at the time of the answer', async (t) => {
  const { auth, clock } = await openBench(t)
  const { body } = await post(auth, '/api/token/', ADA)
  const { refresh } = body
  await post(auth, REFRESH, { refresh })
  clock.advance('7s')
  const again = await post(auth, REFRESH, { refresh })
  assert.equal(claimsOf(again.body.access).iat, clock.now())
})

test('a guard whose store is away for a moment costs a GET one repeat', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  bench.state.fault = ({ path }, count) => {
    if (path === '/hello/' && count === 1) bench.faults.fail(...VERBS)
    else bench.faults.clear()
    return undefined
  }
  assert.equal((await bench.time.until(client.fetch('/hello/'))).status, 200)
  assert.equal(bench.count('/hello/'), 2)
})
