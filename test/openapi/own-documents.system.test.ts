import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Controller, Module, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { guardOf } from '../../src/adapters/nest.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { tool, withoutTools } from './tools.ts'

const [, chapter = ''] = readFileSync('docs/openapi.md', 'utf8').split(
  '## In a document of your own',
)
const PROGRAMS = new Map(
  [...chapter.matchAll(/^\*\*(\w+)\*\*.*?```js\n(.*?)^```$/gms)].map(
    ([, name = '', program = '']) => [name, program],
  ),
)

const SOURCES: Readonly<Record<string, string>> = {
  'watchword/fastify': 'src/adapters/fastify.ts',
  'watchword/hono': 'src/adapters/hono.ts',
  'watchword/permissions': 'src/permissions/index.ts',
}

const AUTH = `import { apiToken, bearer, session } from '${process.cwd()}/src/authentication.ts'
import { watchword } from '${process.cwd()}/src/index.ts'
export const auth = watchword({
  database: 'sqlite::memory:', secret: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e', log: () => {},
  authentication: [bearer(), session(), apiToken()],
})
`

/** Runs a program of the documentation with the sources. @returns what it exports */
async function run(
  t: TestContext,
  name: string,
): Promise<Readonly<Record<string, never>>> {
  const folder = mkdtempSync(join(import.meta.dirname, '.place-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const program = PROGRAMS.get(name) ?? assert.fail(`no program of ${name}`)
  const text = program.replace(/'(watchword\/\w+)'/g, (_, subpath: string) =>
    JSON.stringify(join(process.cwd(), SOURCES[subpath] ?? assert.fail(subpath))),
  )
  writeFileSync(join(folder, 'auth.ts'), AUTH)
  writeFileSync(join(folder, 'program.mjs'), text)
  return import(join(folder, 'program.mjs'))
}

interface OwnDocument {
  readonly paths: Readonly<
    Record<string, { readonly post: { readonly security: object } }>
  >
  readonly components: { readonly securitySchemes: object }
}

function assertSecured({ paths, components }: OwnDocument, path = '/notes/'): void {
  assert.deepEqual(Object.keys(components.securitySchemes), [
    'bearer',
    'session',
    'csrf',
    'apiToken',
  ])
  assert.deepEqual(paths[path]?.post.security, [
    { bearer: [] },
    { session: [], csrf: [] },
    { apiToken: [] },
  ])
}

interface SwaggerParser {
  readonly default: { validate(document: object): Promise<unknown> }
}

const validated = async (document: object): Promise<void> => {
  const parser = await tool<SwaggerParser>('@apidevtools/swagger-parser')
  await parser.default.validate(structuredClone(document))
}

for (const name of ['Fastify', 'Hono'])
  test(`${name}: the document of the framework has the security of the guard (OA-28)`, {
    skip: withoutTools,
  }, async (t) => {
    const { document } = await run(t, name)
    assertSecured(document as unknown as OwnDocument)
    await validated(document as unknown as object)
  })

test('Nest: the document of the framework has the security of the guard (OA-28)', {
  skip: withoutTools,
}, async (t) => {
  // Its decorators keep their arguments in globals.
  t.after(() => {
    for (const name of ['Parameters', 'Responses'])
      Reflect.deleteProperty(globalThis, `SwaggerGlobal${name}Storage`)
  })
  const program = await run(t, 'Nest')
  const documentOf = program.documentOf as unknown as (app: object) => OwnDocument
  const { watchword } = await import('../../src/index.ts')
  const { apiToken, bearer, session } = await import('../../src/authentication.ts')
  const auth = watchword({
    database: 'sqlite::memory:',
    log: () => {},
    authentication: [bearer(), session(), apiToken()],
  })
  const { securityFor } = await auth.openapiSecurity()
  const { ApiOperation } = await tool<{
    ApiOperation(options: object): MethodDecorator
  }>('@nestjs/swagger')
  class Notes {
    write(): void {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Notes.prototype, 'write') ?? {}
  for (const decorator of [
    Post('/'),
    UseGuards(guardOf(auth)(isStaff)),
    ApiOperation({ security: securityFor(isStaff, 'POST') }),
  ])
    decorator(Notes.prototype, 'write', descriptor)
  Controller('notes')(Notes)
  class App {}
  Module({ controllers: [Notes] })(App)
  const app = await NestFactory.create(App, { logger: false })
  t.after(() => app.close())
  await app.init()
  const document = documentOf(app)
  assertSecured(document, '/notes')
  await validated(document)
})
