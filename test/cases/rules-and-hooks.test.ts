import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AuthRequest } from '../../src/http/request.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { CREDENTIALS, post, probe } from './client.ts'
import { instance, optionsOf } from './fixture.ts'

/** The numbered cases of the authentication rule, the hooks and the settings. */
test('N20 a user that the rule rejects can neither sign in, nor refresh, nor make requests (D11)', async () => {
  let isLoved = true
  const users = { rule: (user: User | undefined) => user !== undefined && isLoved }
  await using here = await instance({ ...optionsOf(''), users })
  const pair = await post(here, '/api/token/', CREDENTIALS)
  assert.equal((await probe(here, pair.token('access'))).status, 200)

  isLoved = false

  const answers = [
    await post(here, '/api/token/', CREDENTIALS),
    await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') }),
    await probe(here, pair.token('access')),
  ]
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    [
      [401, { detail: 'No active account found with the given credentials' }],
      [401, { detail: 'No active account found for the given token.' }],
      [401, { detail: 'User is inactive', code: 'user_inactive' }],
    ],
  )
})

test('N20 with ruleOnRequest off a token is accepted until it expires, as in Simple JWT', async () => {
  let isLoved = true
  const rule = (user: User | undefined): boolean => user !== undefined && isLoved
  await using here = await instance({
    ...optionsOf(''),
    users: { rule, ruleOnRequest: false },
  })
  const pair = await post(here, '/api/token/', CREDENTIALS)

  isLoved = false

  assert.equal((await probe(here, pair.token('access'))).status, 200)
})

test('N21 on.signInFailed is called once, with the password masked', async () => {
  const events: { credentials: object; request: AuthRequest | undefined }[] = []
  await using here = await instance({
    ...optionsOf(''),
    on: { signInFailed: (event) => void events.push(event) },
  })

  await post(here, '/api/token/', { username: 'alice', password: 'nope' })

  assert.equal(events.length, 1)
  assert.deepEqual(events[0]!.credentials, {
    username: 'alice',
    password: '********************',
  })
  assert.equal(events[0]!.request?.url, '/api/token/')
})

for (const updateLastLogin of [false, true]) {
  test(`N22 on.signedIn is called with updateLastLogin ${updateLastLogin} (D36)`, async () => {
    const events: string[] = []
    const on = { signedIn: ({ user }: { user: User }) => void events.push(user.username) }
    await using here = await instance({
      ...optionsOf(''),
      users: { updateLastLogin },
      on,
    })

    await post(here, '/api/token/', CREDENTIALS)

    assert.deepEqual(events, ['alice'])
    assert.equal(
      (await here.auth.users.find('alice'))?.lastLoginAt !== undefined,
      updateLastLogin,
    )
  })
}

/** @returns the message of the error for these options */
function errorForOutcome(options: object): string {
  let message: string | undefined
  assert.throws(
    () => watchword({ ...options, database: 'sqlite::memory:' } as Options),
    (error: Error & { code?: string }) => {
      message = error.message
      return error.code === 'invalid_config'
    },
  )
  return message!
}

const withTokens = (tokens: object): object => ({
  ...optionsOf(''),
  tokens: { ...optionsOf('').tokens, ...tokens },
})

test('N23 a setting that Simple JWT has removed is rejected with what to write instead', () => {
  for (const [removed, ours] of [
    ['AUTH_HEADER_TYPE', 'tokens.headerTypes'],
    ['AUTH_TOKEN_CLASS', 'tokens.types'],
    ['SECRET_KEY', 'tokens.signingKey'],
    ['TOKEN_BACKEND_CLASS', 'tokens.algorithm'],
  ] as const) {
    for (const options of [{ [removed]: 'x' }, withTokens({ [removed]: 'x' })]) {
      const message = errorForOutcome(options)
      assert.ok(message.includes(removed) && message.includes(ours), message)
    }
  }
})

test('N24 an unknown option is rejected (D29)', () => {
  assert.match(errorForOutcome({ pth: '/api' }), /"pth"/)
  assert.match(errorForOutcome(withTokens({ acess: '5m' })), /"tokens\.acess"/)
})

test('N25 the type claim and the id claim cannot be switched off (D16)', () => {
  assert.match(errorForOutcome(withTokens({ typeClaim: null })), /tokens\.typeClaim/)
  assert.match(errorForOutcome(withTokens({ jtiClaim: null })), /tokens\.jtiClaim/)
})

test('N26 a leeway that is no duration is rejected', () => {
  for (const leeway of ['10', 'ten', null, [], -1, Number.NaN])
    assert.match(
      errorForOutcome(withTokens({ leeway })),
      /tokens\.leeway/,
      String(leeway),
    )
})

test('N26 a leeway in seconds or with a unit is accepted', async (t: TestContext) => {
  for (const leeway of [10, '10s'] as const) {
    const { auth } = testInstance(withTokens({ leeway }))
    t.after(() => auth.close())
    await assert.doesNotReject(auth.migrate(), String(leeway))
  }
})
