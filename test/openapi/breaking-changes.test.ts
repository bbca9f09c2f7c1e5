import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { watchword } from '../../src/index.ts'
import { breakingChanges, type ComparedDocument } from './breaking-changes.ts'
import { CONFIGURATIONS } from './configurations.ts'

async function currentDocument(): Promise<ComparedDocument> {
  const options = CONFIGURATIONS['all features'] ?? assert.fail()
  const auth = watchword({ database: 'sqlite::memory:', log: () => {}, ...options })
  return (await auth.openapi()) as unknown as ComparedDocument
}

test('nothing that clients of the published document use is gone or different (OA-15)', async () => {
  const file = new URL('document.json', import.meta.url)
  const published: ComparedDocument = JSON.parse(readFileSync(file, 'utf8'))
  assert.deepEqual(breakingChanges(published, await currentDocument()), [])
})

// biome-ignore lint/suspicious/noExplicitAny: each change is made at one place of a large document
type Changed = any

for (const [what, change, expected] of [
  [
    'a path',
    ({ paths }: Changed) => delete paths['/api/token/'],
    /^POST \/api\/token\/ is gone$/,
  ],
  [
    'a status',
    ({ paths }: Changed) => delete paths['/api/token/'].post.responses[401],
    /^POST \/api\/token\/ does not answer 401$/,
  ],
  [
    'a member of an answer',
    ({ components }: Changed) => delete components.schemas.TokenPair.properties.access,
    /^POST \/api\/token\/ 200 has no access$/,
  ],
  [
    'the type of a member',
    ({ components }: Changed) =>
      Object.assign(components.schemas.User.properties.staff, { type: 'string' }),
    /\.staff has the type string$/,
  ],
  [
    'a field that is required',
    ({ components }: Changed) =>
      components.schemas.ObtainTokenRequest.required.push('otp'),
    /^POST \/api\/token\/ requires otp$/,
  ],
  [
    'the name of an operation',
    ({ paths }: Changed) =>
      Object.assign(paths['/api/token/'].post, { operationId: 'signIn' }),
    /is called signIn$/,
  ],
] as const)
  test(`another document breaks clients by ${what}`, async () => {
    const former = await currentDocument()
    const current = structuredClone(former)
    change(current)
    assert.ok(breakingChanges(former, current).some((each) => expected.test(each)))
  })

test('no example is a token (OA-12)', async () => {
  const text = JSON.stringify(await currentDocument())
  assert.doesNotMatch(text, /eyJ|[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/)
})
