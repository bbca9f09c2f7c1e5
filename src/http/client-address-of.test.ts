import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEntry } from '../base/log.ts'
import { clientAddressBehind } from './client-address-of.ts'
import type { AuthRequest } from './request.ts'

const from = (address: string, headers: Record<string, string> = {}): AuthRequest => ({
  method: 'GET',
  url: '/',
  address,
  secure: false,
  header: (name) => headers[name],
  body: async () => new Uint8Array(),
})

function setUp(proxies: number | null) {
  const log: LogEntry[] = []
  return { log, addressOf: clientAddressBehind(proxies, (entry) => log.push(entry)) }
}

for (const [header, value] of [
  ['x-forwarded-for', '192.0.2.7'],
  ['forwarded', 'for=192.0.2.7'],
  ['x-real-ip', '192.0.2.7'],
] as const) {
  test(`without the option "proxies", a request with ${header} is warned of once, and the header is not trusted`, () => {
    const { log, addressOf } = setUp(0)

    assert.equal(addressOf(from('10.0.0.1')), '10.0.0.1')
    assert.equal(log.length, 0)
    for (let i = 0; i < 3; i++)
      assert.equal(addressOf(from('10.0.0.1', { [header]: value })), '10.0.0.1')

    assert.equal(log.length, 1)
    assert.equal(log[0]?.level, 'warn')
    assert.match(String(log[0]?.event), /set the option "proxies" \(--proxies\)/)
  })
}

test('with the option "proxies", a forwarded request is not warned of', () => {
  const { log, addressOf } = setUp(1)

  assert.equal(
    addressOf(from('10.0.0.1', { 'x-forwarded-for': '192.0.2.7' })),
    '192.0.2.7',
  )
  assert.deepEqual(log, [])
})

test('a client without an address is warned of once', () => {
  const { log, addressOf } = setUp(0)

  for (let i = 0; i < 3; i++) assert.equal(addressOf(from('')), '')

  assert.equal(log.length, 1)
  assert.match(String(log[0]?.event), /address of a client is unknown/)
})
