import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError, type VerifierOptions, verifier } from '../../src/verify/index.ts'
import { parseSigned } from '../../src/verify/signed.ts'
import { importWebKey } from '../../src/verify/web-key.ts'
import { AUDIENCE, freshKey, ISSUER, KEYS, setUp, sound } from './issuer.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('a valid token gives its claims, which are frozen', async (t) => {
  const { tokens, token } = setUp(t)
  const claims = await tokens.check(token({ role: { name: 'editor' } }))
  assert.equal(claims.user_id, 'ann')
  assert.equal(
    await tokens.check(token({ role: { name: 'editor' } })).then(({ sid }) => sid),
    's1',
  )
  assert.throws(() => {
    ;(claims.role as { name: string }).name = 'admin'
  }, TypeError)
})

for (const [what, claims, code] of [
  ['another issuer', { iss: 'https://evil.example' }, 'wrong_issuer'],
  ['another audience', { aud: 'web' }, 'wrong_audience'],
  ['no audience', { aud: undefined }, 'wrong_audience'],
  ['no issuer', { iss: undefined }, 'wrong_issuer'],
  ['an exp in the past', { exp: 1_799_999_999 }, 'expired'],
  ['an exp at this moment', { exp: 1_800_000_000 }, 'expired'],
  ['no exp', { exp: undefined }, 'invalid_claim'],
  ['an nbf in the future', { nbf: 1_800_000_006 }, 'not_yet_valid'],
  ['an iat in the future', { iat: 1_800_000_006 }, 'not_yet_valid'],
  ['the type of a refresh token', { token_type: 'refresh' }, 'wrong_type'],
  ['no type', { token_type: undefined }, 'wrong_type'],
  ['no id', { jti: undefined }, 'invalid_claim'],
  ['no user', { user_id: undefined }, 'invalid_claim'],
] as const) {
  test(`a token with ${what} is rejected as ${code}`, async (t) => {
    const { tokens, token } = setUp(t)
    const bad = token(claims)
    await assert.rejects(tokens.check(bad), { code })
    await assert.rejects(tokens.check(bad), { code })
  })
}

test('a verified token is cached until it expires, and not a second longer', async (t) => {
  const { tokens, token, advance, issuer } = setUp(t, { maxAge: 3600 })
  await tokens.check(token({ jti: 'this one loads the keys' }))
  const text = token()
  const first = await tokens.check(text)
  assert.equal(await tokens.check(text), first, 'the same object, from the cache')
  advance(299)
  assert.equal(await tokens.check(text), first)
  advance(1)
  await assert.rejects(tokens.check(text), { code: 'expired' })
  assert.deepEqual(issuer.paths, [KEYS])
})

test('a cached token with a character less or more is rejected', async (t) => {
  const { tokens, token } = setUp(t)
  const text = token()
  await tokens.check(text)
  const last = text.at(-1)
  for (const changed of [
    text.slice(0, -1),
    `${text}A`,
    `${text.slice(0, -1)}${last === 'A' ? 'Q' : 'A'}`,
    ` ${text}`,
  ]) {
    await assert.rejects(tokens.check(changed), AuthError)
  }
})

test('a signature that is not in canonical base64url is rejected', async (t) => {
  const { tokens, token } = setUp(t)
  const text = token()
  // The last of 86 characters has four unused bits.
  const last = ALPHABET.indexOf(text.at(-1)!)
  const another = text.slice(0, -1) + ALPHABET[last + 1]
  const bytesOf = (of: string): Buffer => Buffer.from(of.split('.')[2]!, 'base64url')
  assert.deepEqual(bytesOf(another), bytesOf(text))
  await assert.rejects(tokens.check(another), { code: 'bad_signature' })
  await tokens.check(text)
})

test('a new key is found when a token names it, and a removed key verifies nothing', async (t) => {
  const { tokens, token, issuer, key, advance } = setUp(t)
  const old = token()
  await tokens.check(old)
  advance(10)
  const next = freshKey()
  issuer.publish(KEYS, { keys: [next.verifying.jwk] })
  await tokens.check(token({}, next))
  assert.equal(issuer.paths.length, 2)
  await assert.rejects(tokens.check(old), { code: 'unknown_key' })
  await assert.rejects(tokens.check(token({ jti: 'b' }, key)), { code: 'unknown_key' })
})

test('a withdrawn key verifies nothing after maxAge', async (t) => {
  const { tokens, token, issuer, advance } = setUp(t, { maxAge: '1m' })
  const stolen = token()
  await tokens.check(stolen)
  issuer.publish(KEYS, { keys: [freshKey().verifying.jwk] })
  advance(59)
  await tokens.check(stolen)
  advance(1)
  await assert.rejects(tokens.check(stolen), { code: 'unknown_key' })
})

test('a key that is withdrawn during its look-up belongs to the old version', async (t) => {
  const { token, key } = setUp(t)
  const found = await importWebKey(key.verifying.jwk)
  const keys = {
    version: 1,
    algorithms: new Set([found.alg]),
    async find() {
      keys.version = 2
      return found
    },
  }
  const { version } = await parseSigned(token(), keys, {
    maxBytes: 8192,
    types: undefined,
  })
  assert.equal(version, 1)
})

test('concurrent tokens make one request, and unknown keys one per cool-down', async (t) => {
  const { tokens, token, issuer, advance } = setUp(t)
  await Promise.all(
    Array.from({ length: 50 }, (_, i) => tokens.check(token({ jti: `j${i}` }))),
  )
  assert.equal(issuer.paths.length, 1)
  const unknown = freshKey()
  const garbage = () =>
    Promise.all(
      Array.from({ length: 50 }, () =>
        assert.rejects(tokens.check(token({}, unknown)), { code: 'unknown_key' }),
      ),
    )
  await garbage()
  assert.equal(issuer.paths.length, 1)
  advance(10)
  await garbage()
  await garbage()
  assert.equal(issuer.paths.length, 2)
})

test('in an outage the last good copy is used, and without one the error is 503', async (t) => {
  const { tokens, token, issuer, advance, failures } = setUp(t)
  issuer.setDown(true)
  await assert.rejects(tokens.check(token()), {
    code: 'keys_unavailable',
    status: 503,
    retryAfter: 1,
  })
  assert.match(failures[0]!, /fetch failed/)
  advance(1)
  issuer.setDown(false)
  await tokens.check(token())
  issuer.setDown(true)
  advance(1000)
  await tokens.check(token())
})

test('secrets, private keys and keys for other algorithms are ignored', async (t) => {
  const { tokens, token, issuer, key, now } = setUp(t, { algorithms: ['ES256'] })
  const [edwards, open] = [freshKey('EdDSA'), freshKey().verifying.jwk!]
  const shared = { kty: 'oct', kid: 'shared', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' }
  const jwk = key.verifying.jwk!
  issuer.publish(KEYS, {
    keys: [jwk, edwards.verifying.jwk, shared, { ...open, kid: 'private', d: jwk.x }],
  })
  await tokens.check(token())
  await assert.rejects(tokens.check(token({}, edwards)), { code: 'unsupported_alg' })
  const head = (header: object): string =>
    Buffer.from(JSON.stringify(header)).toString('base64url')
  const [, payload] = token().split('.')
  for (const [header, code] of [
    [{ alg: 'HS256', kid: 'shared' }, 'unsupported_alg'],
    [{ alg: 'none' }, 'unsupported_alg'],
    [{ alg: 'ES256', kid: 'private' }, 'unknown_key'],
    [{ alg: 'ES256' }, 'unknown_key'],
    [{ alg: 'ES256', kid: key.kid, crit: ['exp'] }, 'unsupported_header'],
    [{ alg: 'ES256', kid: key.kid, typ: 'logout+jwt' }, 'wrong_type'],
  ] as const) {
    await assert.rejects(
      tokens.check(`${head(header)}.${payload}.AAAA`),
      { code },
      JSON.stringify(header),
    )
  }
  assert.ok(now() > 0)
})

test('a request is authenticated by its bearer token, and an error becomes a response', async (t) => {
  const { tokens, token } = setUp(t)
  const bearing = (authorization?: string): Request =>
    new Request(
      'https://api.example/',
      authorization === undefined ? {} : { headers: { authorization } },
    )
  assert.equal((await tokens.authenticate(bearing(`Bearer ${token()}`)))?.user_id, 'ann')
  assert.equal(await tokens.authenticate(bearing()), undefined)
  assert.equal(await tokens.authenticate(bearing('Basic YTpi')), undefined)
  await assert.rejects(tokens.authenticate(bearing('Bearer a b')), {
    code: 'bad_authorization_header',
  })
  await assert.rejects(tokens.require(bearing()), { code: 'not_authenticated' })
  const error = await tokens
    .require(bearing('Bearer x.y.z'))
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof AuthError)
  const answer = error.toResponse()
  assert.deepEqual(
    [answer.status, answer.headers.get('www-authenticate'), await answer.json()],
    [
      401,
      'Bearer realm="api", error="invalid_token"',
      { detail: 'Token is invalid', code: 'token_not_valid' },
    ],
  )
})

test('an unknown option is rejected with the nearest name, or all of them', () => {
  const withOption = (option: object) => () =>
    verifier({ issuer: ISSUER, audience: AUDIENCE, ...option } as VerifierOptions)

  for (const [option, message] of [
    [{ leway: 1 }, 'There is no option "leway". Did you mean "leeway"?'],
    [{ jwksURL: 'https://a.b' }, 'There is no option "jwksURL". Did you mean "jwksUrl"?'],
    [
      { revocations: { maxage: '5s' } },
      'There is no option "revocations.maxage". Did you mean "revocations.maxAge"?',
    ],
    [
      { revocations: { every: '5s' } },
      'There is no option "revocations.every". The options are url, maxAge.',
    ],
  ] as const)
    assert.throws(withOption(option), { code: 'invalid_config', message })
})

test('wrong options are rejected at once', () => {
  const refused = (options: object): void =>
    assert.throws(
      () =>
        verifier({ issuer: ISSUER, audience: AUDIENCE, ...options } as VerifierOptions),
      {
        code: 'invalid_config',
      },
    )
  for (const options of [
    { issuer: 'http://auth.example' },
    { issuer: undefined },
    { audience: undefined },
    { audience: [] },
    { audience: '' },
    { jwksUrl: 'http://auth.example/keys' },
    { algorithms: [] },
    { algorithms: ['HS256'] },
    { algorithms: ['none'] },
    { types: [] },
    { types: ['refresh'] },
    { leeway: '10m' },
    { leeway: Number.NaN },
    { maxAge: '5 minutes' },
    { cache: -1 },
    { revocations: { url: 'http://auth.example/feed' } },
    { revocations: { maxAge: 0 } },
    { audiense: 'api' },
  ]) {
    refused(options)
  }
  verifier({ issuer: 'http://127.0.0.1:8000', audience: AUDIENCE })
})

test('the typ of an access token is not accepted for a sliding one', async (t) => {
  const { tokens, key, now } = setUp(t, { types: ['access', 'sliding'] })
  const withTyp = (typ: string, token_type: string): string => {
    const encoded = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { ...sound(now()), sid: undefined, token_type }
    const signed = `${encoded({ alg: key.alg, kid: key.kid, typ })}.${encoded(claims)}`
    return `${signed}.${key.sign(signed)}`
  }
  await tokens.check(withTyp('at+jwt', 'access'))
  await tokens.check(withTyp('JWT', 'sliding'))
  await assert.rejects(tokens.check(withTyp('at+jwt', 'sliding')), { code: 'wrong_type' })
})

test('by default a clock may be 5 seconds behind the issuer, and no token lives longer for it', async (t) => {
  const { tokens, token, now } = setUp(t)
  await tokens.check(token({ iat: now() + 5 }))
  await tokens.check(token({ nbf: now() + 4.7, iat: now() + 3.2 }))
  for (const early of [{ iat: now() + 6 }, { nbf: now() + 5.1 }])
    await assert.rejects(tokens.check(token(early)), { code: 'not_yet_valid' })
  await assert.rejects(tokens.check(token({ exp: now() })), { code: 'expired' })
})

test('a token that was accepted early is cached, and a leeway replaces the default', async (t) => {
  const { tokens, token, now, advance } = setUp(t, { leeway: 2, maxAge: 3600 })
  await tokens.check(token({ jti: 'this one loads the keys' }))
  const text = token({ iat: now() + 2, exp: now() + 10 })
  assert.equal(await tokens.check(text), await tokens.check(text))
  await assert.rejects(tokens.check(token({ iat: now() + 3 })), { code: 'not_yet_valid' })
  advance(11)
  await tokens.check(text)
  advance(1)
  await assert.rejects(tokens.check(text), { code: 'expired' })
})

test('a leeway of 0 tolerates no difference', async (t) => {
  const { tokens, token, now } = setUp(t, { leeway: 0 })
  await assert.rejects(tokens.check(token({ iat: now() + 1 })), { code: 'not_yet_valid' })
})

test('a token that was accepted early is cached', async (t) => {
  const { tokens, token, now } = setUp(t)
  await tokens.check(token({ jti: 'this one loads the keys' }))
  const text = token({ iat: now() + 4 })
  assert.equal(await tokens.check(text), await tokens.check(text))
})
