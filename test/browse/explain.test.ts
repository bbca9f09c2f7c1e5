import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import { ERRORS, type ErrorCode } from '../../src/base/errors.ts'
import { hintOf } from '../../src/guard/hints.ts'
import {
  allOf,
  anyOf,
  denied,
  granted,
  has,
  hasScope,
  isAuthenticated,
  isStaff,
  not,
  type Permission,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { explanationIn, guarded } from './explained.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'
const BEARER = { authentication: [bearer(), session()] } as const
const ROLES = { roles: { editor: ['notes.change'] } } as const
const DEVELOPMENT = { browsableApi: true } as const
const PRODUCTION = { browsableApi: { production: true }, proxies: 1 } as const

const pure: Permission<unknown, unknown> = () => granted

test('BR-77: without credentials each scheme was absent, and the hint names the ways to send some', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const explanation = await guarded(instance.auth, isAuthenticated).explain()
  assert.deepEqual(explanation.schemes, [
    { name: 'bearer', outcome: 'absent' },
    { name: 'session', outcome: 'absent' },
  ])
  assert.equal(explanation.status, 401)
  assert.equal(explanation.code, 'not_authenticated')
  assert.match(explanation.hint, /Bearer <token>.*, or the cookie of a session/)
  assert.equal(explanation.principal, undefined)
  assert.deepEqual(explanation.requirement, {
    kind: 'permission',
    name: 'signed in',
    outcome: 'denied',
    because: 'the request is anonymous',
  })
})

test('BR-78: of an expired token the three times are shown', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const { auth, clock } = instance
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const headers = await instance.as('ada')
  clock.advance(3600)
  const explanation = await guarded(auth, isAuthenticated).explain({ headers })
  assert.deepEqual(explanation.schemes[0], {
    name: 'bearer',
    outcome: 'rejected',
    code: 'expired',
  })
  assert.equal(explanation.schemes[1]?.outcome, 'notAsked')
  const { server, issuedAt, expiresAt } = explanation.clock ?? {}
  assert.equal(server, Math.floor(clock.now()))
  assert.equal(issuedAt, Number(server) - 3600)
  assert.ok(Number(expiresAt) > Number(issuedAt) && Number(expiresAt) < Number(server))
  assert.equal(explanation.requirement?.outcome, 'notAsked')
})

test('BR-79: of a token with another signature neither claims nor times are shown', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  await using other = testInstance({ ...BEARER })
  await other.auth.users.create({ username: 'marked-user', password: PASSWORD })
  const headers = await other.as('marked-user')
  const [head = '', payload = ''] = (headers.authorization ?? '').split('.')
  const forged = { authorization: `${head}.${payload}.${'A'.repeat(86)}` }
  for (const sent of [headers, forged]) {
    const explanation = await guarded(instance.auth, isAuthenticated).explain({
      headers: sent,
    })
    assert.equal(explanation.schemes[0]?.outcome, 'rejected')
    assert.match(explanation.code, /^(bad_signature|unknown_key)$/)
    assert.equal(explanation.clock, undefined)
    assert.equal(explanation.principal, undefined)
  }
})

test('BR-80, BR-81: a refresh token and a revoked session are named', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const { auth } = instance
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const { access, refresh } = await auth.signIn(ada)
  const route = guarded(auth, isAuthenticated)
  const wrong = await route.explain({ headers: { authorization: `Bearer ${refresh}` } })
  assert.equal(wrong.schemes[0]?.code, 'wrong_type')
  assert.match(wrong.hint, /Send the access token, not the refresh token/)

  await auth.sessions.revokeAll(ada.id)
  const revoked = await route.explain({ headers: { authorization: `Bearer ${access}` } })
  assert.equal(revoked.schemes[0]?.code, 'session_revoked')
  assert.equal(revoked.code, 'revoked')
})

test('BR-82: a denied user is shown with the part of the requirement that denied, and why', async () => {
  await using instance = testInstance({ ...BEARER, ...ROLES, ...DEVELOPMENT })
  const { auth } = instance
  const bob = await auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const explanation = await guarded(auth, 'notes.change').explain({
    method: 'PUT',
    headers,
  })
  assert.deepEqual(explanation.requirement, {
    kind: 'permission',
    name: 'has "notes.change"',
    outcome: 'denied',
    because: 'no role grants it',
  })
  const { principal } = explanation
  assert.deepEqual(principal?.user, { id: bob.id, label: 'bob' })
  assert.equal(principal?.scheme, 'bearer')
  assert.match(principal?.session ?? '', /^.{8}…$/)
  assert.equal(explanation.schemes[0]?.outcome, 'accepted')
  assert.equal(explanation.schemes[1]?.outcome, 'notAsked')
})

test('BR-83: what is not reached was not asked', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const route = guarded(instance.auth, allOf(isStaff, hasScope('export')))
  assert.deepEqual(outcomesOf(await route.explain({ headers })), [
    'denied',
    ['denied', 'notAsked'],
  ])
})

test('BR-84: the outcomes of a tree agree with the decision, whatever denied', async () => {
  await using instance = testInstance({ ...BEARER, ...ROLES, ...DEVELOPMENT })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  let calls = 0
  const counted: Permission<unknown, unknown> = () => {
    calls += 1
    return granted
  }
  const never: Permission<unknown, unknown> = async () => denied('a secret reason')
  const trees = [
    [anyOf(isStaff, has('notes.change')), ['denied', ['denied', 'denied']]],
    [not(isAuthenticated), ['denied', ['granted']]],
    [allOf(pure, counted, isStaff), ['denied', ['granted', 'granted', 'denied']]],
    [
      allOf(pure, anyOf(never, isStaff)),
      ['denied', ['granted', ['denied', ['denied', 'denied']]]],
    ],
    [
      allOf(anyOf(isStaff, isAuthenticated, never), never),
      ['denied', [['granted', ['denied', 'granted', 'notAsked']], 'denied']],
    ],
    [
      allOf(anyOf(pure, isStaff), isStaff),
      ['denied', [['granted', ['unknown', 'unknown']], 'denied']],
    ],
    [
      allOf(not(isStaff), not(allOf(isAuthenticated, pure))),
      [
        'denied',
        [
          ['granted', ['denied']],
          ['denied', [['granted', ['granted', 'granted']]]],
        ],
      ],
    ],
  ] as const
  for (const [permission, expected] of trees)
    assert.deepEqual(
      outcomesOf(await guarded(instance.auth, permission).explain({ headers })),
      expected,
    )
  assert.equal(calls, 1)
})

test('a list of permissions is shown as one whose parts must all grant', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const route = guarded(instance.auth, {
    permissions: [isAuthenticated, isStaff, hasScope('a')],
  })
  assert.deepEqual(outcomesOf(await route.explain({ headers })), [
    'denied',
    ['granted', 'denied', 'notAsked'],
  ])
})

test('BR-85: a throttle is shown with its rate and the wait, and without the address', async () => {
  await using instance = testInstance({
    ...BEARER,
    ...DEVELOPMENT,
    throttle: { sip: '1/min' },
  })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const route = guarded(instance.auth, { throttle: 'sip' })
  await route.answer({ headers })
  const explanation = await route.explain({ headers })
  assert.deepEqual(explanation.throttle, {
    name: 'sip',
    limit: 1,
    period: 60,
    by: 'account',
    retryAfter: 60,
  })
  assert.equal(explanation.requirement?.outcome, 'granted')
  assert.doesNotMatch(JSON.stringify(explanation), /127\.0\.0\.1/)
})

test('BR-86: of a CSRF failure the check is named, without its token', async () => {
  await using instance = testInstance({
    authentication: [session(), bearer()],
    ...DEVELOPMENT,
    secret: SECRET,
  })
  const { auth } = instance
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const signedIn = await auth.handler(
    new Request('http://localhost:8000/auth/login/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: PASSWORD }),
    }),
    { address: '127.0.0.1' },
  )
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const route = guarded(auth, isAuthenticated)
  const missing = await route.explain({ method: 'POST', headers: { cookie } })
  assert.deepEqual(missing.schemes, [
    { name: 'session', outcome: 'rejected', code: 'csrf_token_missing' },
    { name: 'bearer', outcome: 'notAsked' },
  ])
  assert.equal(missing.status, 403)
  const wrong = await route.explain({
    method: 'POST',
    headers: { cookie, 'x-csrftoken': 'a'.repeat(32) },
  })
  assert.equal(wrong.schemes[0]?.code, 'csrf_token')
})

test('BR-87: a permission that a handler applies to an object is explained', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const { auth } = instance
  await auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const { guardOf } = await import('../../src/adapters/fetch.ts')
  const isOwner: Permission<string, { readonly username: string }> = ({ resource }) =>
    resource === 'bob' ? granted : denied('a secret reason')
  const handler = guardOf(auth)(async (request) => {
    await request.auth.authorize(isOwner, 'ada')
    return Response.json({})
  })
  const request = new Request('http://localhost/', {
    headers: { ...headers, 'watchword-explain': '1' },
  })
  const answer = await handler(request, { address: '127.0.0.1' })
  assert.equal(answer.status, 403)
  const explanation = explanationIn(answer)
  assert.deepEqual(explanation?.requirement, {
    kind: 'all',
    outcome: 'denied',
    of: [
      { kind: 'permission', name: 'signed in', outcome: 'granted' },
      { kind: 'permission', name: 'isOwner', outcome: 'denied' },
    ],
  })
})

test('a sign-in that is too old is explained', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const { auth, clock } = instance
  const ada = await auth.users.create({ username: 'ada', password: PASSWORD })
  const { access } = await auth.signIn(ada)
  clock.advance(120)
  const headers = { authorization: `Bearer ${access}` }
  const explanation = await guarded(auth, { fresh: '1m' }).explain({ headers })
  assert.deepEqual(explanation.requirement, {
    kind: 'all',
    outcome: 'denied',
    of: [
      { kind: 'permission', name: 'signed in', outcome: 'granted' },
      { kind: 'permission', name: 'signed in within 60 seconds', outcome: 'denied' },
    ],
  })
})

test('BR-88, BR-89, BR-90: in production staff alone sees why a user was denied', async () => {
  await using instance = testInstance({ ...BEARER, ...ROLES, ...PRODUCTION })
  const { auth } = instance
  await auth.users.create({ username: 'bob', password: PASSWORD })
  await auth.users.create({ username: 'ada', password: PASSWORD, staff: true })
  const route = guarded(auth, 'notes.change')
  assert.equal(await route.ask({ headers: await instance.as('bob') }), undefined)
  assert.equal(await route.ask(), undefined)
  const ada = await route.ask({ headers: await instance.as('ada') })
  assert.equal(ada?.principal?.user.label, 'ada')
})

test('in development a caller on another machine is treated as in production', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const route = guarded(instance.auth, isAuthenticated)
  assert.ok(await route.ask())
  assert.equal(await route.ask({ address: '192.0.2.7' }), undefined)
  assert.equal(
    await route.ask({ headers: { 'x-forwarded-for': '192.0.2.7' } }),
    undefined,
  )
  assert.equal(await route.ask({ headers: { host: 'api.example.com' } }), undefined)
})

test('BR-91: a page of another origin gets no explanation', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  const route = guarded(instance.auth, isAuthenticated)
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9000' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) assert.equal(await route.ask({ headers }), undefined)
  const own = { origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' }
  assert.ok(await route.ask({ headers: { ...own, host: 'localhost:8000' } }))
})

test('BR-92: an explanation of 200 permissions is cut to 4 KiB, says so, and shows what denied', async () => {
  await using instance = testInstance({ ...BEARER, ...DEVELOPMENT })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const parts = Array.from({ length: 199 }, (_, i) => not(hasScope(`${i}`.repeat(40))))
  const explanation = await guarded(instance.auth, allOf(...parts, isStaff)).explain({
    headers,
  })
  assert.equal(explanation.truncated, true)
  const { requirement } = explanation
  assert.ok(requirement?.kind === 'all')
  assert.equal(requirement.of.filter(({ outcome }) => outcome === 'denied').length, 1)
})

test('BR-93: nothing secret is in an explanation', async () => {
  await using instance = testInstance({
    authentication: [bearer(), apiToken(), basic()],
    ...DEVELOPMENT,
    secret: SECRET,
    tokens: { claims: () => ({ marked: 'claim-SECRET' }) },
  })
  const { auth } = instance
  await auth.users.create({
    username: 'ada@mark-SECRET.example',
    email: 'ada@mark-SECRET.example',
    password: PASSWORD,
  })
  const reasons: Permission<unknown, unknown> = () =>
    denied('reason-SECRET', { detail: 'detail-SECRET' })
  const headers = await instance.as('ada@mark-SECRET.example')
  const asked = {
    method: 'POST',
    path: '/notes/?q=query-SECRET',
    headers: { ...headers, cookie: 'a=cookie-SECRET', 'x-mark': 'header-SECRET' },
  }
  const route = guarded(auth, reasons)
  for (const explanation of [
    await route.explain(asked),
    await route.explain({ ...asked, headers: { authorization: 'Bearer token-SECRET' } }),
    await route.explain({ ...asked, headers: { authorization: 'Token token-SECRET' } }),
  ]) {
    const text = JSON.stringify(explanation)
    assert.doesNotMatch(text, /SECRET/)
    assert.doesNotMatch(text, /@/)
    const token = (headers.authorization ?? '').split('.')
    for (const part of token) assert.ok(!text.includes(part.slice(0, 20)))
  }
})

test('BR-94: status, headers and body are the same but for the one header', async () => {
  await using instance = testInstance({ ...BEARER, ...ROLES, ...DEVELOPMENT })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const route = guarded(instance.auth, 'notes.change')
  for (const sent of [{}, headers, { authorization: 'Bearer x' }]) {
    const plain = await route.answer({ headers: sent })
    const asked = await route.answer({ headers: { ...sent, 'watchword-explain': '1' } })
    assert.ok(asked.headers.has('watchword-explanation'))
    asked.headers.delete('watchword-explanation')
    assert.equal(asked.status, plain.status)
    assert.deepEqual([...asked.headers], [...plain.headers])
    assert.equal(await asked.text(), await plain.text())
  }
})

test('without the option, and for admitted requests, there is no explanation', async () => {
  await using off = testInstance(BEARER)
  assert.equal(await guarded(off.auth, isAuthenticated).ask(), undefined)
  await using on = testInstance({ ...BEARER, ...DEVELOPMENT })
  await on.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await on.as('bob')
  assert.equal(await guarded(on.auth, isAuthenticated).ask({ headers }), undefined)
})

test('each error that is explained has a hint of its own in three parts', () => {
  const codes = Object.entries(ERRORS).filter(([, { status }]) =>
    [401, 403, 429, 503].includes(status),
  )
  for (const [code] of codes) {
    const hint = hintOf(code as ErrorCode, ['bearer'])
    assert.match(hint, /^[A-Z].*\.$/, code)
    assert.ok(hint.split(/[.:] /).length >= 2, hint)
    assert.ok(code === 'not_authenticated' || !hint.includes('no credentials'), code)
  }
})

type Outcomes = readonly [string, readonly unknown[]] | string

function outcomesOf({ requirement }: { readonly requirement?: unknown }): Outcomes {
  const { outcome, of } = requirement as {
    readonly outcome: string
    readonly of?: readonly unknown[]
  }
  if (of === undefined) return outcome
  return [outcome, of.map((each) => outcomesOf({ requirement: each }))]
}
