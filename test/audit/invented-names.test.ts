import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'

function setUp(t: TestContext, options: Options = {}) {
  const { auth, clock } = testInstance({ proxies: 1, ...options })
  t.after(() => auth.close())
  const guess = async (username: string, address: string): Promise<number> => {
    const request = new Request('http://localhost/api/token/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ username, password: 'wrong' }),
    })
    return (await auth.handler(request)).status
  }
  const rows = async (kind: 'sign_in_failed' | 'sign_in_throttled') => {
    const events = await auth.events.list({ kind, limit: 1000 })
    const leftOut = events.map(({ detail }) => Number(detail.leftOut ?? 0))
    return { recorded: events.length, leftOut: leftOut.reduce((a, b) => a + b, 0) }
  }
  return { auth, clock, guess, rows }
}

test('invented names from one network make a bounded number of audit events, and the rest is counted', async (t) => {
  const { clock, guess, rows } = setUp(t, { throttle: { login: null } })
  for (let i = 0; i < 230; i++) await guess(`invented-${i}`, `2001:db8::${i}`)
  const before = await rows('sign_in_failed')
  assert.ok(before.recorded <= 20, `${before.recorded} rows`)

  clock.advance('1m')
  await guess('another', '2001:db8::1')
  const after = await rows('sign_in_failed')
  assert.equal(after.recorded, before.recorded + 1)
  assert.equal(after.recorded + after.leftOut, 231)
})

test('invented names from many networks are bounded, too', async (t) => {
  const { guess, rows } = setUp(t, { throttle: { login: null } })
  for (let i = 0; i < 260; i++) await guess(`invented-${i}`, `198.51.${i % 200}.${i}`)
  const { recorded } = await rows('sign_in_failed')
  assert.ok(recorded <= 100, `${recorded} rows`)
})

test('throttled attempts under invented names are bounded likewise', async (t) => {
  const { guess, rows } = setUp(t, { throttle: { login: '1/min' } })
  for (let i = 0; i < 60; i++) {
    await guess(`invented-${i}`, '203.0.113.9')
    await guess(`invented-${i}`, '203.0.113.9')
  }
  const { recorded } = await rows('sign_in_throttled')
  assert.ok(recorded > 0 && recorded <= 20, `${recorded} rows`)
})
