import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import {
  ALGORITHMS,
  type Algorithm,
  generateKey,
  importKeySet,
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  sign,
  thumbprintOf,
  verifySignature,
} from './index.ts'
import { isRoca } from './roca.ts'

const refused = { code: 'invalid_key' }
const SECRET = 'conformance-key-0123456789abcdef-0123456789abcdef-0123456789abcdef'
const asymmetric = (Object.keys(ALGORITHMS) as Algorithm[]).filter(
  (alg) => ALGORITHMS[alg].kind !== 'hmac',
)

for (const alg of asymmetric) {
  test(`${alg}: a signature of a generated key is valid with its public part, and with no other key`, () => {
    const made = generateKey(alg)
    const key = importSigningKey(alg, made.privatePem, { kid: made.kid })
    const others = importVerifyingKey(alg, made.publicJwk, { kid: made.kid })
    const token = sign({ a: 1 }, key)

    assert.equal(
      Buffer.from(verifySignature(token, new KeySet([others])).payload).toString(),
      '{"a":1}',
    )
    const other = importSigningKey(alg, generateKey(alg).privatePem, {
      kid: made.kid,
    }).verifying
    assert.throws(() => verifySignature(token, new KeySet([other])), {
      code: 'bad_signature',
    })
    assert.throws(
      () => verifySignature(`${token.slice(0, -3)}AAA`, new KeySet([others])),
      { code: 'bad_signature' },
    )
  })
}

test('a key set publishes no private member and no secret', () => {
  for (const alg of asymmetric) {
    const { keys } = new KeySet([
      importSigningKey(alg, generateKey(alg).privatePem).verifying,
    ]).jwks()
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'])
      assert.ok(!(member in keys[0]!), `${alg} ${member}`)
  }
  assert.deepEqual(new KeySet([importSecret('HS256', SECRET).verifying]).jwks(), {
    keys: [],
  })
})

test('signatures of P-521 have 132 bytes, also with leading zeros', () => {
  const key = importSigningKey('ES512', generateKey('ES512').privatePem)
  for (let i = 0; i < 300; i++) {
    const signature = key.sign(`message ${i}`)
    assert.equal(Buffer.from(signature, 'base64url').length, 132)
    assert.ok(key.verifying.verifyText(`message ${i}`, signature))
  }
})

test('a signature that is not in canonical base64url is invalid', () => {
  for (const key of [
    importSecret('HS256', SECRET),
    importSigningKey('ES256', generateKey('ES256').privatePem),
  ]) {
    const signature = key.sign('text')
    const others = [
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=',
    ].flatMap((alphabet) => [...alphabet])
    const spellings = others.map((last) => signature.slice(0, -1) + last)
    assert.deepEqual(
      spellings.filter((spelling) => key.verifying.verifyText('text', spelling)),
      [signature],
    )
    const shifted = [...signature]
      .map((c) => String.fromCharCode(c.charCodeAt(0) + 256))
      .join('')
    assert.ok(!key.verifying.verifyText('text', shifted))
    assert.ok(!key.verifying.verifyText('text', `${signature}=`))
    assert.ok(!key.verifying.verifyText('text', ''))
  }
})

const pem = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki'): string =>
  key.export({ type, format: 'pem' }) as string
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

for (const [name, secret] of [
  ['a public key in PEM', pem(rsa.publicKey)],
  ['PKCS #1 after white space', `\n  ${pem(rsa.publicKey, 'pkcs1')}`],
  ['PEM after other text', `x${pem(rsa.publicKey)}`],
  [
    'a public key in SSH form',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRlYWRiZWVmZGVhZGJlZWZkZWFkYmVlZg a@b',
  ],
  ['a JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))],
  ['a key set', `{"keys":[${JSON.stringify(ec.publicKey.export({ format: 'jwk' }))}]}`],
  ['DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
  [
    'DER in base64',
    rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  ],
  ['31 bytes', 'abcdefghijklmnopqrstuvwxyz01234'],
  ['a placeholder', 'django-insecure-0123456789abcdefghijklmnopqrstuvwxyz'],
  ['a cycle', '0123456789'.repeat(5)],
  ['few different bytes', 'abababbaababbbabaabababbabababaabababab'],
  ['an empty string', ''],
] as const) {
  test(`rejected as a secret: ${name}`, () => {
    assert.throws(() => importSecret('HS256', secret), refused)
  })
}

test('a secret is a string or bytes', () => {
  for (const value of [null, undefined, 5, {}, [], true])
    assert.throws(() => importSecret('HS256', value as never), refused)
})

test('a key of another kind than the algorithm is rejected', () => {
  const { privatePem } = generateKey('ES256')
  for (const alg of ['ES384', 'RS256', 'EdDSA', 'HS256'] as const) {
    assert.throws(() => importSigningKey(alg, privatePem), refused)
  }
  assert.throws(() => importVerifyingKey('RS256', pem(ec.publicKey)), refused)
  assert.throws(
    () => importVerifyingKey(undefined, rsa.publicKey.export({ format: 'jwk' })),
    refused,
  )
  assert.equal(
    importVerifyingKey(undefined, ec.publicKey.export({ format: 'jwk' })).alg,
    'ES256',
  )
})

test('a private key is rejected as a public one, and a public one as a private one', () => {
  const { privatePem } = generateKey('ES256')
  assert.throws(() => importVerifyingKey('ES256', privatePem), refused)
  assert.throws(
    () => importVerifyingKey('ES256', ec.privateKey.export({ format: 'jwk' })),
    refused,
  )
  assert.throws(() => importSigningKey('ES256', pem(ec.publicKey)), refused)
  assert.throws(
    () => importSigningKey('ES256', ec.publicKey.export({ format: 'jwk' })),
    refused,
  )
})

test('an EC key whose public part is of another key is rejected', () => {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  })
  assert.throws(
    () => importSigningKey('ES256', { ...ec.privateKey.export({ format: 'jwk' }), x, y }),
    refused,
  )
})

test('the PEM forms of openssl are imported', () => {
  const forms = [
    ['RS256', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['ES256', ec.privateKey.export({ type: 'sec1', format: 'pem' })],
    [
      'ES256',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${ec.privateKey.export({ type: 'sec1', format: 'pem' })}`,
    ],
  ] as const
  for (const [alg, text] of forms)
    assert.equal(importSigningKey(alg, text as string).alg, alg)
  assert.equal(importVerifyingKey('RS256', pem(rsa.publicKey, 'pkcs1')).alg, 'RS256')
})

// For these points OpenSSL 3.0 accepts signatures made without a private key; newer versions do not.
for (const point of [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  // The third one in another encoding.
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]) {
  test(`rejected as a key: the point of small order ${point.slice(0, 8)}…${point.slice(-2)}`, () => {
    const x = Buffer.from(point, 'hex').toString('base64url')
    assert.throws(
      () => importVerifyingKey('EdDSA', { kty: 'OKP', crv: 'Ed25519', x }),
      refused,
    )
  })
}

test('isRoca recognizes moduli of faulty hardware and no others', () => {
  const primes = [
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
  ]
  const more = [
    97n,
    101n,
    103n,
    107n,
    109n,
    113n,
    127n,
    131n,
    137n,
    139n,
    149n,
    151n,
    157n,
    163n,
    167n,
  ]
  const product = [...primes, ...more].reduce((all, prime) => all * prime, 1n)
  // Such a prime is k * product + 65537^a modulo the product.
  const residue = (exponent: bigint): bigint => {
    let power = 1n
    for (let i = 0n; i < exponent; i++) power = (power * 65_537n) % product
    return power
  }
  assert.ok(isRoca((5n * product + residue(17n)) * (7n * product + residue(23n))))
  const ordinary = BigInt(
    `0x${Buffer.from(String(rsa.publicKey.export({ format: 'jwk' }).n), 'base64url').toString('hex')}`,
  )
  assert.ok(!isRoca(ordinary))
})

test('several keys need different kids, and are all public or all secret', () => {
  const [one, two] = ['one', 'two'].map(
    (kid) => importSecret('HS256', SECRET + kid, { kid }).verifying,
  )
  assert.equal(new KeySet([one!, two!]).find('two'), two)
  assert.equal(new KeySet([one!, two!]).find(undefined), undefined)
  assert.throws(() => new KeySet([one!, one!]), refused)
  assert.throws(
    () => new KeySet([one!, importSecret('HS256', SECRET).verifying]),
    refused,
  )
  const { publicJwk } = generateKey('ES256')
  assert.throws(
    () => new KeySet([one!, importVerifyingKey('ES256', publicJwk, { kid: 'three' })]),
    refused,
  )
  const [rs, ps] = (['RS256', 'PS256'] as const).map((alg) =>
    importVerifyingKey(alg, pem(rsa.publicKey), { kid: alg }),
  )
  assert.throws(() => new KeySet([rs!, ps!]), refused)
})

test('a published set has at least one key, and no secret', () => {
  assert.throws(() => importKeySet({ keys: [] }), refused)
  assert.throws(() => importKeySet({}), refused)
  assert.throws(() => importKeySet(null), refused)
  assert.throws(
    () => importKeySet({ keys: [{ kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' }] }),
    refused,
  )
  const { publicJwk, kid } = generateKey('ES256')
  assert.equal(
    importKeySet({ keys: [{ ...publicJwk, kid }] }).keys[0]?.kid,
    thumbprintOf(publicJwk),
  )
})

for (const [name, secret] of [
  [
    'a JWK after a byte order mark',
    `\ufeff${JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))}`,
  ],
  ['an array of JWKs', JSON.stringify([rsa.publicKey.export({ format: 'jwk' })])],
  [
    'SSH2',
    '---- BEGIN SSH2 PUBLIC KEY ----\nAAAAC3NzaC1lZDI1NTE5AAAAIGRlYWRiZWVmZGVhZGJlZWY=',
  ],
  [
    'the body of a line of authorized_keys',
    'AAAAC3NzaC1lZDI1NTE5AAAAIGRlYWRiZWVmZGVhZGJlZWZkZWFkYmVlZg',
  ],
  [
    'DER in hexadecimal',
    rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
  ],
] as const) {
  test(`rejected as a secret: ${name}`, () =>
    assert.throws(() => importSecret('HS256', secret), refused))
}

test('an OKP key whose public part is of another key is rejected, and so is PEM with two keys', () => {
  const [one, two] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const { x } = two.publicKey.export({ format: 'jwk' })
  assert.throws(
    () => importSigningKey('EdDSA', { ...one.privateKey.export({ format: 'jwk' }), x }),
    refused,
  )
  const { privatePem } = generateKey('ES256')
  assert.throws(() => importSigningKey('ES256', privatePem + privatePem), refused)
})

test('the numbers of an RSA key have no zero byte in front (RFC 7518 §6.3.1)', () => {
  const { publicJwk } = generateKey('RS384')
  for (const member of ['n', 'e'] as const) {
    const bytes = Buffer.from(publicJwk[member] ?? '', 'base64url')
    const padded = Buffer.concat([Buffer.alloc(1), bytes]).toString('base64url')
    assert.throws(() => importVerifyingKey('RS384', { ...publicJwk, [member]: padded }), {
      code: 'invalid_key',
      message: new RegExp(`member ${member} `),
    })
  }
  importVerifyingKey('RS384', publicJwk)
})
