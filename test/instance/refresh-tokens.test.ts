import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { AuthError } from '../../src/base/errors.ts'
import type { LogEntry } from '../../src/base/log.ts'
import { Secret } from '../../src/base/secret.ts'
import { statelessBearer } from '../../src/index.ts'
import type { HmacAlgorithm } from '../../src/jwt/algorithms.ts'
import { importVerifyingKey, KeySet, type SigningKey, sign } from '../../src/jwt/index.ts'
import { privateKeyFrom } from '../../src/jwt/private-key.ts'
import { RefreshKeys } from '../../src/keys/refresh-keys.ts'
import { unseal } from '../../src/keys/seal.ts'
import type { Options } from '../../src/settings/options.ts'
import { testClock } from '../../src/testing/clock.ts'
import type { Watchword } from '../../src/watchword.ts'
import { until } from '../time.ts'
import { folder, instanceFor, PASSWORD, post, SECRET, signIn } from './setup.ts'

const NEWER = 'Tq41-nn0B-xxR8-2mPw-aD93-kk7L-0vZs'

interface Header {
  readonly alg: string
  readonly typ: string
  readonly kid?: string
}

const partOf = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
const headerOf = (token: string): Header => partOf(token, 0)

async function setUp(t: TestContext, options: Options = {}) {
  const database = join(folder(t), 'watchword.db')
  const clock = testClock()
  const open = (more: Options = {}): Watchword =>
    instanceFor(t, { database, secret: SECRET, clock: clock.now, ...options, ...more })
  const auth = open()
  await auth.users.create({ username: 'ann', password: PASSWORD })
  const tokens = async (): Promise<{ access: string; refresh: string }> => {
    const { access = '', refresh = '' } = await signIn(auth)
    return { access, refresh }
  }
  return { auth, open, tokens, clock, database }
}

const refreshWith = (auth: Watchword, refresh: string) =>
  post(auth, '/api/token/refresh/', { refresh })

async function detailOf(auth: Watchword, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` }
  const attempt = auth.require(new Request('http://localhost/', { headers }))
  return attempt.then(
    () => 'accepted',
    (error: unknown) => {
      assert.ok(error instanceof AuthError)
      return error.body
    },
  )
}

/** The secret of refresh tokens, as a thief of both the database and the instance's secret can derive it. */
function stolenKey(
  database: string,
  kid: string | undefined,
  alg: HmacAlgorithm = 'HS256',
): SigningKey {
  using db = new DatabaseSync(database)
  const row = db.prepare('select * from keys where id = ?').get(kid ?? '') as {
    readonly algorithm: 'ES256'
    readonly public_jwk: string
    readonly sealed: string
  }
  const pem = unseal(row.sealed, kid ?? '', [new Secret(SECRET)])
  const pair = importVerifyingKey(row.algorithm, JSON.parse(row.public_jwk), { kid })
  return new RefreshKeys({
    verifying: new KeySet([pair]),
    privateKey: () => privateKeyFrom(pem),
  }).signing(alg, kid)
}

const pem = (pair: ReturnType<typeof generateKeyPairSync>): string =>
  pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as unknown as string
const EC = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }) as never)

const SIGNED: Readonly<
  Record<string, readonly [NonNullable<Options['tokens']>, alg: string, typ: string]>
> = {
  'generated keys': [{}, 'HS256', 'rt+jwt'],
  'generated RS256 keys': [{ algorithm: 'RS256' }, 'HS256', 'rt+jwt'],
  'refreshAlgorithm HS512': [{ refreshAlgorithm: 'HS512' }, 'HS512', 'rt+jwt'],
  'refreshAlgorithm as algorithm': [{ refreshAlgorithm: 'ES256' }, 'ES256', 'JWT'],
  'a private key': [{ signingKey: EC }, 'ES256', 'JWT'],
  'a private key and refreshAlgorithm HS384': [
    { signingKey: EC, refreshAlgorithm: 'HS384' },
    'HS384',
    'rt+jwt',
  ],
  'a shared secret': [{ algorithm: 'HS256', signingKey: SECRET }, 'HS256', 'JWT'],
  'a shared secret and its own algorithm': [
    { algorithm: 'HS256', signingKey: SECRET, refreshAlgorithm: 'HS256' },
    'HS256',
    'JWT',
  ],
}

for (const [what, [tokens, alg, typ]] of Object.entries(SIGNED))
  test(`with ${what}, refresh tokens are signed by ${alg} as ${typ}, and can be refreshed, checked and revoked`, async (t) => {
    const { auth, tokens: signedIn } = await setUp(t, { tokens })
    const { access, refresh } = await signedIn()
    const header = headerOf(refresh)
    assert.deepEqual([header.alg, header.typ], [alg, typ])
    assert.equal(headerOf(access).typ, 'JWT')
    assert.equal(headerOf(access).kid, header.kid)

    const again = await refreshWith(auth, refresh)
    assert.equal(again.status, 200)
    const successor = again.body.refresh ?? ''
    assert.equal(headerOf(successor).alg, alg)
    assert.equal(
      (await post(auth, '/api/token/verify/', { token: successor })).status,
      200,
    )
    const revoked = await post(auth, '/api/token/blacklist/', { refresh: successor })
    assert.equal(revoked.status, 200)
    assert.equal((await refreshWith(auth, successor)).status, 401)
  })

for (const [tokens, message] of [
  [
    { algorithm: 'HS256', signingKey: SECRET, refreshAlgorithm: 'HS512' },
    /^tokens.refreshAlgorithm must be "HS256", like tokens.algorithm: one secret signs all tokens. Remove it.$/,
  ],
  [
    { refreshAlgorithm: 'RS256' },
    /^tokens.refreshAlgorithm must be "HS256", "HS384", "HS512" or "ES256" \(the value of tokens.algorithm\)/,
  ],
  [
    { jwksUrl: 'https://issuer.example/jwks.json', refreshAlgorithm: 'HS256' },
    /^tokens.refreshAlgorithm has no effect, because this instance issues no tokens/,
  ],
] as const)
  test(`the start stops at refreshAlgorithm ${tokens.refreshAlgorithm} with ${Object.keys(tokens)}`, (t) => {
    assert.throws(() => instanceFor(t, { tokens }), { code: 'invalid_config', message })
  })

for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const)
  test(`refresh tokens that the ${algorithm} key signed go on, and back again`, async (t) => {
    const { auth, open, tokens } = await setUp(t, { tokens: { algorithm } })
    const older = open({ tokens: { algorithm, refreshAlgorithm: algorithm } })
    const byKeyRing = String((await signIn(older)).refresh)
    const bySecret = (await tokens()).refresh
    assert.deepEqual(
      [byKeyRing, bySecret].map((token) => headerOf(token).alg),
      [algorithm, 'HS256'],
    )
    const first = await refreshWith(auth, byKeyRing)
    assert.equal(headerOf(first.body.refresh ?? '').alg, 'HS256')
    const second = await refreshWith(older, bySecret)
    assert.equal(headerOf(second.body.refresh ?? '').alg, algorithm)
  })

test('the key set has no secret', async (t) => {
  const { auth, tokens } = await setUp(t)
  await tokens()
  const answer = await auth.handler(new Request('http://localhost/.well-known/jwks.json'))
  const { keys } = (await answer.json()) as { keys: object[] }
  assert.deepEqual(
    keys.map((key) => Object.keys(key).toSorted().join()),
    Array.from({ length: 2 }, () => 'alg,crv,kid,kty,use,x,y'),
  )
})

const WRONG_TYPE = {
  detail: 'Given token not valid for any token type',
  code: 'token_not_valid',
  messages: [
    {
      token_class: 'AccessToken',
      token_type: 'access',
      message: 'Token has wrong type',
    },
  ],
}

test('a refresh token authenticates no request', async (t) => {
  const { auth, open, tokens } = await setUp(t)
  const { refresh } = await tokens()
  assert.deepEqual(await detailOf(auth, refresh), WRONG_TYPE)
  const stateless = open({ authentication: [statelessBearer()] as never })
  assert.deepEqual(await detailOf(stateless, refresh), WRONG_TYPE)
  const sliding = open({ tokens: { types: ['access', 'sliding'] } })
  assert.match(JSON.stringify(await detailOf(sliding, refresh)), /wrong type/)
})

test('the secret of refresh tokens signs nothing but refresh tokens, with any claims', async (t) => {
  const { auth, tokens, database } = await setUp(t)
  const { access } = await tokens()
  const key = stolenKey(database, headerOf(access).kid)
  for (const type of ['access', 'sliding', 'refresh ', undefined]) {
    const forged = sign({ ...partOf(access, 1), token_type: type }, key)
    assert.notEqual(await detailOf(auth, forged), 'accepted')
    const verified = await post(auth, '/api/token/verify/', { token: forged })
    assert.deepEqual([verified.status, verified.body.detail], [401, 'Token is invalid'])
  }
})

test('a refresh token with another header than its own is refused', async (t) => {
  const { auth, tokens, database } = await setUp(t)
  const { refresh } = await tokens()
  const { kid } = headerOf(refresh)
  const key = stolenKey(database, kid)
  const claims = partOf(refresh, 1)
  for (const header of [
    { alg: 'HS256', kid },
    { alg: 'HS256', typ: 'JWT', kid },
    { alg: 'HS256', typ: 'at+jwt', kid },
    { alg: 'HS512', typ: 'rt+jwt', kid },
    { alg: 'ES256', typ: 'rt+jwt', kid },
    { alg: 'none', typ: 'rt+jwt', kid },
    { typ: 'rt+jwt', alg: 'HS256', kid },
    { alg: 'HS256', typ: 'rt+jwt' },
    { alg: 'HS256', typ: 'rt+jwt', kid: '' },
    { alg: 'HS256', typ: 'rt+jwt', kid: '../../../dev/null' },
    { alg: 'HS256', typ: 'rt+jwt', kid: '__proto__' },
    { alg: 'HS256', typ: 'rt+jwt', kid: [kid] },
    { alg: 'HS256', typ: 'rt+jwt', kid, crit: ['exp'] },
  ]) {
    const encoded = Buffer.from(JSON.stringify(header)).toString('base64url')
    const { status, body } = await refreshWith(
      auth,
      sign(claims, { ...key, header: encoded }),
    )
    assert.deepEqual(
      [status, body.detail],
      [401, 'Token is invalid'],
      JSON.stringify(header),
    )
  }
  assert.equal((await refreshWith(auth, sign(claims, key))).status, 200)
})

test('what is public, or another secret of the instance, verifies no refresh token', async (t) => {
  const { auth, tokens } = await setUp(t)
  const { refresh } = await tokens()
  const { keys } = (await (
    await auth.handler(new Request('http://localhost/.well-known/jwks.json'))
  ).json()) as { keys: { x: string; kid: string }[] }
  const jwk = keys.find(({ kid }) => kid === headerOf(refresh).kid)
  assert.ok(jwk)
  const object = createPublicKey({ key: jwk as never, format: 'jwk' })
  const signed = refresh.split('.').slice(0, 2).join('.')
  for (const secret of [
    object.export({ type: 'spki', format: 'pem' }),
    object.export({ type: 'spki', format: 'der' }),
    Buffer.from(jwk.x, 'base64url'),
    JSON.stringify(jwk),
    jwk.kid,
    SECRET,
    '',
  ]) {
    const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    assert.equal((await refreshWith(auth, forged)).status, 401)
  }
})

test('an instance with the same secret and another database accepts no refresh token of the first', async (t) => {
  const [one, two] = [await setUp(t), await setUp(t)]
  const { refresh } = await one.tokens()
  const { status, body } = await refreshWith(two.auth, refresh)
  assert.deepEqual([status, body.detail], [401, 'Token is invalid'])
})

test('a refresh token outlives the rotation of keys, in every process', async (t) => {
  const { auth, open, tokens } = await setUp(t)
  const other = open()
  await other.migrate()
  const before = (await tokens()).refresh
  await auth.keys.rotate()
  const after = (await tokens()).refresh
  assert.notEqual(headerOf(after).kid, headerOf(before).kid)
  assert.equal((await refreshWith(other, before)).status, 200)
  assert.equal((await refreshWith(other, after)).status, 200)
})

test('a refresh token is refused from the second in which its key retires for good', async (t) => {
  const { auth, tokens, clock } = await setUp(t, {
    tokens: { refresh: '300d', session: '300d' },
  })
  const { refresh } = await tokens()
  await auth.keys.rotate()
  clock.advance('299d')
  assert.equal((await refreshWith(auth, refresh)).status, 200)
  clock.advance('2d')
  assert.equal((await refreshWith(auth, refresh)).status, 401)
})

test('keys.rotate({ leaked: true }) ends every refresh token at once, in every process', async (t) => {
  const { auth, open, tokens } = await setUp(t)
  const other = open()
  await other.migrate()
  const retiring = (await tokens()).refresh
  await auth.keys.rotate()
  const current = (await tokens()).refresh
  const byKeyRing = String(
    (await signIn(open({ tokens: { refreshAlgorithm: 'ES256' } }))).refresh,
  )
  await auth.keys.rotate({ leaked: true })
  await other.keys.list()
  for (const refresh of [retiring, current, byKeyRing]) {
    const { status, body } = await refreshWith(auth, refresh)
    assert.deepEqual([status, body.detail], [401, 'Token is invalid'])
    await untilRefused(other, refresh)
  }
  assert.equal((await refreshWith(auth, (await tokens()).refresh)).status, 200)
})

/** Another process reads a rotation within a second. */
const untilRefused = (auth: Watchword, token: string): Promise<void> =>
  until(async () => (await post(auth, '/api/token/verify/', { token })).status === 401)

test('the secret is replaced without ending a refresh token, also of a retiring key', async (t) => {
  const { auth, open, tokens } = await setUp(t)
  const retiring = (await tokens()).refresh
  await auth.keys.rotate()
  const current = (await tokens()).refresh

  const both = open({ secret: [NEWER, SECRET] })
  assert.equal(await both.keys.reseal(), 3)
  assert.equal(await both.keys.reseal(), 0)
  const newer = open({ secret: NEWER })
  for (const refresh of [retiring, current])
    assert.equal((await refreshWith(newer, refresh)).status, 200)
})

test('a leaked secret is replaced together with every key', async (t) => {
  const { open, tokens } = await setUp(t)
  const { refresh } = await tokens()
  await open({ secret: [NEWER, SECRET] }).keys.rotate({ leaked: true })
  const newer = open({ secret: NEWER })
  assert.equal((await refreshWith(newer, refresh)).status, 401)
  const fresh = String((await signIn(newer)).refresh)
  assert.equal((await refreshWith(newer, fresh)).status, 200)
})

test('a retiring key whose secret was removed verifies nothing: 401 for its tokens and for forged ones, with one warning', async (t) => {
  const { auth, open, tokens } = await setUp(t)
  const retiring = (await tokens()).refresh
  await auth.keys.rotate()
  // The secret of the retiring key was removed before `keys reseal`.
  await auth.keys.rotate()
  const both = open({ secret: [NEWER, SECRET] })
  await both.keys.rotate()
  await both.keys.rotate()
  const log: LogEntry[] = []
  const newer = open({ secret: NEWER, log: (entry) => log.push(entry) })

  const forged = `${retiring.split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`
  for (const token of [retiring, forged, retiring])
    assert.equal((await refreshWith(newer, token)).status, 401)

  const warnings = log.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ kid }) => kid),
    [headerOf(retiring).kid],
  )
  assert.match(String(warnings[0]?.event), /WATCHWORD_OLD_SECRETS/)
  const fresh = String((await signIn(newer)).refresh)
  assert.equal((await refreshWith(newer, fresh)).status, 200)
})
