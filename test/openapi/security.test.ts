import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import { watchword } from '../../src/index.ts'
import { allOf, allowAny, isStaff } from '../../src/permissions/index.ts'
import type { Options } from '../../src/settings/options.ts'

const securityOf = (options: Options) =>
  watchword({ database: 'sqlite::memory:', log: () => {}, ...options }).openapiSecurity()

const SCHEMES = [bearer(), session(), apiToken()]

test('a document of the application has the schemes of the instance (OA-28)', async () => {
  const { securitySchemes } = await securityOf({ authentication: SCHEMES })
  assert.deepEqual(Object.keys(securitySchemes), [
    'bearer',
    'session',
    'csrf',
    'apiToken',
  ])
  assert.deepEqual(securitySchemes.bearer, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
})

test('tokens that are bound to a key have a scheme of their own where they are accepted', async () => {
  const url = 'https://app.example.com'
  for (const options of [{ dpop: true }, { oauth: true }] as const) {
    const { securitySchemes, securityFor } = await securityOf({ url, ...options })
    assert.partialDeepStrictEqual(securitySchemes.dpop, { type: 'http', scheme: 'dpop' })
    assert.deepEqual(securityFor(), [{ bearer: [] }, { dpop: [] }])
    const other = securityFor({ schemes: [apiToken()] })
    assert.deepEqual(other, [{ apiToken: [] }])
  }
  assert.equal((await securityOf({ url })).securitySchemes.dpop, undefined)
})

test('the security of a route follows its requirement and its method (OA-28)', async () => {
  const { securityFor } = await securityOf({ authentication: SCHEMES })
  const all = [{ bearer: [] }, { session: [] }, { apiToken: [] }]
  assert.deepEqual(securityFor(), all)
  assert.deepEqual(securityFor('notes.add'), all)
  assert.deepEqual(securityFor(allOf(isStaff)), all)
  assert.deepEqual(securityFor({ throttle: 'search' }), all)
  assert.deepEqual(securityFor(isStaff, 'POST')[1], { session: [], csrf: [] })
  assert.deepEqual(securityFor({ schemes: [basic()] }, 'POST'), [{ basic: [] }])
})

test('a route that admits anonymous requests has an empty alternative', async () => {
  const { securityFor } = await securityOf({ authentication: SCHEMES })
  for (const requirement of [allowAny, { permissions: allowAny }, { permissions: [] }])
    assert.deepEqual(securityFor(requirement).at(-1), {})
})

test('a header of its own is an API key, as OpenAPI has no name for it', async () => {
  const { securitySchemes } = await securityOf({
    tokens: { headerName: 'X-Access', headerTypes: ['JWT'] },
  })
  assert.partialDeepStrictEqual(securitySchemes.bearer, {
    type: 'apiKey',
    in: 'header',
    name: 'x-access',
  })
})

test('two schemes of one name stand beside each other', async () => {
  const { securitySchemes, securityFor } = await securityOf({
    authentication: [apiToken(), apiToken({ keyword: 'Key' })],
  })
  assert.deepEqual(Object.keys(securitySchemes), ['apiToken', 'apiToken2'])
  assert.deepEqual(securityFor(), [{ apiToken: [] }, { apiToken2: [] }])
})
