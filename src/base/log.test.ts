import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLine, pathForLog } from './log.ts'

for (const [what, url, path] of [
  ['a path', '/api/token/', '/api/token/'],
  ['a query', '/hello/?token=eyJ0', '/hello/'],
  ['a fragment', '/hello/#eyJ0', '/hello/'],
  ['a whole address with a password', 'http://ada:secret@host/hello/?a', '/hello/'],
  ['a segment as long as a token', `/reset/${'a'.repeat(33)}/x`, '/reset/…/x'],
  ['control characters', '/\u009b2J/\u00ff', '/?2J/?'],
  ['many segments', '/a/b/c/d/e/f/g/h/i/j/k', '/a/b/c/d/e/f/g/h'],
  ['the asterisk', '*', '*'],
] as const) {
  test(`the log's path: ${what}`, () => assert.equal(pathForLog(url), path))
}

const HOSTILE = 'a\r\n\u007f\u009b2J\u0085\u2028\u202e\u{e0041}\ud800z'

test('a line has no control or format characters, in its event or its fields', () => {
  const line = formatLine({ level: 'warn', event: HOSTILE, address: HOSTILE })

  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  assert.deepEqual(JSON.parse(line.slice(line.indexOf('{'))), { address: HOSTILE })
})
