import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { openPresets } from './open-presets.ts'
import { presetsOf } from './presets-option.ts'

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
  ['{"knox":', /begins with "\{" and is not JSON/],
  ['{"knox": true}', /the options of knox must be an object/],
] as const)
  test(`presets: ${typed} is a usage error`, () => {
    assert.throws(() => presetsOf({ presets: typed }, context()), message)
  })

test('each preset is opened with what it needs of the server', () => {
  const { presets, schemes, endpoints } = openPresets({
    djoser: {},
    knox: { ttl: '30d' },
    'dj-rest-auth': { cookie: 'auth', passwordReset: false },
    passwordless: { prefix: '/codes' },
  })
  const names = presets.map(({ name }) => name)
  assert.deepEqual(names, ['djoser', 'knox', 'djRestAuth', 'passwordless'])
  assert.equal(schemes.length, 2)
  assert.deepEqual(endpoints, { signUp: false })
})

test('an option that a preset does not have stops the start', () => {
  assert.throws(() => openPresets({ knox: { TOKEN_TTL: 5 } }), /knox\(\{ ttl \}\)/)
})
