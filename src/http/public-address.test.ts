import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from './public-address.ts'

const PUBLIC = [
  '1.1.1.1',
  '93.184.215.14',
  '2606:4700:4700::1111',
  '2a00:1450:4001::200e',
]

const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    'fc00::1',
    'fd12::1',
  ],
  'link-local, where clouds have metadata': [
    '169.254.169.254',
    '169.254.170.2',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '168.63.129.16',
    '100.100.100.200',
  ],
  'shared (CGNAT)': ['100.64.0.1', '100.127.255.254'],
  'site-local': ['fec0::1'],
  'multicast or broadcast': [
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    'ff02::1',
  ],
  'reserved or for documentation': [
    '192.0.0.8',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '2001:db8::1',
    '3fff::1',
    '100::1',
    '4000::1',
  ],
  'IPv4 inside IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::1',
    '2001:0:7f00:1::1',
  ],
  'no address': ['', 'localhost', '1.1.1.1:443', '[::1]', '999.1.1.1'],
}

test('addresses of the Internet are public', () => {
  assert.deepEqual(
    PUBLIC.filter((each) => !isPublicAddress(each)),
    [],
  )
})

for (const [kind, addresses] of Object.entries(NOT_PUBLIC))
  test(`an address that is ${kind} is not public`, () => {
    assert.deepEqual(addresses.filter(isPublicAddress), [])
  })

test('other spellings of IPv4 addresses are what the URL parser makes of them', () => {
  for (const host of ['2130706433', '0x7f.1', '0177.0.0.1', '127.1'])
    assert.equal(isPublicAddress(new URL(`https://${host}/`).hostname), false, host)
})
