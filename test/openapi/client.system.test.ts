import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { mount } from '../../src/adapters/node.ts'
import { createClient } from '../../src/client/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { CONFIGURATIONS } from './configurations.ts'
import { generateTypes, tool, withoutTools } from './tools.ts'

const run = promisify(execFile)
const TSC = join(process.cwd(), 'node_modules/.bin/tsc')
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** Signs in, refreshes, and calls a guarded route, with the types of the document. */
const PROGRAM = `
import createClient from 'openapi-fetch'
import type { components, paths } from './types.d.ts'

const client = createClient<paths>({ baseUrl: process.argv[2]! })
const username = 'ada'
const wrong = await client.POST('/api/token/', { body: { username, password: 'wrong' } })
if (wrong.error === undefined) throw new Error('a wrong password signs in')
if (!('detail' in wrong.error)) throw new Error('no detail')
const shown: unknown = wrong.error.detail

const signedIn = await client.POST('/api/token/', {
  body: { username, password: process.argv[3]! },
})
const pair: components['schemas']['TokenPair'] | undefined = signedIn.data
if (pair === undefined) throw new Error('not signed in')
const refresh: string = pair.refresh

const refreshed = await client.POST('/api/token/refresh/', { body: { refresh } })
const access: string | undefined = refreshed.data?.access
const headers = { authorization: 'Bearer ' + access }
const response = await fetch(process.argv[2] + '/notes/', { headers })
console.log(JSON.stringify({ detail: shown, status: response.status }))
`

/** Each of these must not compile. */
const WRONG: Readonly<Record<string, string>> = {
  'a field is missing': `await client.POST('/api/token/', { body: { username: 'ada' } })`,
  'the path does not exist': `await client.POST('/api/tokens/', { body: {} })`,
  'the answer has no such member': `const { data } = await client.POST('/api/token/refresh/', { body: { refresh: '' } })
    data?.token satisfies unknown`,
}

const HEAD = `import createClient from 'openapi-fetch'
import type { paths } from './types.d.ts'
const client = createClient<paths>({ baseUrl: '' })
`

const compile = (folder: string, file: string): Promise<unknown> =>
  run(TSC, [
    ...[
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
    ],
    ...['--target', 'es2024', '--allowImportingTsExtensions', '--types', 'node'],
    ...['--typeRoots', join(process.cwd(), 'node_modules/@types')],
    join(folder, file),
  ])

async function folderWithTypes(document: object): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.place-'))
  const file = join(folder, 'openapi.json')
  writeFileSync(file, JSON.stringify(document))
  const printed = await generateTypes(file, join(folder, 'types.d.ts'))
  assert.doesNotMatch(printed, /warn|error/i)
  return folder
}

test('a generated client signs in, refreshes and calls a guarded route (OA-17 to OA-19)', {
  skip: withoutTools,
}, async (t) => {
  await using app = testInstance()
  const { auth } = app
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const server = createServer()
  const guard = mount(server, auth)
  const notes = guard((_request, response) => response.end('[]'))
  server.on('request', (request, response) => {
    if (request.url === '/notes/') void notes(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const folder = await folderWithTypes(await auth.openapi())
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'program.ts'), PROGRAM)

  await compile(folder, 'program.ts')
  const { port } = server.address() as AddressInfo
  const { stdout } = await run(process.execPath, [
    join(folder, 'program.ts'),
    `http://127.0.0.1:${port}`,
    PASSWORD,
  ])

  assert.deepEqual(JSON.parse(stdout), {
    detail: 'No active account found with the given credentials',
    status: 200,
  })
  for (const [what, line] of Object.entries(WRONG)) {
    writeFileSync(join(folder, 'wrong.ts'), `${HEAD}${line}\n`)
    await assert.rejects(compile(folder, 'wrong.ts'), /Command failed/, what)
  }
})

test('the types of a document with all features compile', {
  skip: withoutTools,
}, async (t) => {
  await using app = testInstance(CONFIGURATIONS['all features'])
  const { auth } = app
  const folder = await folderWithTypes(await auth.openapi())
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(
    join(folder, 'all.ts'),
    `import type { components, operations } from './types.d.ts'
    export const user: components['schemas']['User']['nickname'] = null
    export type Never = operations['signUp']['responses'][201] extends never ? true : false
    export const never: Never = false\n`,
  )

  await assert.doesNotReject(compile(folder, 'all.ts'))
})

/** Compiles if the errors of a client are those of the documented statuses, and none is `never`. */
const ERRORS = `
import createClient from 'openapi-fetch'
import type { operations, paths } from './types.d.ts'

type Same<A, B> = [A, B] extends [B, A] ? true : false
type Statuses = Exclude<keyof operations['obtainToken']['responses'], 200>
type Documented = 400 | 401 | 403 | 404 | 405 | 406 | 413 | 415 | 429 | 503
export const statuses: Same<Statuses, Documented> = true

const client = createClient<paths>({ baseUrl: '' })
const body = { username: 'ada', password: '' }
const { error } = await client.POST('/api/token/', { body })
type Bodies = {
  [Status in Statuses]: operations['obtainToken']['responses'][Status] extends {
    content: { 'application/json': infer Body }
  } ? Body : 'no body'
}[Statuses]
export const all: Same<NonNullable<typeof error>, Bodies> = true
export const isNever: Same<NonNullable<typeof error>, never> = false
`

test('the error of a client is the union of the bodies of all documented statuses (OA-21)', {
  skip: withoutTools,
}, async (t) => {
  await using app = testInstance(CONFIGURATIONS['all features'])
  const folder = await folderWithTypes(await app.auth.openapi())
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'errors.ts'), ERRORS)
  await compile(folder, 'errors.ts')
  writeFileSync(join(folder, 'errors.ts'), ERRORS.replace(' | 503', ''))
  await assert.rejects(compile(folder, 'errors.ts'), /Command failed/)
})

interface OpenApiFetch {
  readonly default: (options: {
    readonly baseUrl: string
    readonly fetch: (request: Request) => Promise<Response>
  }) => {
    POST(
      path: string,
      options: { readonly body: object },
    ): Promise<{ readonly data?: unknown; readonly response: Response }>
  }
}

test('with the fetch of watchword/client an ended access token is refreshed, and the body arrives once (OA-20)', {
  skip: withoutTools,
}, async (t) => {
  await using app = testInstance()
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const bodies: string[] = []
  const server = createServer()
  const guard = mount(server, app.auth)
  const notes = guard(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    bodies.push(Buffer.concat(chunks).toString())
    response.setHeader('content-type', 'application/json')
    response.end('{"written":true}')
  })
  server.on('request', (request, response) => {
    if (request.url === '/notes/') void notes(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  const watchword = createClient(baseUrl)
  await watchword.signIn({ username: 'ada', password: PASSWORD })
  const { default: createOpenApiClient } = await tool<OpenApiFetch>(
    'openapi-fetch/dist/index.mjs',
  )
  const client = createOpenApiClient({
    baseUrl,
    fetch: (request) => watchword.fetch(request),
  })

  app.clock.advance(360)
  const { data, response } = await client.POST('/notes/', { body: { title: 'One' } })

  assert.equal(response.status, 200)
  assert.deepEqual(data, { written: true })
  assert.deepEqual(bodies, ['{"title":"One"}'])
})
