import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { session } from '../../src/authentication.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { type DjRestAuthOptions, djRestAuth } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const ANOTHER = 'zm5t-b8wq-n3kd-v6ux'
const COOKIES = { cookie: 'app', refreshCookie: 'app-refresh' } as const
const ADA = { username: 'ada', password: PASSWORD }

interface Answer {
  readonly status: number
  readonly set: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: bodies are compared
  readonly body: any
}

type Jar = Map<string, string>

async function program(
  t: TestContext,
  options: DjRestAuthOptions = {},
  others: Options = {},
) {
  const preset = djRestAuth(options)
  const here = testInstance({
    authentication: [preset.scheme, session()],
    presets: [preset],
    url: 'https://app.example.com',
    codes: { resendAfter: 0, perTarget: null, perClient: null },
    ...others,
  })
  const { auth } = here
  t.after(() => auth.close())
  const ada = await auth.users.create({
    ...ADA,
    email: 'ada@example.org',
    emailVerified: true,
  })
  const jar: Jar = new Map()
  const send = async (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await auth.handler(
      new Request(`https://test/dj-rest-auth${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          origin: 'https://test',
          cookie,
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
    const set = response.headers.getSetCookie()
    for (const each of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    return {
      status: response.status,
      set,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  const post = (path: string, body?: object, headers?: Record<string, string>) =>
    send('POST', path, body, headers)
  const csrf = () => ({ 'x-csrftoken': jar.get('__Host-csrftoken') ?? '' })
  return { ...here, ada, jar, send, post, csrf }
}

test('with cookies the refresh token is in its cookie alone, and a refresh rotates it', async (t) => {
  const { post, jar, csrf } = await program(t, COOKIES)
  const { status, body } = await post('/login/', ADA)
  assert.equal(status, 200)
  assert.equal(body.refresh, '')
  assert.deepEqual(
    [...jar.keys()],
    ['__Host-app', '__Secure-app-refresh', '__Host-csrftoken'],
  )
  const before = jar.get('__Secure-app-refresh')
  const refreshed = await post('/token/refresh/', {}, csrf())
  assert.equal(refreshed.status, 200)
  assert.deepEqual(Object.keys(refreshed.body), ['access', 'access_expiration'])
  assert.notEqual(jar.get('__Secure-app-refresh'), before)
})

test('without names of cookies the tokens are in the body, and no cookie is set', async (t) => {
  const { post } = await program(t)
  const { body, set } = await post('/login/', ADA)
  assert.deepEqual(set, [])
  const { status } = await post('/token/refresh/', { refresh: body.refresh })
  assert.equal(status, 200)
})

test('CSRF protection is on, and no header switches it off', async (t) => {
  const { post, send, csrf } = await program(t, COOKIES)
  await post('/login/', ADA)
  const change = { username: 'lovelace' }
  for (const headers of [
    {},
    { authorization: '' },
    { authorization: 'Basic x' },
    { ...csrf(), origin: 'https://evil.example' },
  ] as Record<string, string>[]) {
    const { status, body } = await send('PATCH', '/user/', change, headers)
    assert.equal(status, 403, JSON.stringify(headers))
    assert.match(body.detail, /^CSRF Failed/)
  }
  assert.equal((await post('/token/refresh/')).status, 403)
  assert.equal((await post('/logout/')).status, 403)
  assert.equal((await send('PATCH', '/user/', change, csrf())).body.username, 'lovelace')
  const evil = { origin: 'https://evil.example' }
  assert.equal((await post('/login/', ADA, evil)).status, 403)
})

test('a sign-out ends the session and removes the cookies, also beside a stale access cookie', async (t) => {
  const { auth, ada, post, jar, csrf } = await program(t, COOKIES)
  await post('/login/', ADA)
  jar.set('__Host-app', 'garbage')
  const headers = csrf()
  const { status, body } = await post('/logout/', undefined, headers)
  assert.deepEqual([status, body], [200, { detail: 'Successfully logged out.' }])
  assert.equal(jar.size, 0)
  const [row] = await auth.sessions.list(ada.id)
  assert.equal(row?.revokeReason, 'logout')
})

test('the same answer says no to a wrong password and to an unknown name or address', async (t) => {
  const { post } = await program(t)
  const wrong = { non_field_errors: ['Unable to log in with provided credentials.'] }
  for (const named of [
    { username: 'ada' },
    { username: 'eve' },
    { email: 'eve@example.org' },
  ]) {
    const { status, body } = await post('/login/', { ...named, password: 'wrong' })
    assert.deepEqual([status, body], [400, wrong])
  }
  const { status } = await post('/login/', {
    email: 'ada@example.org',
    password: PASSWORD,
  })
  assert.equal(status, 200)
})

test('a new password needs the old one, and ends the other sessions', async (t) => {
  const { auth, ada, post } = await program(t)
  const { access } = (await post('/login/', ADA)).body
  const other = (await post('/login/', ADA)).body
  const headers = { authorization: `Bearer ${access}` }
  const change = { new_password1: ANOTHER, new_password2: ANOTHER }
  assert.deepEqual((await post('/password/change/', change, headers)).body, {
    old_password: ['This field is required.'],
  })
  const wrong = await post(
    '/password/change/',
    { ...change, old_password: 'no' },
    headers,
  )
  assert.match(wrong.body.old_password[0], /^Your old password was entered incorrectly/)
  const mismatch = { ...change, old_password: PASSWORD, new_password2: 'x' }
  assert.deepEqual((await post('/password/change/', mismatch, headers)).body, {
    new_password2: ['The two password fields didn’t match.'],
  })
  const right = await post(
    '/password/change/',
    { ...change, old_password: PASSWORD },
    headers,
  )
  assert.equal(right.status, 200)
  assert.equal((await post('/token/refresh/', { refresh: other.refresh })).status, 401)
  const live = (await auth.sessions.list(ada.id)).filter(({ revokedAt }) => !revokedAt)
  assert.equal(live.length, 1)
})

test('a reset works once, for the user of its link', async (t) => {
  const { auth, post, mail } = await program(
    t,
    {},
    {
      accounts: { links: { resetPassword: 'https://app.example.com/r/{uid}/{token}/' } },
    },
  )
  const bob = await auth.users.create({ username: 'bob' })
  const known = await post('/password/reset/', { email: 'ada@example.org' })
  const unknown = await post('/password/reset/', { email: 'eve@example.org' })
  assert.deepEqual(known, unknown)
  const [, uid, token] =
    /\/r\/([^/]+)\/([^/]+)\//.exec((await mail()).at(-1)?.text ?? '') ?? []
  const fields = { token, new_password1: ANOTHER, new_password2: ANOTHER }
  const confirm = async (each: string | undefined) => {
    const { status, body } = await post('/password/reset/confirm/', {
      ...fields,
      uid: each,
    })
    return [status, body]
  }
  const invalid = ['Invalid value']
  const bobs = Buffer.from(bob.id).toString('base64url')
  assert.deepEqual(await confirm(bobs), [400, { uid: invalid }])
  assert.deepEqual(await confirm('!!'), [400, { uid: invalid }])
  assert.equal((await confirm(uid))[0], 200)
  assert.deepEqual(await confirm(uid), [400, { token: invalid }])
})

test('a registration answers alike whether or not the address is taken', async (t) => {
  const { post, mail } = await program(t, { registration: true }, { accounts: true })
  const register = (username: string, email: string) =>
    post('/registration/', { username, email, password1: ANOTHER, password2: ANOTHER })
  const free = await register('grace', 'grace@example.org')
  assert.deepEqual(
    [free.status, free.body],
    [201, { detail: 'Verification e-mail sent.' }],
  )
  const key = /token=([\w-]+)/.exec((await mail()).at(-1)?.text ?? '')?.[1]
  assert.deepEqual(await register('eve', 'ada@example.org'), free)
  const grace = { username: 'grace', password: ANOTHER }
  assert.equal((await post('/login/', grace)).status, 400)
  assert.equal((await post('/registration/verify-email/', { key })).status, 200)
  assert.equal((await post('/registration/verify-email/', { key })).status, 404)
  assert.equal((await post('/login/', grace)).status, 200)
})

test('a registration that the accounts do not allow is refused at the start', async (t) => {
  for (const signUp of ['off', 'invitation'] as const) {
    const accounts = { signUp }
    await assert.rejects(
      program(t, { registration: true }, { accounts }),
      /djRestAuth\(\{ registration \}\) lets everybody sign up/,
    )
    await program(t, { registration: true, registerPermission: isStaff }, { accounts })
  }
})

test('a registration without an address signs in', async (t) => {
  const { post } = await program(
    t,
    { ...COOKIES, registration: true },
    { accounts: { requireActivation: false } },
  )
  const body = { username: 'grace', password1: ANOTHER, password2: ANOTHER }
  const { status, set } = await post('/registration/', body)
  assert.equal(status, 201)
  assert.equal(set.length, 3)
})

test('a token of Django REST framework, and a session beside it', async (t) => {
  const { post, jar } = await program(t, { issue: 'token', sessionLogin: true })
  const { status, body, set } = await post('/login/', ADA)
  assert.equal(status, 200)
  assert.match(body.key, /^[\da-f]{40}$/)
  assert.equal(set.length, 2)
  jar.clear()
  const headers = { authorization: `Token ${body.key}` }
  assert.equal((await post('/logout/', undefined, headers)).status, 200)
  assert.equal((await post('/logout/', undefined, headers)).status, 401)
})

test('options that would have no effect stop the start', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ USE_JWT: true }, /Use djRestAuth\(\{ issue \}\) instead/],
    [{ issue: 'token', cookie: 'app' }, /set issue to "jwt"/],
    [{ issue: 'none' }, /sessionLogin/],
    [{ sameSite: 'None', secure: false }, /needs Secure/],
    [{ refreshCookiePath: '/api/' }, /refreshCookiePath/],
    [{ cookies: 'app' }, /There is no option/],
  ]
  for (const [options, message] of cases)
    assert.throws(() => djRestAuth(options as DjRestAuthOptions), message)
})
