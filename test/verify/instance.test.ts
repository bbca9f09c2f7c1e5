import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { AuthError, verifier } from '../../src/verify/index.ts'
import { PASSWORD, post, signIn } from '../instance/setup.ts'

const ISSUER = 'http://localhost'

/** An instance, and a verifier of its tokens whose monotonic clock can be moved. */
async function setUp(t: TestContext) {
  const { auth, clock } = testInstance({
    tokens: { issuer: ISSUER, audience: 'api' },
    endpoints: { revocations: true },
  })
  t.after(() => auth.close())
  await auth.users.create({ username: 'ann', password: PASSWORD })
  let later = 0
  const asked: string[] = []
  const tokens = verifier({
    issuer: ISSUER,
    audience: 'api',
    revocations: true,
    fetch: (url, init) => {
      asked.push(String(url))
      return auth.handler(new Request(String(url), init))
    },
    clock: clock.now,
    elapsed: () => performance.now() / 1000 + later,
  })
  const advance = (seconds: number): void => {
    later += seconds
  }
  return {
    auth,
    tokens,
    advance,
    looks: () => asked.filter((url) => url.includes('revocations')).length,
  }
}

test('a token of the instance is accepted, and rejected soon after its session is revoked', async (t) => {
  const { auth, tokens, looks } = await setUp(t)
  const { access = '', refresh = '' } = await signIn(auth)
  const claims = await tokens.check(access)
  assert.equal((await auth.users.find('ann'))?.id, claims.user_id)

  assert.equal((await post(auth, '/api/token/blacklist/', { refresh })).status, 200)
  const before = looks()
  const isAccepted = (): Promise<boolean> =>
    tokens.check(access).then(
      () => true,
      ({ code }) => {
        assert.equal(code, 'revoked')
        return false
      },
    )
  while (await isAccepted()) {
    // The verifier reads the feed once per second.
    assert.ok(looks() - before < 5, 'still accepted after five readings of the feed')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

test('a refresh token is rejected as an access token', async (t) => {
  const { auth, tokens } = await setUp(t)
  const { refresh = '' } = await signIn(auth)
  await assert.rejects(tokens.check(refresh), { code: 'wrong_type' })
})

test('the verifier follows a rotation of keys', async (t) => {
  const { auth, tokens, advance } = await setUp(t)
  const before = await signIn(auth)
  await tokens.check(before.access!)
  await auth.keys.rotate()
  await tokens.check((await signIn(auth)).access!)
  advance(15)
  await auth.keys.rotate({ leaked: true })
  await tokens.check((await signIn(auth)).access!)
  await assert.rejects(tokens.check(before.access!), { code: 'unknown_key' })
})

test('require refuses a token whose sign-in is too old or too weak, as RFC 9470 says', async (t) => {
  const { auth, clock } = testInstance({
    tokens: { issuer: ISSUER, audience: 'api', signInClaims: true },
  })
  t.after(() => auth.close())
  const ann = await auth.users.create({ username: 'ann' })
  const tokens = verifier({
    issuer: ISSUER,
    audience: 'api',
    fetch: (url, init) => auth.handler(new Request(String(url), init)),
    clock: clock.now,
  })
  const { access } = await auth.signIn(ann, { methods: ['pwd'] })
  const request = new Request('http://localhost/', {
    headers: { authorization: `Bearer ${access}` },
  })
  const signIn = { fresh: 100, amr: ['pwd', 'otp'] }
  clock.advance(99)
  assert.deepEqual((await tokens.require(request, signIn)).amr, ['pwd'])
  await assert.rejects(tokens.require(request, { amr: ['otp'] }), {
    code: 'insufficient_user_authentication',
  })
  clock.advance(1)

  await tokens.require(request)
  await assert.rejects(tokens.require(request, signIn), (error) => {
    assert.ok(error instanceof AuthError)
    const { status, headers } = error.toResponse()
    assert.equal(status, 401)
    assert.match(
      headers.get('www-authenticate') ?? '',
      /^Bearer realm="api", error="insufficient_user_authentication", .*, max_age="100", acr_values="pwd otp"$/,
    )
    return true
  })
  for (const wrong of [{ fresh: 0 }, { amr: [] }, { frehs: '5m' }])
    await assert.rejects(tokens.require(request, wrong as never), {
      code: 'invalid_config',
    })
})
