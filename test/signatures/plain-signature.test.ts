/** The usual form of a signature is read without the parser of structured fields: what it reads must be the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type InnerList,
  isInnerList,
  parseDictionary,
  serializeInnerList,
} from 'structured-headers'
import { plainSignature } from '../../src/signatures/plain-signature.ts'
import { property } from '../properties/property.ts'

/** What the parser reads of one member, in the form of `plainSignature`. @throws if a field is malformed */
function parsed(input: string, signature: string) {
  const [[label, list] = ['', [[], new Map()] as InnerList], ...others] =
    parseDictionary(input)
  const [bytes] = parseDictionary(signature).get(label) ?? []
  assert.ok(isInnerList(list) && bytes instanceof ArrayBuffer && others.length === 0)
  return { label, list, serialized: serializeInnerList(list), bytes }
}

const USUAL = [
  'sig=("@method" "@target-uri");created=1790000000;keyid="key_1";nonce="b3k2 pp5;k7z"',
  'sig1=("@method" "content-digest");created=0;keyid="k";alg="ed25519";expires=9;tag="a b"',
  'a=()',
]

for (const input of USUAL)
  test(`read without the parser: ${input}`, () => {
    const signature = `${input.split('=', 1)}=:AAECAw==:`
    assert.deepEqual(plainSignature(input, signature), parsed(input, signature))
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

const aParameter = fc.oneof(
  fc.constantFrom(';created=1', ';keyid="k"', ';nonce="n 1"', ';created=2', ';a=";b=1"'),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((list) => list.join('')),
)

property(
  'what is read without the parser is what the parser reads, and is serialized as it was received',
  [
    fc.array(fc.constantFrom('"@method"', '"a"', ' "b"', ' ', '"'), { maxLength: 3 }),
    fc.array(aParameter, { maxLength: 4 }),
    fc.string({ unit: fc.constantFrom(...'AQg+/='), maxLength: 9 }),
  ],
  async (_, names, params, base64) => {
    const input = `a=(${names.join('')})${params.join('')}`
    const signature = `a=:${base64}:`
    const plain = plainSignature(input, signature)
    if (plain === undefined) return
    assert.deepEqual(plain, parsed(input, signature))
    assert.equal(plain.serialized, input.slice(2))
  },
  2000,
)
