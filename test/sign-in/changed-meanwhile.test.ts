import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { knox } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import type { SignInAttempt } from '../../src/sign-in/complete-sign-in.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const CREDENTIALS = { username: 'ada', password: PASSWORD }

/** What may happen to a user between the check of the password and the write that follows. */
const CHANGES: Readonly<
  Record<string, (auth: Watchword, id: string) => Promise<unknown>>
> = {
  'the password is changed': (auth, id) =>
    auth.users.setPassword(id, 'another-7mzt-w2pd-x9kc'),
  'the user is deactivated': (auth, id) => auth.users.change(id, { active: false }),
  'the user is deleted': (auth, id) => auth.users.delete(id),
  'the user is deleted and another gets the name': async (auth, id) => {
    await auth.users.delete(id)
    await auth.users.create(CREDENTIALS)
  },
}

const CREATED_AGAIN = 'the user is deleted and another gets the id'
const RENAMED = 'the user is renamed and another gets the name'

const NO_ACCOUNT = 'No active account found with the given credentials'
const WRONG = 'Unable to log in with provided credentials.'
const ENDPOINTS: Readonly<Record<string, readonly [status: number, text: string]>> = {
  '/api/token/': [401, NO_ACCOUNT],
  '/api/token/sliding/': [401, NO_ACCOUNT],
  '/auth/login/': [401, NO_ACCOUNT],
  '/api-token-auth/': [400, WRONG],
  '/knox/login/': [400, WRONG],
  '/limited/login/': [400, WRONG],
}

/** An instance in which something happens after a password was found right, and before anything is written. */
function between(
  happens: (auth: Watchword, id: string) => Promise<unknown>,
  tokens: NonNullable<Options['tokens']> = {},
): { readonly auth: Watchword } & AsyncDisposable {
  const begun = new WeakSet<SignInAttempt>()
  const auth: Watchword = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
    authentication:
      tokens.sessions === false ? [bearer()] : [bearer(), session(), apiToken()],
    endpoints: { slidingObtain: true },
    presets: [
      knox({ credentials: 'body' }),
      knox({ prefix: '/limited', credentials: 'body', limit: 3 }),
    ],
    tokens,
    signInChecks: [
      async ({ user }, attempt) => {
        // Asked again once something is written.
        if (!begun.has(attempt)) await happens(auth, user.id)
        begun.add(attempt)
        return undefined
      },
    ],
  })
  return { auth, [Symbol.asyncDispose]: () => auth.close() }
}

const post = (auth: Watchword, path: string): Promise<Response> =>
  auth.handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(CREDENTIALS),
    }),
  )

for (const [change, happens] of Object.entries(CHANGES)) {
  for (const [path, [status, text]] of Object.entries(ENDPOINTS)) {
    test(`a sign-in at ${path} during which ${change} is rejected like a wrong password`, async () => {
      await using instance = between(happens)
      const auth = instance.auth
      const { id } = await auth.users.create(CREDENTIALS)

      const response = await post(auth, path)

      assert.equal(response.status, status)
      assert.ok((await response.text()).includes(text))
      assert.deepEqual(response.headers.getSetCookie(), [])
      const user = await auth.users.find({ username: 'ada' })
      for (const each of [id, user?.id ?? id]) {
        assert.deepEqual(await auth.sessions.list(each), [])
        assert.deepEqual(await auth.apiTokens.list(each), [])
      }
    })
  }

  test(`without sessions, a sign-in during which ${change} is rejected, too`, async () => {
    await using instance = between(happens, { sessions: false })
    const auth = instance.auth
    await auth.users.create(CREDENTIALS)

    assert.equal((await post(auth, '/api/token/')).status, 401)
  })
}

for (const [path, [status]] of Object.entries(ENDPOINTS)) {
  test(`a sign-in at ${path} during which ${CREATED_AGAIN} is refused`, async () => {
    await using instance = between(async (auth, id) => {
      await auth.users.delete(id)
      await auth.users.create({ id, username: 'eve', superuser: true })
    })
    const { auth } = instance
    await auth.users.create({ ...CREDENTIALS, id: '7' })

    assert.equal((await post(auth, path)).status, status)
    assert.deepEqual(await auth.sessions.list('7'), [])
    assert.deepEqual(await auth.apiTokens.list('7'), [])
  })
}

test(`a sign-in by name during which ${RENAMED} issues no token that names the other`, async () => {
  await using instance = between(
    async (auth, id) => {
      await auth.users.change(id, { username: 'ida' })
      await auth.users.create({ ...CREDENTIALS, superuser: true })
    },
    { userIdField: 'username' },
  )
  await instance.auth.users.create(CREDENTIALS)

  assert.equal((await post(instance.auth, '/api/token/')).status, 401)
})

test('an API token that exists is not given for a password that has just been replaced', async () => {
  let isChanged = false
  await using instance = between(async (auth, id) => {
    if (isChanged) await auth.users.setPassword(id, 'another-7mzt-w2pd-x9kc')
    isChanged = true
  })
  const { auth } = instance
  await auth.users.create(CREDENTIALS)
  assert.equal((await post(auth, '/api-token-auth/')).status, 200)

  assert.equal((await post(auth, '/api-token-auth/')).status, 400)
})

for (const sessions of [true, false]) {
  test(`a user who is created with the id of a deleted one inherits no credential${sessions ? '' : ', without sessions'}`, async () => {
    await using instance = testInstance({
      authentication: [bearer(), apiToken()],
      tokens: sessions ? {} : { sessions: false, checkRevoke: 'claim' },
    })
    const { auth, faults } = instance
    await auth.users.create({ id: '7', username: 'ada' })
    const { access, refresh } = await auth.signIn('7')
    const { token } = await auth.apiTokens.create('7')
    if (sessions) {
      // The deletion stops half-way.
      faults.fail('sessions.revokeAll')
      await assert.rejects(auth.users.delete('7'), { code: 'store_unavailable' })
      faults.clear()
    } else await auth.users.delete('7')
    await auth.users.create({ id: '7', username: 'eve', superuser: true })

    for (const authorization of [`Bearer ${access}`, `Token ${token}`]) {
      const request = new Request('http://localhost/', { headers: { authorization } })
      await assert.rejects(auth.require(request), (error: { status?: number }) => {
        assert.equal(error.status, 401, authorization)
        return true
      })
    }
    const again = await auth.handler(
      new Request('http://localhost/api/token/refresh/', {
        method: 'POST',
        body: new URLSearchParams({ refresh }),
      }),
    )
    assert.equal(again.status, 401)
  })
}

test('a sign-in during which the user is not changed succeeds at each endpoint', async () => {
  await using instance = between((auth, id) => auth.users.change(id, { staff: true }))
  const auth = instance.auth
  await auth.users.create(CREDENTIALS)

  for (const path of Object.keys(ENDPOINTS))
    assert.equal((await post(auth, path)).status, 200, path)
})

test('an API token is not created for a user who is deleted meanwhile', async () => {
  await using instance = testInstance()
  const { auth } = instance
  const { id } = await auth.users.create({ username: 'ada' })
  await auth.users.delete(id)

  await assert.rejects(auth.apiTokens.create(id), { code: 'user_not_found' })
  await assert.rejects(auth.apiTokens.keyFor(id), { code: 'user_not_found' })
})
