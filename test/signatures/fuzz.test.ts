import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64 } from '../../src/signatures/base64.ts'
import { componentOf } from '../../src/signatures/components.ts'
import { statedDigests } from '../../src/signatures/content-digest.ts'
import { digestsIn } from '../../src/signatures/digest-field.ts'
import { parseCavage, signingString } from '../../src/signatures/draft-cavage.ts'
import { ecdsaFromDer } from '../../src/signatures/ecdsa-der.ts'
import { SignatureError } from '../../src/signatures/message.ts'
import { readSignatures } from '../../src/signatures/read-signatures.ts'
import { signatureBase, signatureInput } from '../../src/signatures/signature-base.ts'
import { property } from '../properties/property.ts'
import { leastEffort } from '../time.ts'

const MESSAGE = { method: 'POST', origin: 'https://a.example', target: '/a?b=c' } as const

const both = (input: string, signature = 'a=:AA==:') => [
  ['Signature-Input', input] as const,
  ['Signature', signature] as const,
]

/** What reads what clients send. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'Signature-Input': (text) =>
    readSignatures(both(text)).map((signature) =>
      signatureBase(signature, { ...MESSAGE, fields: both(text) }),
    ),
  Signature: (text) => readSignatures(both('a=()', text)),
  'Content-Digest': statedDigests,
  Digest: digestsIn,
  'Signature of the draft': (text) => {
    const signature = parseCavage(text)
    return signingString(signature, { ...MESSAGE, fields: both(text) })
  },
}

/** Pieces of the grammars, so that what is generated is often nearly right. */
const PIECES = [
  'sig=("@method" "@target-uri")',
  ';created=1;keyid="k"',
  ';nonce="n";alg="ed25519"',
  'a=:AA==:',
  '"@query-param";name="b"',
  'keyId="k",algorithm="hs2019"',
  'headers="(request-target) (created)"',
  ',created=1,expires=2',
  ',signature="AAAA"',
  'sha-256=:AAAA:',
  'SHA-256=AAAA',
  ...'(){}[]"\'\\:;,=*?@.- \t/+09azAZ\u0000\u007f\u00e9',
]

const aField = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((list) => list.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

for (const [name, parse] of Object.entries(PARSERS)) {
  property(
    `${name}: any text is read, or refused with a SignatureError`,
    [aField],
    async (_, text) => {
      try {
        parse(text)
      } catch (error) {
        assert.ok(error instanceof SignatureError, String(error))
      }
    },
    2000,
  )
}

/** Texts that a careless parser reads again and again, by their length. */
const HOSTILE: Readonly<Record<string, (length: number) => string>> = {
  'open lists': (length) => 'a=('.padEnd(length, '('),
  blanks: (length) => 'a='.padEnd(length, ' '),
  'blanks before a fault': (length) => `${'a=('.padEnd(length, ' ')}@`,
  'an open string': (length) => 'a=("'.padEnd(length, 'x'),
  escapes: (length) => 'a=("'.padEnd(length, '\\\\'),
  members: (length) => 'a=1,'.repeat(length / 4),
  parameters: (length) => `a=1${';b'.repeat(length / 2)}`,
  components: (length) => `a=(${'"x" '.repeat(length / 4)})`,
  names: (length) => `keyId="k",headers="${'a '.repeat(length / 2)}"`,
  base64: (length) => 'sha-256=:'.padEnd(length, 'A'),
  equals: (length) => 'sha-256='.padEnd(length, '='),
}

const [SHORT, LONG] = [1000, 8000]

for (const [name, parse] of Object.entries(PARSERS)) {
  test(`${name}: the time for a hostile text grows with its length, not with its square`, async () => {
    const read = (text: string) => () => {
      for (let turn = 0; turn < 50; turn++)
        try {
          parse(text)
        } catch {}
    }
    for (const [what, of] of Object.entries(HOSTILE)) {
      const short = await leastEffort(read(of(SHORT)))
      const long = await leastEffort(read(of(LONG)))
      // Eight times the length, where its square is 64 times. The clock of the processor is coarse: fifty passes over the square of the length
      // take seconds.
      assert.ok(long < 24 * short + 200, `${what}: ${short} ms, then ${long} ms`)
    }
  })
}

property(
  'Signature-Input is read as it was written',
  [
    fc.uniqueArray(fc.constantFrom('@method', '@target-uri', 'date', 'x-a'), {
      minLength: 1,
    }),
    fc.nat(),
    fc.string({ unit: fc.constantFrom(...'az09-_."\\ '), maxLength: 20 }),
  ],
  async (_, names, created, nonce) => {
    const components = names.map((name) => componentOf(name))
    const params = new Map<string, string | number>([
      ['created', created],
      ['nonce', nonce],
    ])
    const { serialized: written } = signatureInput(components, params)
    const [read] = readSignatures(both(`a=${written}`))
    assert.deepEqual(read?.components, components)
    assert.deepEqual([read?.created, read?.nonce], [created, nonce])
    assert.equal(read?.serialized, written)
  },
)

property(
  'base64 has one spelling of each text',
  [fc.uint8Array({ maxLength: 70 }), fc.nat(), fc.constantFrom(...'AB/+=-_ \n')],
  async (_, bytes, place, other) => {
    const text = Buffer.from(bytes).toString('base64')
    assert.deepEqual(decodeBase64(text), new Uint8Array(bytes))
    const at = place % (text.length + 1)
    const changed = text.slice(0, at) + other + text.slice(at + 1)
    const read = decodeBase64(changed)
    assert.ok(read === undefined || Buffer.from(read).toString('base64') === changed)
  },
)

property(
  'an ECDSA signature in DER is the one of its two numbers',
  [fc.uint8Array({ maxLength: 40 })],
  async (_, data) => {
    const { privateKey: key } = PAIR
    const der = sign('sha256', data, { key, dsaEncoding: 'der' })
    const raw = ecdsaFromDer(der, 32)
    const publicKey = createPublicKey(key)
    assert.ok(raw)
    assert.ok(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw))
    for (const wrong of [der.subarray(1), der.subarray(0, -1), Buffer.concat([der, der])])
      assert.equal(ecdsaFromDer(wrong, 32), undefined)
  },
)

const PAIR = generateKeyPairSync('ec', { namedCurve: 'P-256' })
