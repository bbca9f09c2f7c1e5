import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPresets } from '../../src/cli/open-presets.ts'

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

test('a server does not start with users of a demonstration unless an option says that they are for production', () => {
  const demoUsers = { 'ada@example.org': '123456' }
  assert.throws(() => openPresets({ passwordless: { demoUsers } }), /leave demoUsers out/)
  openPresets({ passwordless: { demoUsers, demoUsersInProduction: true } })
})
