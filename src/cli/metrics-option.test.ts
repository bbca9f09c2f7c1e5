import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { metricsOf } from './metrics-option.ts'

const context = { env: {} } as CommandContext

for (const [text, host, port] of [
  ['9464', '127.0.0.1', 9464],
  ['0.0.0.0:9464', '0.0.0.0', 9464],
  ['metrics.internal:1', 'metrics.internal', 1],
  ['[::1]:9464', '::1', 9464],
] as const) {
  test(`--metrics ${text} means ${host}, port ${port}`, () => {
    const { version, ...address } = metricsOf({ metrics: text }, context) ?? {}
    assert.deepEqual(address, { host, port })
    assert.match(String(version), /^\d+\.\d+\.\d+/)
  })
}

test('without a setting there are no metrics', () => {
  assert.equal(metricsOf({}, context), undefined)
  const empty = { env: { WATCHWORD_METRICS: '' } } as unknown as CommandContext
  assert.equal(metricsOf({}, empty), undefined)
})

for (const text of [':9464', '9464:', 'a b:9464', 'localhost', '::1:9464']) {
  test(`--metrics ${text} is rejected, with examples`, () => {
    assert.throws(
      () => metricsOf({ metrics: text }, context),
      new UsageError(
        '--metrics must be a port, or a host and a port: 9464, 10.0.0.5:9464.',
      ),
    )
  })
}

for (const text of ['0', '99999']) {
  test(`--metrics ${text} is rejected: the port is out of bounds`, () => {
    assert.throws(
      () => metricsOf({ metrics: text }, context),
      new UsageError('The port of --metrics must be a whole number from 1 to 65535.'),
    )
  })
}
