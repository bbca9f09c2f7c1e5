import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestOf } from '../../src/adapters/next.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import {
  allOf,
  isAuthenticated,
  isReadOnly,
  modelPermissions,
  not,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

for (const [name, headers, method] of [
  ['a page', {}, 'GET'],
  [
    'a page with the headers of a browser',
    { accept: 'text/html', 'content-type': '' },
    'GET',
  ],
  ['a server action', { 'next-action': '7f3a' }, 'POST'],
  [
    'a server action of a multipart form',
    { 'content-type': 'multipart/form-data; boundary=x' },
    'POST',
  ],
  [
    'a server action of a URL-encoded form',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'POST',
  ],
] as const) {
  test(`a permission gets ${method} for ${name}`, () =>
    assert.equal(requestOf(new Headers(headers)).method, method))
}

test('a server action with a session cookie is admitted from pages of the same origin only', async (t) => {
  const { auth } = testInstance({ authentication: [session()] })
  t.after(() => auth.close())
  await auth.users.create({
    username: 'ada',
    password: 'qhr4-7mzt-w2pd-x9kc',
    superuser: true,
  })
  const login = await auth.handler(
    new Request('http://localhost/auth/login/', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' }),
    }),
  )
  const cookie = login.headers.getSetCookie().map((each) => each.split(';')[0])
  assert.ok(
    cookie.some((each) => each?.startsWith('sessionid=')),
    String(cookie),
  )
  const asked = async (
    headers: Record<string, string>,
    requirement: unknown = modelPermissions('posts'),
  ) => {
    const request = requestOf(
      new Headers({ host: 'localhost', cookie: cookie.join('; '), ...headers }),
    )
    return auth.require(request, requirement as never).then(
      () => 200,
      (error) => internalsOf(auth).replyToError(error).status,
    )
  }

  assert.equal(await asked({}), 200)
  assert.equal(await asked({ 'next-action': '7f3a', origin: 'http://localhost' }), 200)
  assert.equal(
    await asked(
      { 'next-action': '7f3a', origin: 'http://localhost' },
      allOf(isAuthenticated, isReadOnly),
    ),
    403,
  )
  assert.equal(
    await asked(
      { 'next-action': '7f3a', origin: 'http://localhost' },
      allOf(isAuthenticated, not(isReadOnly)),
    ),
    200,
  )
  assert.equal(
    await asked({ 'next-action': '7f3a', origin: 'https://evil.example' }),
    403,
  )
  assert.equal(await asked({ 'next-action': '7f3a' }), 403)
})
