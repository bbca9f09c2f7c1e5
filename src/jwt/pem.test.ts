import assert from 'node:assert/strict'
import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { importSecret, importSigningKey, importVerifyingKey } from './index.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const PRIVATE = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const PUBLIC = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
const encrypted = (type: 'pkcs8' | 'sec1'): string =>
  pair.privateKey.export({
    type,
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  }) as string

/** As `.env` files and the settings of hosting services hold a PEM. */
const SPELLINGS: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'with written-out line ends': (pem) => pem.replaceAll('\n', '\\n'),
  'with written-out Windows line ends': (pem) => pem.replaceAll('\n', '\\r\\n'),
  'in double quotes': (pem) => `"${pem}"`,
  'in single quotes, with written-out line ends': (pem) =>
    ` '${pem.replaceAll('\n', '\\n')}' \n`,
  'with Windows line ends': (pem) => pem.replaceAll('\n', '\r\n'),
}

for (const [spelling, spell] of Object.entries(SPELLINGS))
  test(`a PEM ${spelling} is read`, () => {
    const signing = importSigningKey('ES384', spell(PRIVATE))
    const verifying = importVerifyingKey('ES384', spell(PUBLIC))
    assert.equal(verifying.verifyText('text', signing.sign('text')), true)
    assert.throws(() => importSecret('HS256', spell(PUBLIC)), { code: 'invalid_key' })
  })

for (const type of ['pkcs8', 'sec1'] as const)
  test(`an encrypted private key (${type}) is read with its passphrase`, () => {
    const { sign } = importSigningKey('ES384', encrypted(type), {
      passphrase: 'open sesame',
    })
    const verifying = importVerifyingKey('ES384', PUBLIC)
    assert.equal(verifying.verifyText('text', sign('text')), true)
    assert.throws(() => importSigningKey('ES384', encrypted(type)), {
      message: /is encrypted.*passphrase/,
    })
    assert.throws(
      () => importSigningKey('ES384', encrypted(type), { passphrase: 'wrong' }),
      { code: 'invalid_key', message: /passphrase is wrong/ },
    )
  })

test('a KeyObject is read for what it is', () => {
  const signing = importSigningKey('ES384', pair.privateKey)
  const verifying = importVerifyingKey('ES384', pair.publicKey)
  assert.equal(verifying.verifyText('text', signing.sign('text')), true)
  const secret = createSecretKey(Buffer.from('q8Lz-0vXw2_Kp5Rt7Nb1Yc4Mh6Jf9Dg3Sa'))
  assert.equal(importSecret('HS256', secret).alg, 'HS256')
  assert.throws(() => importSigningKey('ES384', pair.publicKey), {
    message: /public key, and a private key is needed/,
  })
  assert.throws(() => importVerifyingKey('ES384', pair.privateKey), {
    message: /private key, with which anyone could sign/,
  })
  assert.throws(() => importSecret('HS256', pair.publicKey), { code: 'invalid_key' })
})

/** Made by `openssl req -x509 -newkey ec`, and its private key was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUbVA9B1dw7HmJX2pgjur++EPbZr0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjkyMTIyNTNaGA8yMDgxMDkwMTIxMjI1
M1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOTr
dYZmtXET26U5KTGNWjdbuienFufzPb6pPZyYVwGzDpZJcXjXlqzcg1sKq9Evj8nA
G2CY38nuyoXjBLXH7VejUzBRMB0GA1UdDgQWBBSf2zcFnmBs2x75glGJlxIvo6nr
6DAfBgNVHSMEGDAWgBSf2zcFnmBs2x75glGJlxIvo6nr6DAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCgr9Lv3lzdCCPUYmUbSQdVfMf/KLls+SeR
2tfVp4NxEQIgZ4Q/VDophH9/kqcJ8FssXDsUL4Nwj+pNDY1tzEdoEBI=
-----END CERTIFICATE-----
`

test('a certificate has a public key, and no private one', () => {
  const { jwk } = importVerifyingKey('ES256', CERTIFICATE)
  assert.equal(jwk?.x, createPublicKey(CERTIFICATE).export({ format: 'jwk' }).x)
  importVerifyingKey('ES256', CERTIFICATE.replaceAll('\n', '\\n'))
  assert.throws(() => importSigningKey('ES256', CERTIFICATE), {
    message: /is a certificate.*public key/,
  })
  assert.throws(() => importSecret('HS256', CERTIFICATE), { code: 'invalid_key' })
})
