import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { apiToken, bearer } from '../../src/authentication.ts'
import { isoTime } from '../../src/base/iso-time.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const NOT_FOUND = { status: 404, body: { detail: 'Not found.' } }

async function setUp(t: TestContext, options: TestOptions = {}) {
  const app = accountsApp(t, { authentication: [bearer(), apiToken()], ...options })
  const { auth, send } = app
  const clientOf = async (username: string) => {
    const user = await auth.users.create({ username, password: PASSWORD })
    const signedIn = await auth.signIn(user.id)
    const headers = { authorization: `Bearer ${signedIn.access}` }
    return {
      id: user.id,
      session: signedIn.session?.id ?? '',
      send: (method: string, path: string, body?: object) =>
        send(method, path, body, headers),
    }
  }
  return { ...app, ada: await clientOf('ada'), bob: await clientOf('bob') }
}

test('a user sees the live sessions, and which one is the own', async (t) => {
  const { auth, ada, clock } = await setUp(t)
  const other = await auth.signIn(ada.id)
  const ended = await auth.signIn(ada.id)
  await auth.sessions.revoke(ended.session?.id ?? '')

  const { status, body } = await ada.send('GET', '/auth/sessions/')

  assert.equal(status, 200)
  assert.deepEqual(
    new Map(
      body.map((each: { id: string; current: boolean }) => [each.id, each.current]),
    ),
    new Map([
      [ada.session, true],
      [other.session?.id, false],
    ]),
  )
  const own = body.find(({ current }: { current: boolean }) => current)
  assert.deepEqual(own, {
    id: ada.session,
    current: true,
    created_at: isoTime(clock.now()),
    expires_at: isoTime(clock.now() + 30 * 86_400),
    last_used_at: isoTime(clock.now()),
    address: null,
    user_agent: null,
    amr: [],
    acr: null,
    actor: null,
    client_id: null,
    scopes: [],
  })
  for (const each of body) assert.ok(!('jti' in each) && !('epoch' in each))
})

test('a user revokes one session, and all others, but never those of another user', async (t) => {
  const { auth, ada, bob } = await setUp(t)
  const [one, two] = [await auth.signIn(ada.id), await auth.signIn(ada.id)]
  const path = `/auth/sessions/${one.session?.id}/`

  assert.deepEqual(await bob.send('DELETE', path), NOT_FOUND)
  assert.equal((await ada.send('DELETE', path)).status, 204)
  assert.deepEqual(await ada.send('DELETE', path), NOT_FOUND)
  assert.deepEqual(await ada.send('DELETE', '/auth/sessions/%00/'), NOT_FOUND)
  assert.equal((await ada.send('DELETE', '/auth/sessions/')).status, 204)

  const idsOf = async (id: string) =>
    (await auth.sessions.list(id))
      .filter(({ revokedAt }) => revokedAt === undefined)
      .map((each) => each.id)
  assert.deepEqual(await idsOf(ada.id), [ada.session])
  assert.deepEqual(await idsOf(bob.id), [bob.session])
  assert.notEqual(two.session?.id, undefined)
  assert.equal((await ada.send('GET', '/auth/sessions/')).status, 200)
})

test('a user creates API tokens, which are shown once, lists and revokes them', async (t) => {
  const { auth, ada, bob, clock } = await setUp(t)

  const created = await ada.send('POST', '/auth/api-tokens/', {
    name: 'deploy',
    expires_in: '30d',
  })
  assert.equal(created.status, 201)
  const { token, ...shown } = created.body
  assert.deepEqual(shown, {
    id: shown.id,
    hint: token.slice(0, shown.hint.length),
    name: 'deploy',
    scopes: [],
    created_at: isoTime(clock.now()),
    expires_at: isoTime(clock.now() + 30 * 86_400),
  })
  const headers = { authorization: `Token ${token}` }
  const guarded = () => auth.require(new Request('http://localhost/', { headers }))
  assert.equal((await guarded()).user.id, ada.id)

  assert.deepEqual((await ada.send('GET', '/auth/api-tokens/')).body, [shown])
  assert.deepEqual((await bob.send('GET', '/auth/api-tokens/')).body, [])
  const path = `/auth/api-tokens/${shown.id}/`
  assert.deepEqual(await bob.send('DELETE', path), NOT_FOUND)
  assert.equal((await ada.send('DELETE', path)).status, 204)
  assert.deepEqual(await ada.send('DELETE', path), NOT_FOUND)
  await assert.rejects(guarded(), { status: 401 })
})

test('an API token needs a sign-in of the last ten minutes, or the password', async (t) => {
  const { auth, ada, clock, post } = await setUp(t, { tokens: { access: '1h' } })
  const { access } = await auth.signIn(ada.id)
  const headers = { authorization: `Bearer ${access}` }
  const create = (body: object) => post('/auth/api-tokens/', body, headers)
  assert.equal((await create({})).status, 201)
  clock.advance('10m')
  const late = await create({ name: 'late' })
  assert.equal(late.status, 401)
  assert.equal(late.body.code, 'insufficient_user_authentication')
  assert.equal((await create({ current_password: 'x' })).status, 400)
  assert.equal((await create({ current_password: PASSWORD })).status, 201)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 2)
})

test('users give only the scopes that the option lists', async (t) => {
  const { ada } = await setUp(t, { accounts: { tokenScopes: ['notes:read'] } })
  const create = (body: object) => ada.send('POST', '/auth/api-tokens/', body)

  assert.deepEqual((await create({ scopes: ['notes:read'] })).body.scopes, ['notes:read'])
  for (const scopes of [['admin'], ['notes:read', 'admin'], 'notes:read', [1], {}]) {
    const { status, body } = await create({ scopes })
    assert.deepEqual(
      [status, Object.keys(body)],
      [400, ['scopes']],
      JSON.stringify(scopes),
    )
  }
  for (const expires_in of ['soon', '-1d', '0s'])
    assert.equal((await create({ expires_in })).status, 400, expires_in)
  assert.equal((await create({ expires_in: 60 })).status, 400)
})

for (const [who, headersOf] of Object.entries({
  'an API token': async (auth, id) => `Token ${(await auth.apiTokens.create(id)).token}`,
  'another user who acts as this one': async (auth, id) =>
    `Bearer ${(await auth.signIn(id, { actor: 'root' })).access}`,
} satisfies Record<
  string,
  (auth: ReturnType<typeof accountsApp>['auth'], id: string) => Promise<string>
>))
  test(`${who} creates no API token, and revokes no session`, async (t) => {
    const { auth, ada, send } = await setUp(t)
    const headers = { authorization: await headersOf(auth, ada.id) }
    const { record } = await auth.apiTokens.create(ada.id)
    const tokens = (await auth.apiTokens.list(ada.id)).length

    for (const [method, path] of [
      ['POST', '/auth/api-tokens/'],
      ['DELETE', '/auth/sessions/'],
      ['DELETE', `/auth/sessions/${ada.session}/`],
      ['DELETE', `/auth/api-tokens/${record.id}/`],
    ] as const)
      assert.equal((await send(method, path, undefined, headers)).status, 403, path)
    assert.equal((await auth.apiTokens.list(ada.id)).length, tokens)
    assert.equal((await ada.send('GET', '/auth/sessions/')).status, 200)
  })
