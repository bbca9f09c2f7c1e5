import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { importSecret, importSigningKey, sign } from '../../src/jwt/index.ts'
import type { Options, TokenOptions } from '../../src/settings/options.ts'
import { watchword } from '../../src/watchword.ts'
import { encoded, opened } from '../conformance/forge.ts'
import { DATA } from '../conformance/recording.ts'
import { CREDENTIALS, type DecodedReply, post, probe } from './client.ts'
import { instance, NOW, optionsOf } from './fixture.ts'

/** The numbered cases of algorithms and keys. */
const RSA = readFileSync(new URL('keys/rs256.pem', DATA), 'utf8')
const RSA_PUBLIC = readFileSync(new URL('keys/rs256.pub.pem', DATA), 'utf8')

const withTokens = (tokens: object): Options => ({
  ...optionsOf(''),
  tokens: { ...optionsOf('').tokens, ...tokens } as TokenOptions,
})

const messageOf = ({ body }: DecodedReply): unknown =>
  (body.messages as { message: string }[] | undefined)?.[0]?.message

for (const algorithm of ['none', 'RS1', 'ES256K', 'ES521', 'hs256', '']) {
  test(`K16 the algorithm "${algorithm}" is rejected at construction`, () => {
    assert.throws(
      () => watchword({ ...withTokens({ algorithm }), database: 'sqlite::memory:' }),
      {
        name: 'AuthError',
        code: 'invalid_config',
        message: /tokens\.algorithm/,
      },
    )
  })
}

test('K17 the public key is rejected as an HMAC secret', async () => {
  await using here = await instance(withTokens({ algorithm: 'RS256', signingKey: RSA }))
  const claims = {
    token_type: 'access',
    exp: NOW + 60,
    iat: NOW,
    jti: 'a'.repeat(32),
    user_id: '1',
  }
  assert.equal(
    (await probe(here, sign(claims, importSigningKey('RS256', RSA)))).status,
    200,
  )

  const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  for (const secret of [RSA_PUBLIC, RSA_PUBLIC.trim()]) {
    const forged = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
    const answer = await probe(here, forged)
    assert.deepEqual([answer.status, messageOf(answer)], [401, 'Token is invalid'])
  }
})

const pem = ({ privateKey }: { privateKey: KeyObject }): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
const curve = (namedCurve: string) => (): string =>
  pem(generateKeyPairSync('ec', { namedCurve }))
const secret = (): string =>
  'a secret that is long enough for any of them: sixty-four octets at least'

/** ES256K is not offered: K16. */
const KEYS: { readonly [algorithm: string]: () => string } = {
  HS256: secret,
  HS384: secret,
  HS512: secret,
  RS256: () => RSA,
  RS384: () => RSA,
  RS512: () => RSA,
  PS256: () => RSA,
  PS384: () => RSA,
  PS512: () => RSA,
  ES256: curve('P-256'),
  ES384: curve('P-384'),
  ES512: curve('P-521'),
  EdDSA: () => pem(generateKeyPairSync('ed25519')),
  'EdDSA (Ed448)': () => pem(generateKeyPairSync('ed448')),
}

for (const [name, keyOf] of Object.entries(KEYS)) {
  test(`K18 ${name} verifies its own tokens, whose header is alg and typ alone`, async () => {
    const algorithm = name.replace(/ .*/, '')
    await using here = await instance(withTokens({ algorithm, signingKey: keyOf() }))

    const pair = await post(here, '/api/token/', CREDENTIALS)

    for (const member of ['refresh', 'access']) {
      const header = JSON.stringify(opened(pair.token(member))?.header)
      assert.equal(header, JSON.stringify({ alg: algorithm, typ: 'JWT' }))
    }
    assert.equal((await probe(here, pair.token('access'))).status, 200)
    assert.equal(
      (await post(here, '/api/token/refresh/', { refresh: pair.token('refresh') }))
        .status,
      200,
    )
  })
}

/** A key set on a loopback address that counts its requests. */
async function keySetServer(
  t: TestContext,
  keys: readonly object[],
): Promise<{ url: string; stop(): void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  t.after(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    stop,
  }
}

test('K19 with a key set URL, an unknown kid is an invalid token, none means the only key, and an unreachable set is a 503', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const set = await keySetServer(t, [
    { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' },
  ])
  const claims = {
    token_type: 'access',
    exp: NOW + 60,
    iat: NOW,
    jti: 'a'.repeat(32),
    user_id: '1',
  }
  const token = (kid?: string): string =>
    sign(
      claims,
      importSigningKey('RS256', pem({ privateKey }), kid === undefined ? {} : { kid }),
    )
  const refused = [401, 'Token is invalid']
  const answered = async (answer: Promise<DecodedReply>): Promise<unknown[]> => {
    const reply = await answer
    return [reply.status, messageOf(reply)]
  }

  {
    await using here = await instance(
      withTokens({ algorithm: 'RS256', signingKey: RSA, jwksUrl: set.url }),
    )
    assert.deepEqual(await answered(probe(here, token('one'))), [200, undefined])
    assert.deepEqual(await answered(probe(here, token('another'))), refused)
    assert.deepEqual(await answered(probe(here, token())), [200, undefined])
  }
  set.stop()
  await using cutOff = await instance(
    withTokens({ algorithm: 'RS256', signingKey: RSA, jwksUrl: set.url }),
  )
  assert.equal((await probe(cutOff, token('one'))).status, 503)
})

test('K20 with an HMAC algorithm the key set URL is not fetched', async () => {
  const url = 'http://127.0.0.1:9/jwks.json'
  await using here = await instance(withTokens({ jwksUrl: url }))
  const pair = await post(here, '/api/token/', CREDENTIALS)

  assert.equal((await probe(here, pair.token('access'))).status, 200)
})

test('K21 the golden token, byte for byte', () => {
  const weak = importSecret('HS256', 'not_secret', { allowWeak: true })
  assert.equal(
    sign({ exp: 946_684_800 }, weak),
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjk0NjY4NDgwMH0.jvxQgXCSDToR8uKoRJcMT-LmMJJn2-NM76nfSR2FOgs',
  )
})
