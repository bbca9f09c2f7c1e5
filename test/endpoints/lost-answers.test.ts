import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { post } from '../instance/setup.ts'

type Tokens = NonNullable<TestOptions['tokens']>

/** A session whose first refresh token was spent; the answer was lost. */
async function withLostAnswer(t: TestContext, tokens: Tokens = {}) {
  const { auth, clock } = testInstance({ tokens })
  t.after(() => auth.close())
  const ada = await auth.users.create({ username: 'ada' })
  const { refresh: first } = await auth.signIn(ada)
  const refresh = (token: string) => post(auth, '/api/token/refresh/', { refresh: token })
  const { body } = await refresh(first)
  return { clock, first, unused: String(body.refresh), refresh }
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
