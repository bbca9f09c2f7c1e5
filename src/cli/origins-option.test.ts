import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { originsOf } from './origins-option.ts'

const context = (env: CommandContext['env'] = {}): CommandContext => ({
  env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})

for (const [typed, env, origins] of [
  [undefined, {}, []],
  [undefined, { WATCHWORD_ORIGINS: '' }, []],
  ['https://app.example.com', {}, ['https://app.example.com']],
  [
    'https://app.example.com, http://localhost:5173,',
    {},
    ['https://app.example.com', 'http://localhost:5173'],
  ],
  [
    'https://a.example',
    { WATCHWORD_ORIGINS: 'https://b.example' },
    ['https://a.example'],
  ],
  [undefined, { WATCHWORD_ORIGINS: 'https://b.example' }, ['https://b.example']],
  ['HTTPS://App.Example.com:443', {}, ['https://app.example.com']],
  ['https://bücher.example', {}, ['https://xn--bcher-kva.example']],
  ['http://[::1]:3000', {}, ['http://[::1]:3000']],
  ['capacitor://localhost', {}, ['capacitor://localhost']],
  ['Capacitor://LocalHost', {}, ['capacitor://localhost']],
] as const) {
  test(`origins: ${typed} with ${JSON.stringify(env)} are ${origins.join(' ')}`, () => {
    assert.deepEqual(originsOf({ origins: typed }, context(env)), origins)
  })
}

for (const [typed, message] of [
  [
    'https://app.example.com/',
    '--origins: "https://app.example.com/" has more than scheme, host and port: write "https://app.example.com".',
  ],
  [
    'https://app.example.com/login?x#y',
    '--origins: "https://app.example.com/login?x#y" has more than scheme, host and port: write "https://app.example.com".',
  ],
  [
    'https://a.example\\b',
    '--origins: "https://a.example\\b" has more than scheme, host and port: write "https://a.example".',
  ],
  [
    'app.example.com',
    '--origins: "app.example.com" has no scheme: write "https://app.example.com".',
  ],
  [
    'localhost:5173',
    '--origins: "localhost:5173" has no scheme: write "http://localhost:5173".',
  ],
  [
    'https://*.example.com',
    '--origins: "https://*.example.com" has a wildcard: list each origin, such as "https://app.example.com".',
  ],
  [
    '*',
    '--origins: "*" has a wildcard: list each origin, such as "https://app.example.com".',
  ],
  [
    'null',
    '--origins: "null" is not an origin: write one, such as "https://app.example.com".',
  ],
  [
    'https://',
    '--origins: "https://" is not an origin: write one, such as "https://app.example.com".',
  ],
  [
    'https://ada:secret@app.example.com',
    '--origins: "https://…@app.example.com" has more than scheme, host and port: write "https://app.example.com".',
  ],
  [
    'https://a.example https://b.example',
    '--origins: "https://a.example https://b.example" is not an origin: write one, such as "https://app.example.com".',
  ],
] as const) {
  test(`origins: ${typed} is rejected`, () => {
    assert.throws(() => originsOf({ origins: typed }, context()), { message })
  })
}

test('origins: a wrong one in the environment names the variable', () => {
  const env = { WATCHWORD_ORIGINS: 'example.com' }
  assert.throws(
    () => originsOf({}, context(env)),
    /^UsageError: WATCHWORD_ORIGINS: "example.com" has no scheme/,
  )
})
