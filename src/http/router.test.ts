import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRouter } from './router.ts'

const routes = createRouter([
  ['/', 'root'],
  ['/users/', 'list'],
  ['/users/me/', 'me'],
  ['/users/:id/', 'user'],
  ['/users/:id/keys/:key/', 'key'],
])

for (const [url, route, parameters] of [
  ['/', 'root', {}],
  ['', 'root', {}],
  ['/users', 'list', {}],
  ['/users/?id=1', 'list', {}],
  ['/users/me', 'me', {}],
  ['/users/7/', 'user', { id: '7' }],
  ['/users/7', 'user', { id: '7' }],
  ['/users/7?a=/b/c', 'user', { id: '7' }],
  ['/users/%2e%2E/', 'user', { id: '%2e%2E' }],
  ['/users/__proto__/', 'user', { id: '__proto__' }],
  ['/users/a/keys/b%2Fc', 'key', { id: 'a', key: 'b%2Fc' }],
] as const) {
  test(`"${url}" is the route "${route}", its parameters undecoded`, () =>
    assert.deepEqual(routes.find(url), { route, parameters }))
}

for (const url of [
  '/users//',
  '//users/',
  '/Users/',
  '/users/7//',
  '/users/7/keys/',
  '/users/7/keys//',
  '/%75sers/',
  '/users/7/8/',
  '/constructor/',
  '*',
]) {
  test(`"${url}" is no route`, () => assert.equal(routes.find(url), undefined))
}

test('the paths are listed once each, without their last slash', () =>
  assert.deepEqual(routes.paths, [
    '',
    '/users',
    '/users/me',
    '/users/:id',
    '/users/:id/keys/:key',
  ]))

test('two paths with parameters that match the same request are rejected at the start', () => {
  for (const [one, other] of [
    ['/a/:id', '/a/:name/'],
    ['/a/:x/c', '/a/b/:y'],
  ] as const) {
    const create = () =>
      createRouter([
        [one, 1],
        [other, 2],
      ])
    assert.throws(create, { code: 'invalid_config', message: /match the same requests/ })
  }
})

test('two paths with parameters and no request in common are both found', () => {
  const router = createRouter([
    ['/a/:x/c', 1],
    ['/a/:x/d', 2],
  ])
  assert.deepEqual([router.find('/a/b/c')?.route, router.find('/a/b/d')?.route], [1, 2])
})

for (const [path, url] of [
  ['/caf\u00e9/', '/caf\u00e9/'],
  [`/${'a'.repeat(60)}/b/`, `/${'a'.repeat(60)}/b`],
  ['/:tenant/token/', '/acme/token/'],
] as const) {
  test(`"${path}" alone is found, and its beginning is not`, () => {
    const { find } = createRouter([[path, 'only']])
    assert.equal(find(url)?.route, 'only')
    for (let length = 0; length < url.length - 1; length++)
      assert.equal(find(url.slice(0, length)), undefined)
  })
}
