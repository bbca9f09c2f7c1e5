import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Controller, Delete, Get, Module, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import * as z from 'zod/mini'
import { mount as mountInExpress } from '../../src/adapters/express.ts'
import { mount as mountInFastify } from '../../src/adapters/fastify.ts'
import { guardOf } from '../../src/adapters/fetch.ts'
import { mount as mountInHono } from '../../src/adapters/hono.ts'
import { guardOf as guardInNest, mount as mountInNest } from '../../src/adapters/nest.ts'
import { guard as guardInNext } from '../../src/adapters/next.ts'
import { mount as mountInNode } from '../../src/adapters/node.ts'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import { templateOf } from '../../src/features/openapi/routes.ts'
import { allOf, allowAny, anyOf, hasScope, isStaff } from '../../src/permissions/index.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'

const NewNote = z.object({ title: z.string(), public: z.optional(z.boolean()) })
const WRITE = {
  describe: {
    summary: 'Write a note',
    body: NewNote,
    query: z.object({ draft: z.optional(z.string()) }),
    answers: { 201: { type: 'object', required: ['id'] } },
    example: { title: 'One' },
  },
}
const READ = { describe: { summary: 'A note' } }

type Auth = ReturnType<typeof testInstance>['auth']

/** The same routes in each framework: two that describe themselves, one that does not, and one with a wildcard. */
const APPLICATIONS: Readonly<Record<string, (auth: Auth) => Promise<unknown>>> = {
  async express(auth) {
    const app = express()
    const guard = mountInExpress(app, auth)
    const end = (_: unknown, response: express.Response) => void response.end()
    app.post('/notes/', guard(WRITE, end))
    app.get('/notes/:id', guard(READ, end))
    app.delete('/notes/:id', guard(end))
    app.get('/files/*path', guard(READ, end))
  },
  async fastify(auth) {
    const app = fastify()
    const guard = mountInFastify(app, auth)
    app.post(
      '/notes/',
      guard(WRITE, async () => ''),
    )
    app.get(
      '/notes/:id',
      guard(READ, async () => ''),
    )
    app.delete(
      '/notes/:id',
      guard(async () => ''),
    )
    app.get(
      '/files/*',
      guard(READ, async () => ''),
    )
    await app.ready()
  },
  async nest(auth) {
    const guard = guardInNest(auth)
    class Notes {
      write() {}
      read() {}
      remove() {}
      files() {}
    }
    const add = (name: keyof Notes, ...decorators: readonly MethodDecorator[]): void => {
      const descriptor = Object.getOwnPropertyDescriptor(Notes.prototype, name)
      for (const each of decorators) each(Notes.prototype, name, descriptor ?? {})
    }
    add('write', Post('/'), UseGuards(guard(WRITE)))
    add('read', Get(':id'), UseGuards(guard(READ)))
    add('remove', Delete(':id'), UseGuards(guard()))
    add('files', Get('files/*path'), UseGuards(guard(READ)))
    Controller('notes')(Notes)
    class App {}
    Module({ controllers: [Notes] })(App)
    const app = await NestFactory.create(App, { logger: false })
    mountInNest(app, auth)
    await app.init()
  },
  async hono(auth) {
    const app = new Hono()
    const guard = mountInHono(app, auth)
    app.post('/notes/', guard(WRITE), (c) => c.text(''))
    app.get('/notes/:id', guard(READ), (c) => c.text(''))
    app.delete('/notes/:id', guard(), (c) => c.text(''))
    app.get('/files/*', guard(READ), (c) => c.text(''))
  },
}

/** Frameworks whose routes the adapter cannot see: the descriptions say where they are. */
const DECLARING: Readonly<Record<string, (auth: Auth) => unknown>> = {
  'node:http'(auth) {
    const guard = mountInNode(createServer(), auth)
    guard({ ...declared(WRITE, '/notes/', 'POST'), permissions: isStaff }, () => {})
    guard(declared(READ, '/notes/:id', 'GET'), () => {})
    guard(READ, () => {})
  },
  fetch(auth) {
    const guard = guardOf(auth)
    const handler = () => new Response()
    guard({ ...declared(WRITE, '/notes/', 'POST'), permissions: isStaff }, handler)
    guard(declared(READ, '/notes/:id', 'GET'), handler)
    guard(READ, handler)
  },
  Next(auth) {
    const handler = () => new Response()
    const write = { ...declared(WRITE, '/notes/', 'POST'), permissions: isStaff }
    guardInNext(auth, write, handler)
    guardInNext(auth, declared(READ, '/notes/[id]', 'GET'), handler)
    guardInNext(auth, READ, handler)
  },
}

const declared = ({ describe }: { describe: object }, path: string, method: string) => ({
  describe: { ...describe, path, methods: [method] },
})

for (const [name, build] of Object.entries(DECLARING))
  test(`${name}: routes are added whose descriptions say where they are (OA-25)`, async () => {
    await using app = testInstance({ authentication: [bearer()] })
    const alone = await app.auth.openapi()
    build(app.auth)
    const { paths } = await app.auth.openapi({ routes: true })
    const added = Object.keys(paths).filter((path) => !(path in alone.paths))
    assert.deepEqual(added.sort(), ['/notes/', '/notes/{id}'])
    assert.equal((paths as Paths)['/notes/']?.post?.operationId, 'postNotes')
    assert.deepEqual((paths as Paths)['/notes/{id}']?.get?.security, [{ bearer: [] }])
  })

test('a required scope is in the document, and other requirements if they are public (OA-29)', async () => {
  const requirement = {
    permissions: allOf(isStaff, hasScope('export')),
    ...declared(READ, '/export/', 'GET'),
  }
  const operationWith = async (options: TestOptions): Promise<Operation | undefined> => {
    await using app = testInstance({ authentication: [apiToken()], ...options })
    guardOf(app.auth)(requirement, () => new Response())
    const alternatives = { permissions: anyOf(hasScope('a'), hasScope('b')) }
    const either = { ...alternatives, ...declared(READ, '/either/', 'GET') }
    guardOf(app.auth)(either, () => new Response())
    const { paths } = (await app.auth.openapi({ routes: true })) as unknown as {
      readonly paths: Paths
    }
    assert.equal(paths['/either/']?.get?.['x-required-scopes'], undefined)
    return paths['/export/']?.get
  }
  const hidden = await operationWith({})
  assert.deepEqual(hidden?.['x-required-scopes'], ['export'])
  assert.deepEqual(hidden?.security, [{ apiToken: [] }])
  assert.equal(hidden?.description, undefined)
  const shown = await operationWith({ browsableApi: { requirements: 'public' } })
  assert.equal(shown?.description, 'Requires: staff, and scope "export".')
})

test('a scheme that has scopes names them in its entry (OA-29)', async () => {
  const scheme = { type: 'oauth2', flows: {} }
  const custom = Object.assign(() => ({ identify: () => undefined }), {
    security: () => [{ name: 'oauth', scheme }],
  })
  await using app = testInstance({ authentication: [custom as never] })
  const { securityFor } = await app.auth.openapiSecurity()
  assert.deepEqual(securityFor(hasScope('export')), [{ oauth: ['export'] }])
})

interface Operation {
  readonly operationId: string
  readonly description?: string
  readonly 'x-required-scopes'?: readonly string[]
  readonly security: readonly object[]
  readonly parameters?: readonly object[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, object>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

for (const [name, build] of Object.entries(APPLICATIONS))
  test(`${name}: routes that describe themselves are added if that is asked for (OA-25 to OA-27)`, async () => {
    await using app = testInstance({ authentication: [bearer(), session(), apiToken()] })
    const alone = await app.auth.openapi()
    await build(app.auth)
    assert.deepEqual(await app.auth.openapi(), alone)

    const { paths } = await app.auth.openapi({ routes: true })
    const added = Object.keys(paths).filter((path) => !(path in alone.paths))
    assert.deepEqual(added.sort(), ['/notes/', '/notes/{id}'])
    const { post: write } = (paths as Paths)['/notes/'] ?? {}
    assert.equal(write?.operationId, 'postNotes')
    assert.deepEqual(write?.security, [
      { bearer: [] },
      { session: [], csrf: [] },
      { apiToken: [] },
    ])
    assert.deepEqual(write?.parameters, [
      { name: 'draft', in: 'query', required: false, schema: { type: 'string' } },
    ])
    assert.partialDeepStrictEqual(write?.requestBody, {
      required: true,
      content: {
        'application/json': {
          schema: { type: 'object', required: ['title'] },
          example: { title: 'One' },
        },
      },
    })
    assert.deepEqual(Object.keys(write?.responses ?? {}), [
      '201',
      '401',
      '403',
      '429',
      '503',
    ])
    const item = (paths as Paths)['/notes/{id}'] ?? {}
    assert.deepEqual(Object.keys(item), ['parameters', 'get'])
    assert.equal(item.get?.operationId, 'getNotesById')
    assert.deepEqual(Object.keys(item.get?.responses ?? {}).includes('2XX'), true)
  })

for (const [path, template] of [
  ['/notes/', '/notes/'],
  ['/notes/:id', '/notes/{id}'],
  ['/notes/:id(\\d+)/tags/:tag', '/notes/{id}/tags/{tag}'],
  ['/notes/{id}', '/notes/{id}'],
  ['/notes/[id]', '/notes/{id}'],
  ['/files/*', undefined],
  ['/files/*path', undefined],
  ['/files/[...path]', undefined],
  ['/notes/:id?', undefined],
] as const)
  test(`the path ${path} is ${template} in a document (OA-26)`, () => {
    assert.equal(templateOf(path), template)
  })

test('a public route has an empty alternative, and a requirement of its own its schemes', async () => {
  await using app = testInstance({ authentication: [bearer()] })
  const server = express()
  const guard = mountInExpress(server, app.auth)
  const end = (_: unknown, response: express.Response) => void response.end()
  server.get('/open/', guard({ permissions: allowAny, ...READ }, end))
  server.get(
    '/export/',
    guard({ schemes: [apiToken()], permissions: hasScope('export'), ...READ }, end),
  )
  const { paths } = await app.auth.openapi({ routes: true })
  const securityOf = (path: string) => (paths as Paths)[path]?.get?.security
  assert.deepEqual(securityOf('/open/'), [{ bearer: [] }, {}])
  assert.deepEqual(securityOf('/export/'), [{ apiToken: [] }])
})
