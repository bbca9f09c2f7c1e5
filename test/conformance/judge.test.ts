import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Known } from './judge.ts'
import type { Answer, Case } from './recording.ts'

const NEW: Known = { cases: new Map(), differences: new Map() }
const CLAIMS = {
  token_type: 'access',
  exp: '<now+300>',
  iat: '<now+0>',
  jti: '<hex32>',
  user_id: '1',
}
const decoded = (claims: object): Answer['decoded'] => ({
  access: { header: { alg: 'HS256', typ: 'JWT' }, claims: claims as never },
})

const refreshed: Case = {
  id: 'refresh/new',
  config: 'default',
  request: { method: 'POST', path: '/api/token/refresh/', body: '{}' },
  response: {
    status: 200,
    headers: { allow: 'POST, OPTIONS' },
    body: { access: '<jwt:access>' },
    decoded: decoded(CLAIMS)!,
  },
}
const ours: Answer = {
  ...refreshed.response,
  decoded: decoded({ ...CLAIMS, sid: '<hex32>' })!,
}

test('an unreviewed recording is compared after applying the deviations of the specification', () => {
  const { faults, deviations } = judge(refreshed, ours, [], NEW)
  assert.deepEqual(faults, [])
  assert.deepEqual(deviations, ['D23 tokens have the id of their session'])
})

for (const [what, answer] of [
  ['another status', { ...ours, status: 401 }],
  ['another text', { ...ours, body: { access: '<jwt:access>', more: true } }],
  [
    'an additional claim',
    { ...ours, decoded: decoded({ ...CLAIMS, sid: '<hex32>', admin: true })! },
  ],
  [
    'a missing claim',
    { ...ours, decoded: decoded({ token_type: 'access', sid: '<hex32>' })! },
  ],
  [
    'claims in another order',
    {
      ...ours,
      decoded: decoded({
        sid: '<hex32>',
        ...Object.fromEntries(Object.entries(CLAIMS).reverse()),
      })!,
    },
  ],
  [
    'another lifetime',
    { ...ours, decoded: decoded({ ...CLAIMS, exp: '<now+600>', sid: '<hex32>' })! },
  ],
  ['an opened session', { ...ours, effects: { opened: 1 } }],
  ['a header of the contract', { ...ours, headers: {} }],
  ['a crash', { status: 500, body: { detail: 'A server error occurred.' } }],
] as const satisfies readonly (readonly [string, Answer])[]) {
  test(`${what} is not an allowed deviation`, () => {
    assert.notDeepEqual(judge(refreshed, answer, [], NEW).faults, [])
  })
}

test('a broken promise is a fault, also if the recording has it', () => {
  assert.deepEqual(
    judge(refreshed, ours, ['a token is never cached (D21)'], NEW).faults,
    ['a token is never cached (D21)'],
  )
})

test('for a reviewed recording only the listed difference is accepted', () => {
  const cases = new Map([[refreshed.id, refreshed]])
  assert.notDeepEqual(
    judge(refreshed, ours, [], { cases, differences: new Map() }).faults,
    [],
  )

  const difference = { id: refreshed.id, reason: 'D23', response: ours }
  const differences = new Map([[refreshed.id, difference]])
  assert.deepEqual(judge(refreshed, ours, [], { cases, differences }).faults, [])
  const longer = { ...ours, decoded: decoded({ ...CLAIMS, sid: '<hex32>', gen: 1 })! }
  assert.notDeepEqual(judge(refreshed, longer, [], { cases, differences }).faults, [])
})

test('a listed difference that equals the recording is a fault', () => {
  const cases = new Map([[refreshed.id, refreshed]])
  const differences = new Map([
    [refreshed.id, { id: refreshed.id, reason: 'D23', response: refreshed.response }],
  ])
  assert.deepEqual(
    judge(refreshed, refreshed.response, [], { cases, differences }).faults,
    ['is listed as a difference and is none'],
  )
})

test('a recording of an older version is judged by the newest one of the same conversation', () => {
  const older = {
    ...refreshed,
    response: { ...refreshed.response, status: 500, crash: true },
  }
  const known = { cases: new Map([[refreshed.id, refreshed]]), differences: new Map() }
  assert.deepEqual(judge(older, refreshed.response, [], known).faults, [])
})

const refused: Case = {
  id: 'hello/new',
  config: 'default',
  request: { method: 'GET', path: '/hello/' },
  response: {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="api"' },
    body: { detail: 'no' },
  },
}
const challenged = (...challenges: string[]): Answer => ({
  ...refused.response,
  headers: { 'www-authenticate': challenges },
})

test('for an unreviewed recording, challenges of other schemes may follow the recorded one', () => {
  const { faults, deviations } = judge(
    refused,
    challenged('Bearer realm="api"', 'Token'),
    [],
    NEW,
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(deviations, ['6.1 the challenges of all schemes are sent'])
})

const invalid: Case = {
  ...refused,
  response: { ...refused.response, body: { detail: 'no', code: 'token_not_valid' } },
}
const REFUSED = 'Bearer realm="api", error="invalid_token"'

test('for an unreviewed recording, the challenge may say that a token was refused', () => {
  const answer = { ...invalid.response, headers: { 'www-authenticate': REFUSED } }
  const { faults, deviations } = judge(invalid, answer, [], NEW)
  assert.deepEqual(faults, [])
  assert.deepEqual(deviations, ['D43 the challenge says that a token was refused'])
})

test('it may not say so if no token was refused', () => {
  const answer = { ...refused.response, headers: { 'www-authenticate': REFUSED } }
  assert.notDeepEqual(judge(refused, answer, [], NEW).faults, [])
})

for (const [what, answer] of [
  ['another before it', challenged('Token', 'Bearer realm="api"')],
  ['one of no scheme', challenged('Bearer realm="api"', 'Digest')],
  ['one twice', challenged('Bearer realm="api"', 'Token', 'Token')],
] as const) {
  test(`challenges, ${what}, are not an allowed deviation`, () => {
    assert.notDeepEqual(judge(refused, answer, [], NEW).faults, [])
  })
}
