/** The usual form of a signature is read without the parser of structured fields: what it reads must be the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldValue, SignatureError } from '../../src/signatures/message.ts'
import { plainSignature } from '../../src/signatures/plain-signature.ts'
import { parseSignatures, readSignatures } from '../../src/signatures/read-signatures.ts'
import { property } from '../properties/property.ts'
import { recordings } from './recordings.ts'

/** Both readers. */
const readBoth = (input: string, signature: string) =>
  [[plainSignature(input, signature)], parseSignatures(input, signature)] as const

const USUAL = [
  'sig=("@method" "@target-uri");created=1790000000;keyid="key_1";nonce="b3k2 pp5;k7z"',
  'sig1=("@method" "content-digest");created=0;keyid="k";alg="ed25519";expires=9;tag="a b"',
  'a=()',
  'a=();tag=""',
  'a=("b");tag="t";alg="a";keyid="k";nonce="n";expires=2;created=1',
]

for (const input of USUAL)
  test(`read without the parser: ${input}`, () => {
    const signature = `${input.split('=', 1)}=:AAECAw==:`
    const [plain, parsed] = readBoth(input, signature)
    assert.deepEqual(plain, parsed)
    // The list is cached now.
    assert.deepEqual(plainSignature(input, signature), parsed[0])
  })

/** Written in another way than they are serialized, malformed, or of another kind. */
for (const input of [
  'a=( "b")',
  'a=("b"  "c")',
  'a=("b" )',
  'a=("b");created=01',
  'a=("b");created=-1',
  'a=("b");created=1.0',
  'a=("b");created=1234567890123456',
  'a=("b"); created=1',
  'a=("b");created=1;created=2',
  'a=("b");created',
  'a=("b");created="1"',
  'a=("b");nonce=1',
  'a=("b");other=1',
  'a=("b");',
  'a=("b")x',
  'a=("b");created=?1',
  'a=("b");keyid=k',
  'a=("b");keyid="\\""',
  'a=("b");keyid="\\\\"',
  'a=("b");keyid="\u00e9"',
  'a=("b");keyid="\t"',
  'a=("b";req)',
  'a=("b\\"")',
  'a=("b""c")',
  'a=("b"),a=("c")',
  'A=("b")',
  'a="b"',
  ' a=("b")',
  'a=("b")\n',
  '',
])
  test(`left to the parser: ${JSON.stringify(input)}`, () =>
    assert.equal(plainSignature(input, 'a=:AA==:'), undefined))

for (const signature of [
  'a=:A:',
  'a=:AB==:',
  'a=:AA:',
  'a=: AA==:',
  'a=:',
  'a=:=A==:',
  'a=:AA==',
  'a="AA"',
  'b=:AA==:',
  'a=:-_:',
  '',
])
  test(`left to the parser: ${JSON.stringify(signature)}`, () =>
    assert.equal(plainSignature('a=("b")', signature), undefined))

const PIECES = [
  'created',
  'a',
  '=',
  '="',
  '"',
  ' ',
  ';',
  '=0',
  '=1',
  '(',
  ')',
  '\\',
  '-',
  'B',
  '@',
]

/** What a reader refuses is a result, too. */
function orError<T>(read: () => T): T | SignatureError {
  try {
    return read()
  } catch (error) {
    assert.ok(error instanceof SignatureError, String(error))
    return error
  }
}

const aParameter = fc.oneof(
  fc.constantFrom(
    ';created=1',
    ';keyid="k"',
    ';nonce="n )1"',
    ';created=2',
    ';tag=";created=1"',
    ';a=";b=1"',
  ),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((list) => list.join('')),
)

property(
  'what is read without the parser is what the parser reads, and is serialized as it was received',
  [
    fc.array(fc.constantFrom('"@method"', '"a"', ' "b"', ' ', '"', ')'), {
      maxLength: 3,
    }),
    fc.array(aParameter, { maxLength: 4 }),
    fc.string({ unit: fc.constantFrom(...'AQg+/='), maxLength: 9 }),
  ],
  async (_, names, params, base64) => {
    const input = `a=(${names.join('')})${params.join('')}`
    const signature = `a=:${base64}:`
    const plain = orError(() => plainSignature(input, signature))
    if (plain instanceof SignatureError)
      assert.throws(() => parseSignatures(input, signature), SignatureError)
    if (plain instanceof SignatureError || plain === undefined) return
    assert.deepEqual([plain], parseSignatures(input, signature))
    assert.equal(plain.serialized, input.slice(2))
  },
  2000,
)

for (const [what, components] of [
  ['twice', ['@method', '@method']],
  ['65 components', Array.from({ length: 65 }, (_, i) => `a${i}`)],
] as const)
  test(`${what}: refused by both readers, each time`, () => {
    const input = `a=(${components.map((name) => JSON.stringify(name)).join(' ')})`
    for (const read of [plainSignature, plainSignature, parseSignatures])
      assert.throws(() => read(input, 'a=:AA==:'), SignatureError)
  })

test('lists of components that clients vary without end are all read', () => {
  for (let i = 0; i < 1000; i++) {
    const [plain, parsed] = readBoth(`a${i}=("x${i}")`, `a${i}=:AA==:`)
    assert.deepEqual(plain, parsed)
  }
})

test('a label is matched as a whole', () => {
  for (const signature of ['sig1=:AA==:', 'si=:AA==:', 'sig=AA==:'])
    assert.throws(
      () =>
        readSignatures([
          ['signature-input', 'sig=("a")'],
          ['signature', signature],
        ]),
      SignatureError,
    )
})

test('recorded signatures are read alike by both readers', () => {
  let plainOnes = 0
  for (const { id, message } of recordings()) {
    const fields = message.headers
    const [input = '', signature = ''] = ['signature-input', 'signature'].map((name) =>
      fieldValue(fields, name),
    )
    const plain = orError(() => plainSignature(input, signature))
    if (plain instanceof SignatureError)
      assert.throws(() => parseSignatures(input, signature), SignatureError, id)
    if (plain === undefined || plain instanceof SignatureError) continue
    assert.deepEqual([plain], parseSignatures(input, signature), id)
    plainOnes += 1
  }
  assert.ok(plainOnes > 50, `${plainOnes} were read without the parser`)
})
