import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ERRORS } from '../../src/base/errors.ts'
import { withoutLastSlash } from '../../src/http/router.ts'
import { watchword } from '../../src/index.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import type { Options } from '../../src/settings/options.ts'
import { CONFIGURATIONS } from './configurations.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly object[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> }
  readonly responses: Readonly<Record<string, Response>>
}
interface Content {
  readonly schema: { readonly $ref?: string }
  readonly example?: unknown
}
interface Response {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, Content>>
}
interface Schema {
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly securitySchemes?: object
  }
}

/** The document of an instance that is never opened. */
async function documentOf(options: Options): Promise<Document> {
  const auth = watchword({ database: '/nowhere/at/all.db', log: () => {}, ...options })
  return (await auth.openapi()) as unknown as Document
}

const operationsIn = ({ paths }: Document): readonly Operation[] =>
  Object.values(paths).flatMap((item) =>
    Object.entries(item)
      .filter(([name]) => name !== 'parameters')
      .map(([, operation]) => operation),
  )

const operation = (document: Document, id: string): Operation =>
  operationsIn(document).find(({ operationId }) => operationId === id) ??
  assert.fail(`no operation ${id}`)

const answerOf = (document: Document, id: string, status = 200): Schema => {
  const { content = {} } = operation(document, id).responses[status] ?? {}
  return resolved(document, content['application/json']?.schema ?? assert.fail('no body'))
}

const bodyOf = (document: Document, id: string): Schema => {
  const { content } = operation(document, id).requestBody ?? assert.fail('no body')
  return resolved(document, content['application/json']?.schema ?? assert.fail('no JSON'))
}

function resolved({ components }: Document, schema: { readonly $ref?: string }): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return (name === undefined ? schema : components.schemas[name]) as Schema
}

/** Pages and their files are for people. */
const PAGES: readonly string[] = ['Browse', 'Browse Assets', 'Page Assets']

const isOfApi = ({ name }: { readonly name: string }): boolean =>
  !PAGES.includes(name) && !/^(?:pages|oauth)\./.test(name)

for (const [name, options] of Object.entries(CONFIGURATIONS)) {
  test(`${name}: each method of each mounted endpoint is in the document, and no other (OA-03)`, async () => {
    const auth = watchword({ database: 'sqlite::memory:', log: () => {}, ...options })
    const { surface, paths } = internalsOf(auth)
    const document = (await auth.openapi()) as unknown as Document

    const documented = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    const mounted = surface.endpoints
      .filter(isOfApi)
      .flatMap(({ path, methods }) =>
        Object.keys(methods).map(
          (method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
        ),
      )
    assert.deepEqual(documented.sort(), mounted.sort())
    const bare = surface.endpoints.map(({ path }) => withoutLastSlash(path))
    assert.deepEqual(bare.sort(), [...paths].sort())
  })

  test(`${name}: ids of operations are unique, and two documents are equal (OA-04, OA-13)`, async () => {
    const document = await documentOf(options)
    const ids = operationsIn(document).map(({ operationId }) => operationId)
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.every((id) => /^[a-z][A-Za-z0-9]*$/.test(id)))
    const text = JSON.stringify(document)
    assert.equal(JSON.stringify(await documentOf(options)), text)
    assert.ok(text.length < 200_000, `${text.length} bytes`)
  })
}

test('the ids of operations stay as they are (OA-04)', async () => {
  const ids = await Promise.all(
    Object.entries(CONFIGURATIONS).map(async ([name, options]) => [
      name,
      operationsIn(await documentOf(options)).map(({ operationId }) => operationId),
    ]),
  )
  const known = readFileSync(new URL('operations.json', import.meta.url), 'utf8')
  assert.deepEqual(Object.fromEntries(ids), JSON.parse(known))
})

test('bodies name the field that users sign in with, and passwords are write-only (OA-05)', async () => {
  const document = await documentOf(CONFIGURATIONS['e-mail as login field'] ?? {})
  const body = bodyOf(document, 'obtainToken')
  assert.deepEqual(body.required, ['email', 'password'])
  assert.equal(body.properties.password?.format, 'password')
  assert.equal(body.properties.password?.writeOnly, true)
  const { content } = operation(document, 'obtainToken').requestBody ?? assert.fail()
  assert.deepEqual(Object.keys(content), [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ])
})

test('the answer to a refresh follows the options (OA-07)', async () => {
  const fields = async (options: Options) =>
    Object.keys(answerOf(await documentOf(options), 'refreshToken').properties)
  assert.deepEqual(await fields({}), ['access', 'refresh'])
  assert.deepEqual(await fields({ tokens: { rotate: false } }), ['access'])
  assert.deepEqual(await fields({ tokens: { sessions: false } }), ['access'])
  assert.deepEqual(await fields({ tokens: { transport: 'cookie' } }), [
    'accessExpiresAt',
    'refreshExpiresAt',
    'claims',
    'csrfToken',
  ])
})

test('objects of answers are closed, and those of requests open (OA-09)', async () => {
  const document = await documentOf({})
  assert.partialDeepStrictEqual(answerOf(document, 'obtainToken'), {
    additionalProperties: false,
  })
  assert.ok(!('additionalProperties' in bodyOf(document, 'obtainToken')))
})

test('alternatives of security have the order of the schemes, and a session needs the CSRF token where something changes (OA-10)', async () => {
  const document = await documentOf(CONFIGURATIONS['all features'] ?? {})
  const reading = operation(document, 'listOwnSessions').security
  assert.deepEqual(reading, [
    { bearer: [] },
    { dpop: [] },
    { session: [] },
    { apiToken: [] },
    { basic: [] },
  ])
  const changing = operation(document, 'revokeOtherSessions').security
  assert.deepEqual(changing[2], { session: [], csrf: [] })
  assert.deepEqual(operation(document, 'obtainToken').security, [])
  const { securitySchemes } = (await documentOf({})).components
  assert.equal(securitySchemes, undefined)
})

test('the codes of errors are those of the closed table, each with a description (OA-11)', async () => {
  const { Error: schema } = (await documentOf({})).components.schemas
  const { enum: codes, description } = schema?.properties.code ?? {}
  const wire = Object.values(ERRORS).flatMap((row) => ('code' in row ? [row.code] : []))
  assert.deepEqual(codes, [...new Set(wire)])
  for (const code of wire) assert.ok(String(description).includes(`${code}: `))
})

test('a sign-in that needs a second step has its answer where second factors are on', async () => {
  const answered = async (options: Options) =>
    operation(await documentOf(options), 'obtainToken').responses[403]
  assert.equal(await answered({}), undefined)
  const { content } =
    (await answered(CONFIGURATIONS['all features'] ?? {})) ?? assert.fail()
  const ref = content?.['application/json']?.schema.$ref
  assert.equal(ref, '#/components/schemas/SecondFactorRequired')
})

test('the document has no secret, and no value of an option but names and paths (OA-14)', async () => {
  const secret = 'this-is-a-secret-of-forty-characters-0123'
  const text = JSON.stringify(
    await documentOf({
      secret,
      database: '/var/lib/hidden/users.db',
      tokens: {
        algorithm: 'HS256',
        signingKey: `${secret}-signing`,
        issuer: 'https://hidden.example',
      },
    }),
  )
  for (const hidden of [secret, 'hidden', '/var/lib'])
    assert.ok(!text.includes(hidden), hidden)
})

test('a handler of the application may answer what it likes', async () => {
  const document = await documentOf({
    endpoints: { obtain: { handle: async (_fields, _request, next) => next() } },
  })
  const { content = {} } = operation(document, 'obtainToken').responses[200] ?? {}
  assert.deepEqual(content['application/json']?.schema, { type: 'object' })
})

test('two presets of one kind have operations of their own', async () => {
  const { knox } = await import('../../src/presets/index.ts')
  const presets = [knox(), knox({ prefix: '/second' })]
  const ids = operationsIn(await documentOf({ presets })).map((each) => each.operationId)
  assert.ok(ids.includes('knoxLogin') && ids.includes('knoxKnoxLogin'))
})
