import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { ALGORITHMS, type Algorithm } from './algorithms.ts'
import {
  generateKey,
  importSecret,
  importSigningKey,
  KeySet,
  type SigningKey,
  sign,
  signBytes,
  verifySignature,
} from './index.ts'
import { readSegment, splitAscii, tokenLength } from './jws.ts'

const ALPHABET = /^[A-Za-z0-9_-]*$/
const read = (bytes: Buffer, length: number): string =>
  bytes.toString('base64url', 0, length)
const isRead = (text: string): boolean => {
  try {
    return readSegment(text, read) === text
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'malformed')
    return false
  }
}
/** The definition of canonical, by decoding and encoding. */
const isCanonical = (text: string): boolean =>
  ALPHABET.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text

test('of all strings of up to three characters exactly the canonical ones are read', () => {
  const characters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
  const texts = [
    '',
    ...characters,
    ...characters.flatMap((one) => characters.map((two) => one + two)),
  ]
  for (const text of texts)
    assert.equal(isRead(text), isCanonical(text), JSON.stringify(text))
  for (const first of 'Aa9_-+/= .')
    for (const text of texts)
      assert.equal(
        isRead(first + text),
        isCanonical(first + text),
        JSON.stringify(first + text),
      )
})

test('a string with characters inserted, removed or replaced is read only if it is canonical', () => {
  for (let i = 0; i < 20_000; i++) {
    const text = randomBytes(randomInt(60)).toString('base64url')
    const at = randomInt(text.length + 1)
    const inserted = String.fromCharCode(randomInt(128))
    const changed =
      text.slice(0, at) + inserted.repeat(randomInt(3)) + text.slice(at + randomInt(3))
    assert.equal(isRead(changed), isCanonical(changed), JSON.stringify(changed))
  }
})

test('no character outside ASCII is read as the one with the same low byte', () => {
  const key = importSecret('HS256', randomBytes(32))
  const jws = signBytes(Buffer.from('abc'), key)
  const keys = new KeySet([key.verifying])
  for (let code = 128; code < 65_536; code++) {
    const [at, character] = [code % jws.length, String.fromCharCode(code)]
    assert.throws(
      () => verifySignature(jws.slice(0, at) + character + jws.slice(at + 1), keys),
      { code: 'malformed' },
    )
  }
})

test('a token has three segments, and only the payload may be empty', () => {
  for (const text of ['', '.', '..', 'a', 'a.b', 'a.b.', '.b.c', 'a..']) {
    assert.throws(() => splitAscii(text, 99), { code: 'malformed' })
  }
  assert.deepEqual(splitAscii('a..b', 99), { first: 1, second: 2 })
  const key = importSecret('HS256', randomBytes(32))
  assert.throws(() =>
    verifySignature(
      `${signBytes(Buffer.from('abc'), key)}.abc`,
      new KeySet([key.verifying]),
    ),
  )
})

test('a payload is not overwritten by the next one', () => {
  const key = importSecret('HS256', randomBytes(32))
  const keys = new KeySet([key.verifying])
  const { payload } = verifySignature(signBytes(Buffer.from('first'), key), keys)
  verifySignature(signBytes(Buffer.from('other'), key), keys)
  assert.equal(Buffer.from(payload).toString(), 'first')
})

const keyFor = (alg: Algorithm): SigningKey =>
  ALGORITHMS[alg].kind === 'hmac'
    ? importSecret(alg, randomBytes(64), { kid: 'a' })
    : importSigningKey(alg, generateKey(alg).privatePem)

for (const alg of Object.keys(ALGORITHMS) as Algorithm[])
  test(`the length of an ${alg} token is known before it is signed`, () => {
    const key = keyFor(alg)
    for (const text of ['', 'a', 'ab', 'é', '\u{1f511}', 'x'.repeat(9000)])
      assert.equal(tokenLength({ text }, key), sign({ text }, key).length)
  })
