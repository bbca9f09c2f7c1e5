import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastEffort } from '../../test/time.ts'
import { passwordCandidates } from './candidates.ts'

for (const [what, password, trim, attempts] of [
  ['one form, mostly', 'correct horse', 'both', ['correct horse']],
  ['as sent, then trimmed', '  pad ', 'both', ['  pad ', 'pad']],
  ['trimmed only', '  pad ', true, ['pad']],
  ['as sent only', '  pad ', false, ['  pad ']],
  ['as sent, then composed', 'pa\u0308ss', 'both', ['pa\u0308ss', 'p\u00e4ss']],
  [
    'all four',
    ' pa\u0308ss',
    'both',
    [' pa\u0308ss', ' p\u00e4ss', 'pa\u0308ss', 'p\u00e4ss'],
  ],
  ["Python's white space", '\x1f\x85\u3000pad\u2028\t', true, ['pad']],
  [
    'what only JavaScript takes for white space',
    '\ufeffpad\u200b',
    true,
    ['\ufeffpad\u200b'],
  ],
  ['white space only', '   ', 'both', ['   ', '']],
] as const) {
  test(`the candidates of a password: ${what}`, () =>
    assert.deepEqual(passwordCandidates(password, trim), attempts))
}

test('a password that is too long is rejected before it is trimmed or normalized', async () => {
  const password = Buffer.from(` ${'a\u0300'.repeat(10_000_000)} `).toString()
  const refusing = await leastEffort(() =>
    assert.throws(() => passwordCandidates(password, 'both'), { code: 'invalid' }),
  )
  const composing = await leastEffort(() => password.normalize('NFC'), 1)

  assert.ok(refusing < composing / 2, `${refusing} ms, and composing takes ${composing}`)
})
