import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import * as all from '../presets/index.ts'
import { openPresets } from './open-presets.ts'
import { type PresetPlan, presetsOf } from './presets-option.ts'

const context = (env: CommandContext['env'] = {}): CommandContext => ({
  env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})

for (const [typed, env, plan] of [
  [undefined, {}, {}],
  ['knox', {}, { knox: {} }],
  ['djoser, knox,', {}, { djoser: {}, knox: {} }],
  ['{"knox": {"ttl": "30d"}}', {}, { knox: { ttl: '30d' } }],
  [undefined, { WATCHWORD_PRESETS: 'dj-rest-auth' }, { 'dj-rest-auth': {} }],
] as const)
  test(`presets: ${typed} with ${JSON.stringify(env)}`, () => {
    assert.deepEqual(presetsOf({ presets: typed }, context(env)), plan)
  })

for (const [typed, message] of [
  ['django', /there is no preset "django"\. Choose among djoser, knox/],
  ['oauth-toolkit', /Write a server with oauthToolkit\(\) and the option oauth/],
  ['knox,social-oauth2', /Write a server with socialOAuth2\(\) and the options oauth/],
  ['{"knox":', /begins with "\{" and is not JSON/],
  ['{"knox": true}', /the options of knox must be an object/],
] as const)
  test(`presets: ${typed} is a usage error`, () => {
    assert.throws(() => presetsOf({ presets: typed }, context()), message)
  })

/** Of a build without some features, some presets are missing. */
const has = (name: string): boolean => name in all

test('each preset is opened with what it needs of the server', () => {
  const opened = (name: string, plan: PresetPlan) =>
    has(name) ? openPresets(plan) : undefined
  const djoser = opened('djoser', { djoser: {} })
  assert.deepEqual(djoser?.endpoints ?? { signUp: false }, { signUp: false })
  const knox = opened('knox', { knox: { ttl: '30d' } })
  assert.equal(knox?.schemes.length ?? 1, 1)
  const cookie = { cookie: 'auth', passwordReset: false }
  const rest = opened('djRestAuth', { 'dj-rest-auth': cookie })
  assert.equal(rest?.schemes.length ?? 1, 1)
  const passwordless = opened('passwordless', { passwordless: { prefix: '/codes' } })
  assert.equal(passwordless?.presets[0]?.prefix ?? '/codes', '/codes')
})

test('a preset opens, or is named if a build does not have it', () => {
  for (const [name, preset] of [
    ['djoser', 'djoser'],
    ['djRestAuth', 'dj-rest-auth'],
  ] as const) {
    const open = () => openPresets({ [preset]: {} })
    if (has(name)) assert.doesNotThrow(open)
    else assert.throws(open, /has no preset/)
  }
})

test('an option that a preset does not have stops the start', () => {
  assert.throws(
    () => openPresets({ knox: { TOKEN_TTL: 5 } }),
    /knox\(\{ ttl \}\)|has no preset/,
  )
})
