import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mount as mountInFastify } from '../../src/adapters/fastify.ts'
import { guardOf, serves } from '../../src/adapters/fetch.ts'
import { handlers } from '../../src/adapters/next.ts'
import { serves as servesNode } from '../../src/adapters/node.ts'
import { FEATURE_LIST } from '../../src/features.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { allowAny, isAuthenticated } from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'

const MEMBERS = [
  'authenticate',
  'close',
  'events',
  'flush',
  'handler',
  'health',
  'keys',
  'migrate',
  'require',
  'sessions',
  'signIn',
  'stats',
  'users',
]

test('an instance has the documented members and no others', async () => {
  await using app = testInstance()
  const open = () => assert.fail('listing the members opens nothing')
  const ofFeatures = FEATURE_LIST.flatMap((feature) =>
    Object.keys(feature.admin?.(open, internalsOf(app.auth).surface) ?? {}),
  )

  assert.deepEqual(Object.keys(app.auth).sort(), [...MEMBERS, ...ofFeatures].sort())
})

test('adapters know an instance of another copy of the package by a registered symbol', async () => {
  await using app = testInstance()
  const [symbol] = Object.getOwnPropertySymbols(app.auth)

  assert.equal(symbol, Symbol.for('watchword.internals'))
})

test('adapters reject what is not an instance, and say what to pass', () => {
  const message = /must be what watchword\(\) returned: write const auth = watchword\(\)/
  for (const wrong of [{}, undefined, null, () => {}] as never[]) {
    for (const use of [
      () => guardOf(wrong)(() => new Response()),
      () => mountInFastify({} as never, wrong),
      () => handlers(wrong),
      () => serves(wrong, new Request('http://localhost/')),
    ])
      assert.throws(use, { code: 'invalid_config', message })
  }
})

test('serves returns whether a request is for an endpoint, with any query and slash', async () => {
  await using app = testInstance()
  const isServed = (target: string): boolean => {
    const inFetch = serves(app.auth, new Request(`http://localhost${target}`))
    assert.equal(servesNode(app.auth, { url: target }), inFetch)
    return inFetch
  }

  assert.ok(isServed('/api/token/'))
  assert.ok(isServed('/api/token?a=b'))
  assert.ok(isServed('/.well-known/jwks.json'))
  assert.ok(!isServed('/api/tokens/'))
  assert.ok(!isServed('/?/api/token/'))
})

test('an adapter answers an error of another copy of the package', async () => {
  await using app = testInstance({ permissions: isAuthenticated })
  const copy: typeof import('../../src/base/errors.ts') = await import(
    `${import.meta.resolve('../../src/base/errors.ts')}?copy`
  )
  const handler = guardOf(app.auth)({ permissions: allowAny }, () => {
    throw new copy.AuthError('permission_denied')
  })

  const response = await handler(new Request('http://localhost/'))

  assert.equal(response.status, 403)
  assert.deepEqual(app.log, [])
})
