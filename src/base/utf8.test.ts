import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8 } from './utf8.ts'

for (const [what, hex, text] of [
  ['no bytes', '', ''],
  ['ASCII', '6162', 'ab'],
  ['two, three and four bytes a character', 'c3a9e282acf09f9880', 'é€😀'],
  ['a byte order mark is kept', 'efbbbf61', '\ufeffa'],
  ['a lone continuation byte', '80', undefined],
  ['a truncated character', 'e282', undefined],
  ['an overlong encoding', 'c0af', undefined],
  ['a surrogate', 'eda080', undefined],
] as const) {
  test(`UTF-8: ${what}`, () => {
    assert.equal(decodeUtf8(Buffer.from(hex, 'hex')), text)
  })
}
