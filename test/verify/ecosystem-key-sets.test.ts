import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import { test } from 'node:test'
import { remoteKeySet } from '../../src/jwt/index.ts'
import { verifier as jwtVerifier } from '../../src/jwt/verify.ts'
import { KEYS, setUp, sound } from './issuer.ts'

/** Key sets as other issuers publish them: without `alg`, without `kid`, or with one `kid` for several algorithms. */
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherEc = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: KeyObject, more: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  ...more,
})

function tokenOf(header: { alg: string; kid?: string }, key: KeyObject, now: number) {
  const encoded = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encoded(header)}.${encoded(sound(now))}`
  const padding = header.alg.startsWith('PS') ? { padding: 6, saltLength: 32 } : {}
  const signature = signBytes(`sha${header.alg.slice(2)}`, Buffer.from(signed), {
    key,
    dsaEncoding: 'ieee-p1363',
    ...padding,
  })
  return `${signed}.${signature.toString('base64url')}`
}

type Header = { alg: string; kid?: string }
const cases: readonly {
  readonly name: string
  readonly keys: readonly object[]
  readonly algorithms?: readonly ('RS256' | 'RS512' | 'PS256' | 'ES256')[]
  readonly accepted?: readonly (readonly [Header, KeyObject])[]
  readonly rejected?: readonly (readonly [Header, KeyObject, string])[]
}[] = [
  {
    name: 'an RSA key without alg is for every RS algorithm, and for no PS',
    keys: [jwkOf(rsa.publicKey, { kid: 'r', use: 'sig' })],
    accepted: [
      [{ alg: 'RS256', kid: 'r' }, rsa.privateKey],
      [{ alg: 'RS512', kid: 'r' }, rsa.privateKey],
    ],
    rejected: [[{ alg: 'PS256', kid: 'r' }, rsa.privateKey, 'unsupported_alg']],
  },
  {
    name: 'an RSA key without alg is for the PS algorithms that are the only allowed ones',
    keys: [jwkOf(rsa.publicKey, { kid: 'r' })],
    algorithms: ['PS256', 'ES256'],
    accepted: [[{ alg: 'PS256', kid: 'r' }, rsa.privateKey]],
  },
  {
    name: 'an RSA and an EC key share a kid',
    keys: [jwkOf(rsa.publicKey, { kid: 'x' }), jwkOf(ec.publicKey, { kid: 'x' })],
    accepted: [
      [{ alg: 'RS256', kid: 'x' }, rsa.privateKey],
      [{ alg: 'ES256', kid: 'x' }, ec.privateKey],
    ],
    rejected: [[{ alg: 'ES256', kid: 'x' }, otherEc.privateKey, 'bad_signature']],
  },
  {
    name: 'one RSA key is published for two algorithms',
    keys: [
      jwkOf(rsa.publicKey, { kid: 'r', alg: 'RS256' }),
      jwkOf(rsa.publicKey, { kid: 'r', alg: 'RS512' }),
    ],
    accepted: [
      [{ alg: 'RS256', kid: 'r' }, rsa.privateKey],
      [{ alg: 'RS512', kid: 'r' }, rsa.privateKey],
    ],
  },
  {
    name: 'the only key has no kid',
    keys: [jwkOf(ec.publicKey)],
    accepted: [
      [{ alg: 'ES256' }, ec.privateKey],
      [{ alg: 'ES256', kid: 'any' }, ec.privateKey],
    ],
  },
  {
    name: 'a token has no kid, and the set has one key',
    keys: [jwkOf(rsa.publicKey, { kid: 'r' })],
    accepted: [
      [{ alg: 'RS256' }, rsa.privateKey],
      [{ alg: 'RS512' }, rsa.privateKey],
    ],
    rejected: [[{ alg: 'RS256', kid: 'other' }, rsa.privateKey, 'unknown_key']],
  },
  {
    name: 'a token has no kid, and the set has two keys',
    keys: [jwkOf(ec.publicKey, { kid: 'a' }), jwkOf(otherEc.publicKey, { kid: 'b' })],
    rejected: [[{ alg: 'ES256' }, ec.privateKey, 'unknown_key']],
  },
  {
    name: 'two keys of one algorithm share a kid',
    keys: [jwkOf(ec.publicKey, { kid: 'x' }), jwkOf(otherEc.publicKey, { kid: 'x' })],
    rejected: [
      [{ alg: 'ES256', kid: 'x' }, ec.privateKey, 'unknown_key'],
      [{ alg: 'ES256' }, ec.privateKey, 'unknown_key'],
    ],
  },
]

for (const { name, keys, algorithms, accepted = [], rejected = [] } of cases) {
  test(`watchword/verify: ${name}`, async (t) => {
    const { tokens, issuer, now } = setUp(
      t,
      algorithms === undefined ? {} : { algorithms },
    )
    issuer.publish(KEYS, { keys })
    for (const [header, key] of accepted)
      await assert.doesNotReject(
        tokens.check(tokenOf(header, key, now())),
        JSON.stringify(header),
      )
    for (const [header, key, code] of rejected)
      await assert.rejects(tokens.check(tokenOf(header, key, now())), { code })
  })
}

test('remoteKeySet: the one key that fits is used for tokens and keys without kid', async () => {
  const now = 1_800_000_000
  const verify = (keys: readonly object[], header: Header) => {
    const source = remoteKeySet('https://keys.example/', {
      algorithm: 'ES256',
      fetch: async () => Response.json({ keys }),
    })
    const { verify } = jwtVerifier({ keys: source, clock: () => now })
    return (async () => verify(tokenOf(header, ec.privateKey, now)))()
  }
  const key = jwkOf(ec.publicKey, { kid: 'e' })
  await verify([key, jwkOf(rsa.publicKey, { kid: 'e' })], { alg: 'ES256' })
  await verify([jwkOf(ec.publicKey)], { alg: 'ES256', kid: 'any' })
  await assert.rejects(
    verify([key, jwkOf(otherEc.publicKey, { kid: 'f' })], { alg: 'ES256' }),
    { code: 'unknown_key' },
  )
})
