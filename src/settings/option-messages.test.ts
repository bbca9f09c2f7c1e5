import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../base/errors.ts'
import { optionPaths, parseSettings } from './settings.ts'

const WRONG_VALUES = [
  null,
  0,
  -1,
  1.5,
  1e9,
  Number.NaN,
  10n,
  '',
  'x',
  true,
  [],
  [1],
  ['x'],
  [null],
  {},
  { a: 1 },
  { a: [1] },
  { a: [''] },
  { '': ['x'] },
  { path: 1 },
  { keep: '0s' },
  new Date(),
  Symbol('s'),
  () => {},
]

/** The beginnings of zod's own messages. */
const OF_ZOD = /Invalid|expected|received|Unrecognized|Too (small|big)/i

const optionsOf = (path: string, value: unknown): object =>
  path
    .split('.')
    .reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object

function messagesOf(options: unknown): string[] {
  try {
    parseSettings(options, { WATCHWORD_DATABASE: 'a.db' })
    return []
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === 'invalid_config', `${error}`)
    return [error.message]
  }
}

for (const path of optionPaths()) {
  test(`wrong values of ${path} are rejected with a message of watchword, not of zod`, () => {
    const refused = WRONG_VALUES.flatMap((value) =>
      messagesOf({ log: () => {}, ...optionsOf(path, value) }),
    )
    assert.ok(refused.length > 0)
    for (const message of refused) {
      assert.doesNotMatch(message, OF_ZOD)
      assert.match(message, /^[^\n]+[.?]$/)
      // Neither the sentence for faults that have none of their own, nor advice to write the same again.
      assert.doesNotMatch(message, /has no valid value/)
      assert.doesNotMatch(message, /There is no option "(.*)"\. Did you mean "\1"/)
    }
  })
}

for (const options of [null, 1, 'x', [], () => {}]) {
  test(`options that are ${typeof options} are rejected with a message of watchword, not of zod`, () => {
    assert.deepEqual(messagesOf(options), ['The options must be an object.'])
  })
}

for (const [typed, meant] of [
  ['acess', 'tokens.access'],
  ['access', 'tokens.access'],
  ['tokens.acess', 'tokens.access'],
  ['endpoints.obtane', 'endpoints.obtain'],
  ['on.signedin', 'on.signedIn'],
  ['databse', 'database'],
] as const) {
  test(`the misspelt option ${typed} is answered with ${meant}`, () => {
    assert.deepEqual(messagesOf(optionsOf(typed, 1)), [
      `There is no option "${typed}". Did you mean "${meant}"?`,
    ])
  })
}
