import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { addressOf, listenAddressOf } from './address-options.ts'

const context = { env: { HOST: '0.0.0.0', PORT: '9000' } } as unknown as CommandContext

test('dev listens on loopback unless --host says otherwise, and HOST does not count', () => {
  assert.deepEqual(addressOf({}, context), { host: '127.0.0.1', port: 9000 })
  assert.equal(addressOf({ host: '0.0.0.0' }, context).host, '0.0.0.0')
})

test('start listens on --host, or HOST', () => {
  assert.deepEqual(listenAddressOf({}, context), { host: '0.0.0.0', port: 9000 })
  assert.deepEqual(listenAddressOf({ host: '::1', port: '1' }, context), {
    host: '::1',
    port: 1,
  })
})
