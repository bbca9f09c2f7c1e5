import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, bearer, remoteUser, session } from '../../src/authentication.ts'
import { AuthError, ERRORS, type ErrorCode } from '../../src/base/errors.ts'
import { granted, type Permission } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** What a program's function throws if its own service does not answer, and what clients get. */
const FAILURES = [
  ['an error of its own', () => new Error('the directory is down'), 500],
  [
    'store_unavailable',
    () => new AuthError('store_unavailable', 'the directory is down'),
    503,
  ],
] as const

/** Whether the functions of the options fail now. */
function failing(errorOf: () => Error) {
  const state = { isDown: false }
  const orFail = <T>(value: T): T => {
    if (state.isDown) throw errorOf()
    return value
  }
  const isUp: Permission = async () => orFail(granted)
  const instance = testInstance({
    authentication: [
      remoteUser(async (request) => orFail(request.header('x-name'))),
      bearer(),
      session(),
      basic(),
    ],
    users: { rule: (user) => orFail(user?.active === true) },
    tokens: { claims: async () => orFail({ team: 'blue' }) },
  })
  return { instance, state, isUp }
}

for (const [what, errorOf, status] of FAILURES) {
  test(`if a function of the options throws ${what}, no endpoint and no guard answers but ${status}`, async () => {
    const { instance, state, isUp } = failing(errorOf)
    await using _ = instance
    const { auth } = instance
    await auth.users.create({ username: 'ada', password: PASSWORD })
    const post = (path: string, fields: Record<string, string>): Promise<Response> => {
      const init = { method: 'POST', body: new URLSearchParams(fields) }
      return auth.handler(new Request(`http://localhost${path}`, init))
    }
    const { refresh } = (await (
      await post('/api/token/', { username: 'ada', password: PASSWORD })
    ).json()) as { readonly refresh: string }
    const guarded = async (headers: Record<string, string>): Promise<Response> => {
      try {
        await auth.require(new Request('http://localhost/', { headers }), isUp)
        return new Response()
      } catch (error) {
        return error instanceof AuthError
          ? error.toResponse()
          : new Response(null, { status: 500 })
      }
    }
    const headers = await instance.as('ada')
    state.isDown = true

    for (const response of [
      await post('/api/token/', { username: 'ada', password: PASSWORD }),
      await post('/auth/login/', { username: 'ada', password: PASSWORD }),
      await post('/api/token/refresh/', { refresh }),
      await guarded(headers),
      await guarded({ 'x-name': 'ada' }),
      await guarded({ authorization: `Basic ${btoa(`ada:${PASSWORD}`)}` }),
    ]) {
      assert.equal(response.status, status, response.url)
      if (status === 503) assert.equal(response.headers.get('retry-after'), '1')
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
    state.isDown = false
    assert.equal(
      (await post('/api/token/refresh/', { refresh })).status,
      200,
      'the token was spent',
    )
    assert.ok(!JSON.stringify(instance.log).includes(PASSWORD))
  })
}

test('every 503 says when to try again', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { status, headers } = new AuthError(code).toResponse()
    assert.equal(headers.has('retry-after'), status === 503, code)
  }
})
