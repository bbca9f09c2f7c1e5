import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { requestOf } from '../../src/adapters/next.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import {
  isAuthenticated,
  isReadOnly,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  not,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

/** What Next adds to every request. */
const OF_NEXT = { 'x-forwarded-for': '::1', 'x-forwarded-proto': 'http' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Each kind of request that Next may be answering, as `headers()` shows it. */
const KINDS: Readonly<Record<string, Record<string, string>>> = {
  'a page': { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' },
  'a page without the headers of a browser': {},
  'a server action': { 'next-action': '5be0', origin: 'http://localhost' },
  'a form': { 'content-type': 'text/plain', origin: 'http://localhost' },
}

for (const [name, headers] of Object.entries(KINDS)) {
  test(`a permission that reads the method of ${name} fails with what to write`, async (t) => {
    const { auth } = testInstance()
    t.after(() => auth.close())
    const request = requestOf(new Headers({ host: 'localhost', ...headers }))
    for (const permission of [
      isReadOnly,
      not(isReadOnly),
      modelPermissionsOrAnonReadOnly('notes'),
    ]) {
      await assert.rejects(auth.require(request, permission), {
        code: 'invalid_config',
        message:
          /headers\(\).* do not show the method.*guard\(auth, requirement, handler\)/,
      })
    }
  })
}

test('a denial is logged although the method is unknown', async (t) => {
  const { auth, log } = testInstance({ explain: true })
  t.after(() => auth.close())

  await assert.rejects(auth.require(requestOf(new Headers()), isAuthenticated))

  assert.deepEqual(
    log.map(({ event, method }) => [event, method]),
    [['a request was refused', undefined]],
  )
})

/** An application of one user with a session cookie. @returns the status of a request with that cookie */
async function withSession(t: TestContext) {
  const { auth } = testInstance({ authentication: [session()] })
  t.after(() => auth.close())
  const credentials = { username: 'grace', password: 'vbn2-8kqa-y5ts-3hfe' }
  await auth.users.create(credentials)
  const login = await auth.handler(
    new Request('http://localhost/auth/login/', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      body: JSON.stringify(credentials),
    }),
  )
  const cookies = login.headers.getSetCookie().map((each) => each.split(';')[0])
  return (headers: Record<string, string>, requirement: unknown = isAuthenticated) => {
    const cookie = cookies.join('; ')
    const sent = { ...OF_NEXT, host: 'localhost', cookie, ...headers }
    return auth.require(requestOf(new Headers(sent)), requirement as never).then(
      () => 200,
      (error) => internalsOf(auth).replyToError(error).status,
    )
  }
}

for (const [about, headers] of [
  ['a navigation', { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }],
  ['an RSC read', { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' }],
  ['a server action', { 'next-action': '5be0', origin: 'http://localhost' }],
  ['a form of this origin', { ...FORM, origin: 'http://localhost' }],
] as const) {
  test(`a session cookie authenticates ${about}`, async (t) =>
    assert.equal(await (await withSession(t))(headers), 200))
}

for (const [about, headers] of [
  ['a POST of another site', { origin: 'https://evil.example' }],
  ['a request that shows neither', {}],
  ['a form that was navigated to', { 'sec-fetch-mode': 'navigate', ...FORM }],
  [
    'a navigation with an Origin',
    { 'sec-fetch-mode': 'navigate', origin: 'https://evil.example' },
  ],
  ['a navigation with a hidden Origin', { 'sec-fetch-mode': 'navigate', origin: 'null' }],
  [
    'a script of a neighbour',
    { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-site' },
  ],
  ['an action without Origin', { 'next-action': '5be0' }],
  [
    'an action of another site',
    { 'next-action': '5be0', origin: 'https://evil.example' },
  ],
] as const) {
  test(`a session cookie does not authenticate ${about}`, async (t) =>
    assert.equal(await (await withSession(t))(headers), 403))
}

test('a table of permission strings admits no request of unknown method', async (t) => {
  const statusOf = await withSession(t)
  const read = { 'sec-fetch-mode': 'navigate' }

  assert.equal(await statusOf(read, modelPermissions('notes')), 500)
})
