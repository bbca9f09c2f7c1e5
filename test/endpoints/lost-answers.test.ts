import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { post } from '../instance/setup.ts'

type Tokens = NonNullable<TestOptions['tokens']>
type Hooks = NonNullable<TestOptions['on']>

/** A session whose first refresh token was spent; the answer was lost. */
async function withLostAnswer(t: TestContext, tokens: Tokens = {}) {
  const reused: (string | undefined)[] = []
  const reuseDetected: Hooks['reuseDetected'] = ({ userId }) => void reused.push(userId)
  const { auth, clock, faults } = testInstance({ tokens, on: { reuseDetected } })
  t.after(() => auth.close())
  const ada = await auth.users.create({ username: 'ada', email: 'ada@example.org' })
  const { refresh: first } = await auth.signIn(ada)
  const refresh = (token: string) => post(auth, '/api/token/refresh/', { refresh: token })
  const { body } = await refresh(first)
  const revokeReason = async () => (await auth.sessions.list(ada.id))[0]?.revokeReason
  const unused = String(body.refresh)
  return { auth, clock, faults, ada, first, unused, refresh, revokeReason, reused }
}

const claimsOf = (token: string | undefined): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())

test('the access token of a repeated successor is issued at the time of the answer', async (t) => {
  const { clock, first, unused, refresh } = await withLostAnswer(t)
  const spent = claimsOf(unused).iat
  clock.advance(7)
  const { body } = await refresh(first)
  assert.equal(claimsOf(body.refresh).jti, claimsOf(unused).jti)
  assert.equal(claimsOf(body.refresh).iat, spent)
  const { iat, exp } = claimsOf(body.access)
  assert.deepEqual([iat, exp], [clock.now(), clock.now() + 300])
})

test('the tokens of a lost answer are issued at the time of the answer', async (t) => {
  const { clock, first, refresh } = await withLostAnswer(t)
  clock.advance(200)
  const { body } = await refresh(first)
  assert.equal(claimsOf(body.access).iat, clock.now())
  const { iat, gen } = claimsOf(body.refresh)
  assert.deepEqual([iat, gen], [clock.now(), 2])
})

/** The options, seconds since the first use, and whether the client goes on. */
const CASES: readonly (readonly [string, Tokens, number, boolean])[] = [
  ['by default within five minutes', {}, 300, true],
  ['by default after five minutes', {}, 300.1, false],
  ['with short access tokens after their life', { access: '1m' }, 61, false],
  ['with access tokens of a day within an hour', { access: '23h' }, 3600, true],
  ['with access tokens of a day after an hour', { access: '23h' }, 3601, false],
  ['with a limit of its own within it', { lostAnswer: '1h' }, 3600, true],
  ['with lostAnswer 0', { lostAnswer: 0 }, 11, false],
  ['without overlap', { overlap: 0 }, 1, false],
  ['without overlap, but a limit', { overlap: 0, lostAnswer: 60 }, 1, true],
  ['if reuse does not end sessions', { reuse: 'reject' }, 11, false],
  ['within an overlap of five minutes', { overlap: '5m', lostAnswer: 0 }, 300, true],
]

for (const [name, tokens, later, goesOn] of CASES) {
  test(`${name} a client that lost an answer ${goesOn ? 'goes on' : 'is refused'}`, async (t) => {
    const { clock, first, refresh } = await withLostAnswer(t, {
      refresh: '2d',
      ...tokens,
    })
    clock.advance(later)
    assert.equal((await refresh(first)).status, goesOn ? 200 : 401)
  })
}

test('with own claims, too, a client that lost an answer goes on, and the unused successor ends the session', async (t) => {
  const claims = () => ({ plan: 'pro' })
  const { clock, first, unused, refresh } = await withLostAnswer(t, { claims })
  clock.advance(60)
  const { body } = await refresh(first)
  assert.equal(claimsOf(body.refresh).plan, 'pro')
  assert.equal((await refresh(unused)).status, 401)
  assert.equal((await refresh(String(body.refresh))).status, 401)
})

/** A session that went on after a lost answer, when its unused successor has expired. */
async function withExpiredTrap(t: TestContext, tokens: Tokens = {}) {
  const lost = await withLostAnswer(t, tokens)
  lost.clock.advance(60)
  const { body } = await lost.refresh(lost.first)
  lost.clock.advance(86_400 - 30)
  const { body: next } = await lost.refresh(String(body.refresh))
  lost.clock.advance(60)
  return { ...lost, current: String(next.refresh) }
}

const EXPIRED = { status: 401, detail: 'Token is expired' }
const outcomeOf = ({ status, body }: { status: number; body: { detail?: unknown } }) => ({
  status,
  detail: body.detail,
})

for (const [name, tokens] of [
  ['by default', {}],
  ['with ES256 refresh tokens', { refreshAlgorithm: 'ES256' }],
  ['if tokens name users by email', { userIdField: 'email' }],
  ['with own claims', { claims: () => ({ plan: 'pro' }) }],
] as const) {
  test(`${name} an unused successor that has expired is refused as expired and revokes the session`, async (t) => {
    const deps = await withExpiredTrap(t, tokens)
    assert.deepEqual(outcomeOf(await deps.refresh(deps.unused)), EXPIRED)
    assert.equal(await deps.revokeReason(), 'reuse')
    assert.deepEqual(deps.reused, [deps.ada.id])
    const events = await deps.auth.events.list({ kind: 'reuse_detected' })
    assert.deepEqual(
      events.map(({ userId }) => userId),
      [deps.ada.id],
    )
    assert.equal((await deps.refresh(deps.current)).status, 401)

    assert.deepEqual(outcomeOf(await deps.refresh(deps.unused)), EXPIRED)
    assert.equal(deps.reused.length, 1)
  })
}

test('an expired token revokes its session only if it was spent', async (t) => {
  const { clock, unused, refresh, revokeReason } = await withLostAnswer(t)
  clock.advance(86_401)
  assert.deepEqual(outcomeOf(await refresh(unused)), EXPIRED)
  assert.equal(await revokeReason(), undefined)
})

for (const [name, tokens] of [
  ['if reuse does not end sessions', { reuse: 'reject' }],
  ['if refreshes spend no token', { blacklistAfterRotation: false }],
] as const) {
  test(`${name} an unused successor that has expired changes nothing`, async (t) => {
    const { unused, refresh, revokeReason } = await withExpiredTrap(t, tokens)
    assert.deepEqual(outcomeOf(await refresh(unused)), EXPIRED)
    assert.equal(await revokeReason(), undefined)
  })
}

test('if the sessions cannot be read, an expired token gets 503 and revokes its session later', async (t) => {
  const { faults, unused, refresh, revokeReason } = await withExpiredTrap(t)
  for (const verb of ['sessions.find', 'sessions.revoke'] as const) {
    faults.fail(verb)
    assert.equal((await refresh(unused)).status, 503)
    faults.clear()
    assert.equal(await revokeReason(), undefined)
  }
  assert.deepEqual(outcomeOf(await refresh(unused)), EXPIRED)
  assert.equal(await revokeReason(), 'reuse')
})

test('an expired successor with a forged signature reads and changes nothing', async (t) => {
  const { faults, unused, refresh, revokeReason } = await withExpiredTrap(t)
  faults.fail('sessions.find')
  const [header, payload, signature = ''] = unused.split('.')
  const forged = `${header}.${payload}.${signature.slice(0, -8)}AAAAAAA${signature.at(-1)}`
  const { status, body } = await refresh(forged)
  assert.deepEqual([status, body.detail], [401, 'Token is invalid'])
  faults.clear()
  assert.equal(await revokeReason(), undefined)
})
