import assert from 'node:assert/strict'
import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { test } from 'node:test'
import { importSigningKey, KeySet } from '../jwt/index.ts'
import { privateKeyFrom } from '../jwt/private-key.ts'
import { RefreshKeys } from './refresh-keys.ts'

/** The pair of RFC 7517 §A.2. */
const EXAMPLE = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
  },
})

const signingWith = (privateKey: KeyObject, kid = 'k-1') =>
  new RefreshKeys({ verifying: new KeySet([]), privateKey: () => privateKey }).signing(
    'HS256',
    kid,
  )

test('the secret is that of earlier releases, whose refresh tokens are still valid', () => {
  const d = Buffer.from('870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE', 'base64url')
  const secret = hkdfSync('sha256', d, '', 'watchword refresh tokens HS256 k-1', 32)
  const expected = createHmac('sha256', Buffer.from(secret)).update('a.b')
  const key = signingWith(EXAMPLE)
  assert.equal(key.sign('a.b'), expected.digest('base64url'))
  assert.equal(
    Buffer.from(key.header, 'base64url').toString(),
    '{"alg":"HS256","typ":"rt+jwt","kid":"k-1"}',
  )
})

test('each key pair, key id and algorithm has a secret of its own', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = new RefreshKeys({
    verifying: new KeySet([]),
    privateKey: () => EXAMPLE,
  })
  const signatures = [
    signingWith(EXAMPLE),
    signingWith(privateKey),
    signingWith(EXAMPLE, 'k-2'),
    keys.signing('HS384', 'k-1'),
    keys.signing('HS512', 'k-1'),
  ].map((key) => key.sign('a.b').slice(0, 43))
  assert.equal(new Set(signatures).size, signatures.length)
})

test('the encoding of a private key does not change the secret', () => {
  const sec1 = EXAMPLE.export({ type: 'sec1', format: 'pem' }) as string
  const pkcs8 = EXAMPLE.export({ type: 'pkcs8', format: 'pem' }) as string
  const expected = signingWith(EXAMPLE).sign('a.b')
  for (const pem of [sec1, pkcs8])
    assert.equal(signingWith(privateKeyFrom(pem)).sign('a.b'), expected)
})

for (const [what, make] of Object.entries({
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
}))
  test(`a secret is derived from a private key of ${what}`, () => {
    const [one, other] = [make().privateKey, make().privateKey]
    assert.notEqual(signingWith(one).sign('a.b'), signingWith(other).sign('a.b'))
  })

test('a secret is found for its own algorithm only, and not without its key pair', async () => {
  const { verifying } = importSigningKey('ES256', EXAMPLE, { kid: 'k-1' })
  const keys = new RefreshKeys({
    verifying: new KeySet([verifying]),
    privateKey: () => EXAMPLE,
  })
  assert.equal((await keys.find('k-1', 'HS256'))?.alg, 'HS256')
  assert.equal((await keys.find('k-1', 'HS512'))?.alg, 'HS512')
  assert.equal(await keys.find('k-1', 'ES256'), undefined)
  assert.equal(await keys.find('k-1'), undefined)
  assert.equal(await keys.find('k-2', 'HS256'), undefined)
})
