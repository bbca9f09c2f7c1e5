import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieValues } from './cookies.ts'

for (const [header, expected] of [
  ['__Host-sessionid=a', ['a']],
  ['x=1;\t__Host-sessionid=a ; y=2', ['a']],
  ['__Host-sessionid=a; __Host-sessionid=b', ['a', 'b']],
  ['\u00a0__Host-sessionid=evil', []],
  [
    'x=1; \u00a0__Host-sessionid=evil; \ufeff__Host-sessionid=evil; \u2003__Host-sessionid=evil',
    [],
  ],
  ['x="; __Host-sessionid=evil"', ['evil"']],
  ['x=__Host-sessionid=evil', []],
  ['__host-sessionid=evil', []],
] as const) {
  test(`cookies named __Host-sessionid in ${JSON.stringify(header)}: ${JSON.stringify(expected)}`, () =>
    assert.deepEqual(cookieValues('__Host-sessionid', header), expected))
}
