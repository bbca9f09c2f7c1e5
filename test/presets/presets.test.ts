import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as z from 'zod/mini'
import { AuthError } from '../../src/base/errors.ts'
import { post } from '../../src/features/define-feature.ts'
import { isAuthenticated } from '../../src/permissions/basic-permissions.ts'
import { definePreset, type Preset } from '../../src/presets/define-preset.ts'
import { parsePresetOptions } from '../../src/presets/parse-options.ts'
import { withDefault } from '../../src/schema/shapes.ts'
import type { Options } from '../../src/settings/options.ts'
import { watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'

const schema = z.strictObject({
  prefix: withDefault(z.string(), '/club'),
  greeting: withDefault(z.string(), 'Welcome'),
})
const theirs = { GREETING_TEXT: 'Use club({ greeting }) instead.' }

/** A preset that greets, and that answers errors in a form of its own. */
function club(options: Partial<z.input<typeof schema>> = {}): Preset {
  const { prefix, greeting } = parsePresetOptions(
    { preset: 'club', schema, theirs },
    options,
  )
  const errorFor = (error: AuthError): AuthError =>
    new AuthError(error.code, error.message, { body: { problem: error.code } })
  return definePreset({
    name: 'club',
    prefix,
    endpoints: {
      greet: { path: '/greet/', create: () => post('Greet', greet(greeting)), errorFor },
      enter: { path: '/enter/', create: () => post('Enter', ENTER), errorFor },
    },
  })
}

const greet = (greeting: string) => ({
  fields: { name: { trim: true } },
  handle: ({ name }: { readonly name: string }) => ({ text: `${greeting}, ${name}` }),
})

const ENTER = { requirement: isAuthenticated, handle: () => ({}) }

async function answerTo(
  presets: readonly Preset[],
  path: string,
  body: object = {},
): Promise<readonly [status: number, body: unknown]> {
  const auth = buildWatchword({ database: 'sqlite::memory:', presets })
  try {
    const reply = await auth.handler(
      new Request(`http://test${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    return [reply.status, await reply.json()]
  } finally {
    await auth.close()
  }
}

test('two presets of one kind answer below their own prefixes', async () => {
  const presets = [club(), club({ prefix: '/inn/', greeting: 'Hi' })]
  assert.deepEqual(await answerTo(presets, '/club/greet/', { name: 'ada' }), [
    200,
    { text: 'Welcome, ada' },
  ])
  assert.deepEqual(await answerTo(presets, '/inn/greet/', { name: 'ada' }), [
    200,
    { text: 'Hi, ada' },
  ])
})

test('a preset answers errors of the handler, the fields and the guard in its own form', async () => {
  assert.deepEqual(await answerTo([club()], '/club/enter/'), [
    401,
    { problem: 'not_authenticated' },
  ])
  assert.deepEqual(await answerTo([club()], '/club/greet/'), [
    400,
    { problem: 'invalid' },
  ])
})

const faultOf = (options: unknown): string => {
  try {
    watchword(options as Options)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_config')
      return error.message
    throw error
  }
  return 'accepted'
}

for (const [what, presets, message] of [
  [
    'a function that was not called',
    [club],
    'presets.0 is a function that makes a preset: call it, as in [knox()].',
  ],
  [
    'an object that no preset made',
    [{ name: 'club', prefix: '/club', endpoints: {} }],
    'presets.0 must be a preset of "watchword/presets", such as knox().',
  ],
  ['no list', club(), 'presets must be a list of presets, such as [knox()].'],
  [
    'two presets at one prefix',
    [club(), club()],
    'presets: [club({ prefix: "/club" })] and presets: [club({ prefix: "/club" })] have the same path, "/club/greet/": change one of them.',
  ],
] as const) {
  test(`the option presets: ${what} is refused`, () => {
    assert.equal(faultOf({ presets }), message)
  })
}

test('a preset and an endpoint at one path are refused', () => {
  assert.equal(
    faultOf({ presets: [club()], endpoints: { verify: '/club/enter/' } }),
    'presets: [club({ prefix: "/club" })] and endpoints.verify have the same path, "/club/enter/": change one of them.',
  )
})

for (const [options, message] of [
  [
    { greting: 'Hi' },
    'There is no option "club({ greting })". Did you mean "club({ greeting })"?',
  ],
  [
    { colour: 1 },
    'There is no option "club({ colour })". The options are prefix, greeting.',
  ],
  [
    { GREETING_TEXT: 'Hi' },
    'There is no option "club({ GREETING_TEXT })". Use club({ greeting }) instead.',
  ],
  [{ greeting: 1 }, 'club({ greeting }) must be a string.'],
  [1, 'The options of club() must be an object.'],
  [null, 'The options of club() must be an object.'],
] as const) {
  test(`options of a preset: ${JSON.stringify(options)}`, () => {
    assert.throws(() => club(options as never), { code: 'invalid_config', message })
  })
}

test('no part below loads a preset that the options do not list', () => {
  // The command loads them itself, with the option --presets.
  const exclude = ['src/presets/**', '**/*.test.ts', 'src/cli/open-presets.ts']
  const others = globSync('src/**/*.ts', { exclude })
  const imports = others.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '[./]+\/presets\/([^']+)'/g)].map(
      ([, preset]) => preset,
    ),
  )
  assert.deepEqual([...new Set(imports)], ['define-preset.ts'])
})
