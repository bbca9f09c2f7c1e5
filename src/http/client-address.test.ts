import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress, networkOf, truncateAddress } from './client-address.ts'

const asked = (forwarded: string | undefined) => ({
  address: '10.0.0.9',
  header: (name: string) => (name === 'x-forwarded-for' ? forwarded : undefined),
})

for (const [proxies, forwarded, expected] of [
  [null, '1.1.1.1, 2.2.2.2', '1.1.1.1,2.2.2.2'],
  [null, ' 1.1.1.1 ,\t2.2.2.2 ', '1.1.1.1,2.2.2.2'],
  [null, undefined, '10.0.0.9'],
  [null, '', '10.0.0.9'],
  [0, '1.1.1.1', '10.0.0.9'],
  [0, undefined, '10.0.0.9'],
  [1, undefined, '10.0.0.9'],
  [1, '2.2.2.2', '2.2.2.2'],
  [1, '1.1.1.1, 2.2.2.2', '2.2.2.2'],
  [1, '7.7.7.7,2.2.2.2', '2.2.2.2'],
  [1, '1.1.1.1,  2.2.2.2  ', '2.2.2.2'],
  [2, '0.0.0.0, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
  [2, '9.9.9.9, 1.1.1.1, 4.4.4.4', '1.1.1.1'],
  [2, '4.4.4.4', '4.4.4.4'],
  [3, '1.1.1.1, 2.2.2.2', '1.1.1.1'],
  [1, '2.2.2.2:51234', '2.2.2.2:51234'],
  [1, '[2001:db8::1]:443', '[2001:db8::1]:443'],
  [null, '\u00a0', '10.0.0.9'],
  [null, ' ', '10.0.0.9'],
  [1, '', '10.0.0.9'],
  [1, ',', '10.0.0.9'],
  [1, '\u00a0', '10.0.0.9'],
  [1, '1.1.1.1,', '10.0.0.9'],
  [1, 'unknown', '10.0.0.9'],
  [1, '1.1.1.1, 3', '10.0.0.9'],
  [2, ', 1.2.3.4', '10.0.0.9'],
  [3, ', 1.2.3.4', '10.0.0.9'],
] as const) {
  test(`NUM_PROXIES ${proxies}: ${JSON.stringify(forwarded)} is ${JSON.stringify(expected)}`, () => {
    assert.equal(clientAddress(asked(forwarded), proxies), expected)
  })
}

for (const forwarded of [undefined, '', ' ', '\u00a0']) {
  for (const proxies of [null, 1, 2])
    test(`NUM_PROXIES ${proxies}: without an address of the connection, ${JSON.stringify(forwarded)} is "unknown"`, () => {
      assert.equal(
        clientAddress({ ...asked(forwarded), address: '' }, proxies),
        'unknown',
      )
    })
}

for (const [address, expected] of [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:51234', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['64:ff9b::192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['', 'unknown:'],
  ['3', 'unknown:3'],
  ['1.1.1.1,2.2.2.2', 'unknown:1.1.1.1,2.2.2.2'],
  ['256.1.1.1', 'unknown:256.1.1.1'],
  ['2001:db8:::1', 'unknown:2001:db8:::1'],
] as const) {
  test(`${JSON.stringify(address)} is counted as ${expected}`, () =>
    assert.equal(networkOf(address), expected))
}

test('a network of 48 bits has 65,536 of 64, and other addresses are as they were', () => {
  assert.equal(networkOf('2001:db8:1:2::9', 48), '2001:db8:1::/48')
  assert.equal(networkOf('[2001:db8:1:3::9]:443', 48), '2001:db8:1::/48')
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '64:ff9b::192.0.2.1', 'x', ''])
    assert.equal(networkOf(address, 48), networkOf(address))
})

test('a long address in the header is truncated in the key', () => {
  const long = '1.1.1.1,'.repeat(2000)

  assert.ok(networkOf(long).length < 80)
  assert.notEqual(networkOf(long), networkOf(`${long}2.2.2.2`))
  assert.equal(truncateAddress('x'.repeat(64)), 'x'.repeat(64))
  assert.ok(truncateAddress('x'.repeat(65)).startsWith('sha256:'))
})
