import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from './command.ts'
import { UsageError } from './errors.ts'
import { parseWords } from './parse-words.ts'

const sample = command({
  name: 'user create',
  summary: '',
  args: ['NAME', '[ROLE]'],
  description: '',
  examples: [],
  options: {
    email: { type: 'string', value: 'EMAIL', help: '' },
    staff: { type: 'boolean', help: '' },
  },
  run: async () => undefined,
})

test('options and arguments may come in any order', () => {
  const { values, args } = parseWords(['--staff', 'ada', '--email', 'a@b.c'], sample)

  assert.deepEqual(args, ['ada'])
  assert.deepEqual(values, { staff: true, email: 'a@b.c' })
})

test('every word after -- is an argument', () => {
  assert.deepEqual(parseWords(['--', '--staff'], sample).args, ['--staff'])
})

for (const word of ['-h', '--help']) {
  test(`${word} asks for help, even if an argument is missing`, () => {
    assert.equal(parseWords([word], sample).wantsHelp, true)
  })
}

const USAGE = 'watchword user create NAME [ROLE]'

for (const [what, words, message] of [
  ['a missing argument', [], `watchword user create needs NAME: ${USAGE}`],
  [
    'an argument too many',
    ['a', 'b', 'c'],
    `watchword user create takes 2 arguments at most: ${USAGE}`,
  ],
  [
    'a misspelt option',
    ['a', '--emial=x'],
    'watchword user create has no option --emial. Did you mean --email?',
  ],
  [
    'an option that is a property of Object',
    ['a', '--constructor'],
    'watchword user create has no option --constructor. Its options: watchword help user create',
  ],
  [
    'a value for a switch',
    ['a', '--staff=no'],
    '--staff takes no value: type --staff alone.',
  ],
  ['a missing value', ['a', '--email'], '--email needs a value: --email EMAIL.'],
  ['an empty value', ['a', '--email='], '--email needs a value: --email EMAIL.'],
  [
    'an option in the place of a value',
    ['a', '--email', '--staff'],
    '--email needs a value: --email EMAIL.',
  ],
] as const) {
  test(`wrong usage: ${what}`, () => {
    assert.throws(() => parseWords(words, sample), new UsageError(message))
  })
}

test('an argument for a command without arguments is wrong usage', () => {
  assert.throws(
    () => parseWords(['now'], { ...sample, name: 'flush', args: [] }),
    new UsageError('watchword flush takes no argument, only options: watchword flush'),
  )
})

for (const word of [
  '--password=hunter2',
  '--pass=hunter2',
  '-phunter2',
  '--passwd=hunter2',
]) {
  test(`a password as ${word.slice(0, 6)}… is rejected and not repeated`, () => {
    assert.throws(
      () => parseWords(['ada', word], sample),
      (error: Error) =>
        error instanceof UsageError &&
        /A password must not be on the command line/.test(error.message) &&
        !/hunter2/.test(error.message),
    )
  })
}

test('an unknown option cannot move the cursor', () => {
  assert.throws(
    () => parseWords(['--\u001b[2J'], sample),
    (error: Error) => error.message.includes('has no option --?[2J.'),
  )
})
