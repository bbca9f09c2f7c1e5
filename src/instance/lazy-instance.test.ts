import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lazily } from './lazy-instance.ts'

test('an instance that failed to open is opened at the next use, whether the failure was a promise or not', async () => {
  let attempts = 0
  const instance = lazily(() => {
    attempts++
    if (attempts === 1) throw new Error('thrown at once')
    if (attempts === 2) return Promise.reject(new Error('rejected'))
    return Promise.resolve({ attempts, close: async () => {} })
  })
  await assert.rejects(instance.open(), /thrown at once/)
  await assert.rejects(instance.open(), /rejected/)
  const opened = await instance.open()
  assert.equal(opened.attempts, 3)
  assert.equal(await instance.open(), opened)
  assert.equal(instance.current(), opened)
})
