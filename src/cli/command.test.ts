import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, parseCount, parseWords } from './command.ts'
import { COMMANDS, commandNamed } from './commands.ts'
import { UsageError } from './errors.ts'

const sample = command({
  name: 'user create',
  does: '',
  args: ['NAME', '[ROLE]'],
  about: '',
  examples: [],
  options: {
    email: { type: 'string', value: 'EMAIL', says: '' },
    staff: { type: 'boolean', says: '' },
  },
  run: async () => undefined,
})

test('options and arguments may come in any order', () => {
  const { values, args } = parseWords(['--staff', 'ada', '--email', 'a@b.c'], sample)

  assert.deepEqual(args, ['ada'])
  assert.deepEqual(values, { staff: true, email: 'a@b.c' })
})

test('what follows -- is an argument', () => {
  assert.deepEqual(parseWords(['--', '--staff'], sample).args, ['--staff'])
})

test('help is given whatever else is missing', () => {
  assert.equal(parseWords(['-h'], sample).wantsHelp, true)
})

for (const [what, words, message] of [
  [
    'a missing argument',
    [],
    'watchword user create needs NAME: watchword user create NAME [ROLE]',
  ],
  [
    'an argument too many',
    ['a', 'b', 'c'],
    'watchword user create takes NAME [ROLE], and nothing after it.',
  ],
  [
    'an unknown option',
    ['a', '--emial=x'],
    'watchword user create has no option --emial. Did you mean --email?',
  ],
  [
    'an option of Object',
    ['a', '--constructor'],
    'watchword user create has no option --constructor.',
  ],
  ['a value too many', ['a', '--staff=no'], '--staff takes no value.'],
  ['a missing value', ['a', '--email'], '--email needs a value: --email EMAIL.'],
  ['an empty value', ['a', '--email='], '--email needs a value: --email EMAIL.'],
  [
    'an option for a value',
    ['a', '--email', '--staff'],
    '--email needs a value: --email EMAIL.',
  ],
] as const) {
  test(`wrong usage: ${what}`, () => {
    assert.throws(() => parseWords(words, sample), new UsageError(message))
  })
}

for (const word of [
  '--password=hunter2',
  '--pass=hunter2',
  '-phunter2',
  '--passwd=hunter2',
]) {
  test(`a password as ${word.slice(0, 6)}… is refused and not repeated`, () => {
    assert.throws(
      () => parseWords(['ada', word], sample),
      (error: Error) =>
        error instanceof UsageError &&
        /does not belong on a command line/.test(error.message) &&
        !/hunter2/.test(error.message),
    )
  })
}

test('a number is a whole one in its bounds', () => {
  assert.equal(parseCount('8000', 'PORT', [0, 65_535]), 8000)
  for (const text of ['', '-1', '65536', '8e3', '0x50', '80.5', ' 80', '99999999999']) {
    assert.throws(
      () => parseCount(text, 'PORT', [0, 65_535]),
      /PORT must be a whole number from 0 to 65535/,
    )
  }
})

for (const [typed, sentence] of [
  ['strat', 'There is no command "strat". Did you mean: watchword start?'],
  ['users list', 'There is no command "users". Did you mean: watchword user list?'],
  [
    'user crate',
    'There is no command "user crate". Did you mean: watchword user create?',
  ],
  [
    'user',
    'watchword user is followed by one of: create, list, passwd, roles, activate, deactivate, delete.',
  ],
  ['frobnicate', 'There is no command "frobnicate". watchword help lists them.'],
  ['constructor', 'There is no command "constructor". watchword help lists them.'],
] as const) {
  test(`"watchword ${typed}" is answered with what was probably meant`, () => {
    assert.throws(() => commandNamed(typed.split(' ')), new UsageError(sentence))
  })
}

test('a command is called what it is listed as, and shows an example of itself', async () => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { name: own, examples } = await load()
    assert.equal(own, name)
    assert.ok(examples.some((example) => example.includes(`watchword ${name}`)))
  }
})
