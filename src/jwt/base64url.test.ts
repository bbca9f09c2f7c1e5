import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { bigIntOf, decodeBase64url } from './base64url.ts'

/** The definition of canonical, by decoding and encoding. */
const expected = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
const same = (text: string): void => {
  const bytes = decodeBase64url(text)
  assert.deepEqual(bytes && Buffer.from(bytes), expected(text), JSON.stringify(text))
}

test('of all strings of up to three characters exactly the canonical ones are decoded', () => {
  const characters = Array.from({ length: 300 }, (_, code) => String.fromCharCode(code))
  for (const one of ['', ...characters])
    for (const two of ['', ...characters]) same(one + two)
  for (const last of characters)
    for (const start of ['AA', 'AAA', 'A=', 'é_']) same(start + last)
})

test('an encoded string decodes to its bytes, and a changed one to other bytes or none', () => {
  for (let i = 0; i < 5000; i++) {
    const text = randomBytes(randomInt(80)).toString('base64url')
    same(text)
    const at = randomInt(text.length + 1)
    same(
      text.slice(0, at) +
        String.fromCharCode(randomInt(128)) +
        text.slice(at + randomInt(2)),
    )
  }
})

test('bigIntOf reads bytes as big-endian', () => {
  assert.equal(bigIntOf(new Uint8Array([0, 1, 0, 15])), 65_551n)
})
