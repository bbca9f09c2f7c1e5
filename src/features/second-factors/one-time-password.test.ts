import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../../base/clock.ts'
import { base32, findStep, hotp, otpauthUri } from './one-time-password.ts'

const seed = (bytes: number): Buffer =>
  Buffer.from('1234567890'.repeat(7).slice(0, bytes), 'latin1')

test('the counters 0 to 9 give the passwords of RFC 4226, appendix D', () => {
  const expected =
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')
  assert.deepEqual(
    expected.map((_, counter) => hotp(seed(20), counter)),
    expected,
  )
})

/** RFC 6238, appendix B. */
const MOMENTS = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const
for (const [moment, ...passwords] of MOMENTS)
  test(`the moment ${moment} gives the passwords of RFC 6238, appendix B`, () => {
    const kinds = [
      ['sha1', 20],
      ['sha256', 32],
      ['sha512', 64],
    ] as const
    for (const [i, [algorithm, bytes]] of kinds.entries())
      assert.equal(
        hotp(seed(bytes), Math.floor(moment / 30), { algorithm, digits: 8 }),
        passwords[i],
      )
  })

test('a password is found in its step and the ones beside it, and in no other', () => {
  const secret = seed(20)
  const now = 1_900_000_015 as UnixSeconds
  const step = Math.floor(now / 30)
  for (const offset of [-1, 0, 1])
    assert.equal(findStep(secret, hotp(secret, step + offset), now), step + offset)
  for (const offset of [-2, 2])
    assert.equal(findStep(secret, hotp(secret, step + offset), now), undefined)
  for (const text of ['', '12345', '1234567', '１２３４５６', ' 12345', '12345x'])
    assert.equal(findStep(secret, text, now), undefined)
})

/** RFC 4648 §10, without padding. */
const ENCODED = {
  '': '',
  f: 'MY',
  fo: 'MZXQ',
  foo: 'MZXW6',
  foob: 'MZXW6YQ',
  fooba: 'MZXW6YTB',
  foobar: 'MZXW6YTBOI',
}
for (const [text, expected] of Object.entries(ENCODED))
  test(`base32 of "${text}"`, () => {
    assert.equal(base32(Buffer.from(text)), expected)
  })

test('names with separators stay whole in the address of an authenticator', () => {
  const uri = otpauthUri('ada:b@example.com', 'A & B: C', base32(seed(20)))
  assert.match(uri, /^otpauth:\/\/totp\/A%20%26%20B%3A%20C:ada%3Ab%40example\.com\?/)
  assert.equal(new URL(uri).searchParams.get('issuer'), 'A & B: C')
  assert.ok(!uri.includes('+'))
})
