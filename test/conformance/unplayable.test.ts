import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknownSetting } from './configs.ts'
import { AWAITED, featureAwaited, isInSource } from './pending.ts'
import type { Case } from './recording.ts'
import { tracked } from './tracked.ts'
import { unknownPart } from './unknown.ts'

const asked: Case = {
  id: 'a',
  config: 'default',
  request: { method: 'GET', path: '/hello/' },
  response: { status: 200, headers: { allow: 'GET' }, body: {} },
}

test('members that were not read are named, however deep', () => {
  const { value, unread } = tracked({
    steps: [{ op: 'sleep', seconds: 1, unit: 'h' }],
    request: { headers: [['a', 'b']], empty: {} },
  })

  const [step] = value.steps
  assert.equal(`${step?.op} ${step?.seconds}`, 'sleep 1')
  JSON.stringify(value.request.headers)

  assert.deepEqual(unread(), ['steps.0.unit', 'request.empty'])
})

test('a recording that is known in all its parts has no unknown part', () => {
  assert.equal(unknownPart(asked, {}), undefined)
})

for (const [part, changes] of [
  ['response.page', { response: { ...asked.response, page: {} } }],
  ['response.headers.pragma', { response: { headers: { pragma: 'no-cache' } } }],
  ['kind', { kind: 'server' }],
  ['a case without request.path', { request: { method: 'GET', target: '/' } }],
  ['a case without request.path', { request: undefined }],
  ['a case without response', { response: undefined }],
] as const) {
  test(`a case with ${JSON.stringify(changes)} cannot be played`, () => {
    assert.equal(unknownPart({ ...asked, ...changes } as unknown as Case, {}), part)
  })
}

test('a case whose configuration is not given cannot be played', () => {
  assert.match(unknownPart(asked, undefined) ?? '', /configuration default/)
})

for (const [setting, config] of [
  ['REST_KNOX: {}', { REST_KNOX: {} }],
  ['SIMPLE_JWT.NEW: 1', { SIMPLE_JWT: { NEW: 1 } }],
  ['SIMPLE_JWT.CHECK_REVOKE_TOKEN: false', { SIMPLE_JWT: { CHECK_REVOKE_TOKEN: false } }],
  ['SETTINGS.DOMAIN: "a"', { SETTINGS: { DOMAIN: 'a' } }],
  ['SETTINGS.AUTH_USER_MODEL: "b.User"', { SETTINGS: { AUTH_USER_MODEL: 'b.User' } }],
  ['AUTHENTICATORS.knox: true', { AUTHENTICATORS: ['jwt', 'knox'] }],
  ['SIMPLE_JWT.constructor: 1', { SIMPLE_JWT: { constructor: 1 } }],
] as const) {
  test(`a configuration with ${setting} cannot be played`, () => {
    assert.equal(unknownSetting(config as object), setting)
  })
}

const passkeys = {
  ...asked,
  request: { method: 'POST', path: '/auth/webauthn/signup_request/' },
}

test('a conversation waits for a feature until its folder exists', () => {
  assert.equal(
    featureAwaited(passkeys, {}, () => false),
    'webauthn of Djoser',
  )
  assert.equal(
    featureAwaited(passkeys, {}, (folder) => folder === 'presets/djoser/webauthn'),
    undefined,
  )
})

test('a conversation waits for a feature that only a step needs', () => {
  const steps = [{ op: 'request', ...passkeys.request }] as const
  assert.equal(
    featureAwaited({ ...asked, steps }, {}, () => false),
    'webauthn of Djoser',
  )
})

test('no feature that exists is listed as awaited', () => {
  assert.equal(isInSource('features/tokens'), true)
  assert.deepEqual(
    AWAITED.filter(({ folder }) => isInSource(folder)),
    [],
  )
})
