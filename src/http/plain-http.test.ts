import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowsPlainHttp } from './plain-http.ts'
import type { AuthRequest } from './request.ts'

interface Sent {
  readonly address?: string
  readonly secure?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

const requestFrom = ({
  address = '127.0.0.1',
  secure = false,
  headers = {},
}: Sent): AuthRequest => {
  const all: Readonly<Record<string, string>> = { host: 'localhost:4000', ...headers }
  return {
    method: 'GET',
    url: '/',
    address,
    secure,
    header: (name) => all[name],
    body: async () => Buffer.alloc(0),
  }
}

for (const [about, sent] of [
  ['a local client', {}],
  ['a local client over IPv6', { address: '::1', headers: { host: '[::1]:4000' } }],
  ['a local client of a dual-stack socket', { address: '::ffff:127.0.0.3' }],
  [
    'a local client by way of a local development server',
    {
      address: '',
      headers: {
        'x-forwarded-for': '::ffff:127.0.0.1, ::1',
        'x-forwarded-host': 'localhost:4000',
        'x-forwarded-proto': 'http',
      },
    },
  ],
] as const satisfies readonly (readonly [string, Sent])[]) {
  test(`plain http is allowed for ${about}`, () =>
    assert.equal(allowsPlainHttp(undefined, false)(requestFrom(sent)), true))

  test(`with a proxy in front plain http is not allowed for ${about}`, () =>
    assert.equal(allowsPlainHttp(undefined, true)(requestFrom(sent)), false))
}

for (const [about, sent] of [
  ['a host of the network', { headers: { host: 'wiki.example' } }],
  ['a client of the network', { address: '198.51.100.20' }],
  ['a client of the network over IPv6', { address: '2001:db8::127.0.0.1' }],
  ['a client that is unknown', { address: '' }],
  ['a connection over TLS', { secure: true }],
  ['a forwarded client', { headers: { 'x-forwarded-for': '198.51.100.20' } }],
  [
    'a forwarded client that claims to be local',
    { headers: { 'x-forwarded-for': '127.0.0.1, 198.51.100.20' } },
  ],
  ['a client that nginx names', { headers: { 'x-real-ip': '198.51.100.20' } }],
  ['a page over https', { headers: { 'x-forwarded-proto': 'https' } }],
  ['a forwarded host', { headers: { 'x-forwarded-host': 'wiki.example' } }],
  ['a request with Forwarded', { headers: { forwarded: 'for=127.0.0.1' } }],
  ['a request with Via', { headers: { via: '1.1 cache' } }],
  ['an unreadable address', { headers: { 'x-forwarded-for': '127.0.0.1:x' } }],
] as const satisfies readonly (readonly [string, Sent])[]) {
  test(`plain http is not allowed for ${about}`, () =>
    assert.equal(allowsPlainHttp(undefined, false)(requestFrom(sent)), false))
}

test('the option secure decides, but for a connection over TLS', () => {
  const remote = requestFrom({
    address: '198.51.100.20',
    headers: { host: 'wiki.example', via: '1.1 cache' },
  })
  assert.equal(allowsPlainHttp(false, true)(remote), true)
  assert.equal(allowsPlainHttp(false, false)(requestFrom({ secure: true })), false)
  assert.equal(allowsPlainHttp(true, false)(requestFrom({})), false)
})
