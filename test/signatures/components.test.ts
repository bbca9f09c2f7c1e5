import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BareItem } from 'structured-headers'
import { componentOf, componentValue } from '../../src/signatures/components.ts'
import type { Field, SignedRequest } from '../../src/signatures/message.ts'
import { publicTargetsOf } from '../../src/signatures/public-target.ts'

const requestOf = (
  fields: readonly Field[],
  target = '/',
  origin = 'https://www.example.com',
): SignedRequest => ({ method: 'GET', origin, target, fields })

const valueIn = (
  request: SignedRequest,
  name: string,
  params: Readonly<Record<string, BareItem>> = {},
): string =>
  componentValue(componentOf(name, new Map(Object.entries(params))), request, {
    'example-dict': 'dictionary',
  })

const FIELDS: readonly Field[] = [
  ['X-OWS-Header', '   Leading and trailing whitespace.   '],
  ['X-Obs-Fold-Header', 'Obsolete\r\n    line folding.'],
  ['Cache-Control', 'max-age=60'],
  ['Cache-Control', '   must-revalidate'],
  ['Example-Dict', '  a=1,    b=2;x=1;y=2,   c=(a   b   c), d'],
  ['X-Empty-Header', ''],
  ['Example-Header', 'value, with, lots'],
  ['Example-Header', 'of, commas'],
]

for (const [name, params, expected] of [
  ['x-ows-header', {}, 'Leading and trailing whitespace.'],
  ['x-obs-fold-header', {}, 'Obsolete line folding.'],
  ['cache-control', {}, 'max-age=60, must-revalidate'],
  ['example-dict', {}, 'a=1,    b=2;x=1;y=2,   c=(a   b   c), d'],
  ['example-dict', { sf: true }, 'a=1, b=2;x=1;y=2, c=(a b c), d'],
  ['example-dict', { key: 'a' }, '1'],
  ['example-dict', { key: 'd' }, '?1'],
  ['example-dict', { key: 'b' }, '2;x=1;y=2'],
  ['example-dict', { key: 'c' }, '(a b c)'],
  ['x-empty-header', {}, ''],
  ['example-header', { bs: true }, ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:'],
] as const) {
  test(`the field "${name}" with ${JSON.stringify(params)} (RFC 9421 §2.1)`, () => {
    assert.equal(valueIn(requestOf(FIELDS), name, params), expected)
  })
}

test('one line with commas has other bytes than two lines', () => {
  const request = requestOf([['Example-Header', 'value, with, lots, of, commas']])
  assert.equal(
    valueIn(request, 'example-header', { bs: true }),
    ':dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:',
  )
})

for (const url of [
  'https://api.example.com',
  'http://a-1.b2.example',
  'https://EXAMPLE.com:443',
  'http://example.com:80',
  'https://example.com:80',
  'HTTPS://example.com/',
  'https://b\u00fccher.example',
  'https://xn--bcher-kva.example',
  'http://127.1',
  'http://[::1]:8000',
])
  test(`the address of a request to ${url} is written as URLs are`, () => {
    const { origin, host, protocol } = new URL(url)
    const [target, ...others] = publicTargetsOf(url)('/a%2Fb?c')
    const request = { ...requestOf([]), ...target }
    assert.equal(valueIn(request, '@target-uri'), `${origin}/a%2Fb?c`)
    assert.equal(valueIn(request, '@authority'), host)
    assert.equal(valueIn(request, '@scheme'), protocol.slice(0, -1))
    assert.deepEqual(others, [])
  })

for (const url of ['https://EXAMPLE.com:443/app', 'https://example.com/app/'])
  test(`a proxy may pass on the path of ${url}, or cut it off`, () => {
    const origin = 'https://example.com'
    assert.deepEqual(publicTargetsOf(url)('/a%2Fb?c'), [
      { origin, target: '/a%2Fb?c' },
      { origin, target: '/app/a%2Fb?c' },
    ])
  })

const QUERY = '/path?param=value&foo=bar&baz=batman&qux='
const ESCAPED =
  '/p?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something'

for (const [target, name, expected] of [
  [QUERY, 'baz', 'batman'],
  [QUERY, 'qux', ''],
  [QUERY, 'param', 'value'],
  [ESCAPED, 'var', 'this%20is%20a%20big%0Amultiline%20value'],
  [ESCAPED, 'bar', 'with%20plus%20whitespace'],
  [ESCAPED, 'fa%C3%A7ade%22%3A%20', 'something'],
] as const) {
  test(`the parameter "${name}" of a query (RFC 9421 §2.2.8)`, () => {
    assert.equal(valueIn(requestOf([], target), '@query-param', { name }), expected)
  })
}

for (const [component, target, expected] of [
  ['@query', '/path?queryString', '?queryString'],
  ['@query', '/path', '?'],
  ['@path', '', '/'],
  ['@path', '/a%2Fb?c', '/a%2Fb'],
  ['@target-uri', '/path?param=value', 'https://www.example.com/path?param=value'],
  ['@request-target', '/path?param=value', '/path?param=value'],
  ['@authority', '/', 'www.example.com'],
  ['@scheme', '/', 'https'],
  ['@method', '/', 'GET'],
] as const) {
  test(`${component} of ${target || 'an empty target'} (RFC 9421 §2.2)`, () => {
    assert.equal(valueIn(requestOf([], target), component), expected)
  })
}
