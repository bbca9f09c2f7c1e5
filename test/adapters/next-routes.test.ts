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
import { watchword } from '../../src/watchword.ts'

for (const [name, headers, method] of [
  ['a page', {}, 'GET'],
  ['a page, with what browsers send', { accept: 'text/html', 'content-type': '' }, 'GET'],
  ['an action of scripts', { 'next-action': '7f3a' }, 'POST'],
  [
    'an action of a form without scripts',
    { 'content-type': 'multipart/form-data; boundary=x' },
    'POST',
  ],
  [
    'an action of a plain form',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'POST',
  ],
] as const) {
  test(`permissions see ${name} as ${method}`, () =>
    assert.equal(requestOf(new Headers(headers)).method, method))
}

test('an action of who is signed in by a cookie is let through from pages of this host alone', async (t) => {
  const auth = watchword({
    database: 'sqlite::memory:',
    authentication: [session()],
    log: () => {},
  })
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
    need: unknown = modelPermissions('posts'),
  ) => {
    const request = requestOf(
      new Headers({ host: 'localhost', cookie: cookie.join('; '), ...headers }),
    )
    return auth.require(request, need as never).then(
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
