import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { SECRET } from '../instance/setup.ts'

interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function signedIn(t: TestContext, options: TestOptions = {}) {
  const { auth, clock } = testInstance(options)
  t.after(() => auth.close())
  const ada = await auth.users.create({ username: 'ada' })
  const post = async (path: string, headers: object, body?: object): Promise<Reply> => {
    const request = new Request(`https://api.example${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const response = await auth.handler(request)
    return { status: response.status, body: (await response.json()) as Reply['body'] }
  }
  const signOut = (token: string, body?: object) =>
    post('/api/token/blacklist/', { authorization: `Bearer ${token}` }, body)
  const { access, refresh } = await auth.signIn(ada)
  const refreshWith = () => post('/api/token/refresh/', {}, { refresh })
  return { auth, clock, ada, access, refresh, post, signOut, refreshWith }
}

const REQUIRED = { refresh: ['This field is required.'] }

for (const [name, later] of [
  ['live', 0],
  ['expired', 12 * 3600],
] as const) {
  test(`a ${name} access token signs its session out, and a second time it does not`, async (t) => {
    const { clock, access, signOut, refreshWith, auth, ada } = await signedIn(t)
    clock.advance(later)

    assert.deepEqual(await signOut(access), { status: 200, body: {} })

    const refused = await refreshWith()
    assert.deepEqual([refused.status, refused.body.detail], [401, 'Token is blacklisted'])
    const again = await signOut(access)
    assert.deepEqual([again.status, again.body.detail], [401, 'Token is blacklisted'])
    const [event] = await auth.events.list({ kind: 'signed_out' })
    assert.equal(event?.userId, ada.id)
  })
}

test('an expired access token does nothing else', async (t) => {
  const { auth, clock, access, post, ada } = await signedIn(t)
  clock.advance(3600)
  const authorization = `Bearer ${access}`
  const request = new Request('https://api.example/', { headers: { authorization } })
  await assert.rejects(auth.require(request), { code: 'expired' })
  const verified = await post('/api/token/verify/', {}, { token: access })
  const refreshed = await post('/api/token/refresh/', {}, { refresh: access })
  const blacklisted = await post('/api/token/blacklist/', {}, { refresh: access })
  for (const { status, body } of [verified, refreshed, blacklisted])
    assert.deepEqual([status, body.detail], [401, 'Token is expired'])
  const [session] = await auth.sessions.list(ada.id)
  assert.equal(session?.revokeReason, undefined)
})

for (const tokens of [{}, { algorithm: 'HS256', signingKey: SECRET }] as const) {
  const algorithm = 'algorithm' in tokens ? tokens.algorithm : 'the default algorithm'
  test(`with ${algorithm} a forged token and a refresh token in the header revoke no session`, async (t) => {
    const { auth, clock, access, refresh, signOut, ada } = await signedIn(t, { tokens })
    clock.advance(3600)
    const forged = `${access.slice(0, -8)}AAAAAAA${access.at(-1)}`
    for (const token of [forged, refresh, 'x.y.z', ''])
      assert.notEqual((await signOut(token)).status, 200, token)
    const [session] = await auth.sessions.list(ada.id)
    assert.equal(session?.revokeReason, undefined)
  })
}

test('an expired access token with issuer and audience signs out', async (t) => {
  const options = { tokens: { issuer: 'https://a.example', audience: 'a' } }
  const { clock, access, signOut } = await signedIn(t, options)
  clock.advance(3600)
  assert.equal((await signOut(access)).status, 200)
})

test('without a token in the header the field is required, as before', async (t) => {
  const { post } = await signedIn(t)
  const headers = [
    {},
    { authorization: 'Bearer' },
    { authorization: 'Bearer a b' },
    { authorization: 'Token abc' },
    { authorization: 'Basic eDp5' },
  ]
  for (const each of headers) {
    const sent = await post('/api/token/blacklist/', each, {})
    assert.deepEqual(sent, { status: 400, body: REQUIRED }, JSON.stringify(each))
  }
})

test('a field in the body decides, and the header is ignored', async (t) => {
  const { access, refresh, signOut, refreshWith } = await signedIn(t)
  const wrong = await signOut(access, { refresh: 'x.y.z' })
  assert.equal(wrong.status, 401)
  const empty = await signOut(access, { refresh: '' })
  assert.deepEqual(empty.body, { refresh: ['This field may not be blank.'] })
  assert.equal((await refreshWith()).status, 200)
  assert.equal((await signOut('x.y.z', { refresh })).status, 200)
})

test('an access token of a session that was revoked for its user says why', async (t) => {
  const { auth, access, signOut, ada } = await signedIn(t)
  await auth.users.delete(ada.id)
  assert.deepEqual(await signOut(access), { status: 200, body: {} })
  assert.equal((await signOut(access)).status, 401)
})
