import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

/** A program, and fewer bytes than this when it is minified and compressed. */
const SIZES = [
  ["export { createClient } from './index.ts'", 8650],
  ["export { createClient, passkeys } from './index.ts'", 9560],
  ["export * from './react.ts'", 600],
  ["export * from './vue.ts'", 600],
  ["export * from './angular.ts'", 900],
] as const

const FRAMEWORKS = /^(react|vue|rxjs|@angular\/.*)$/

/** The code of a page that has this program. */
async function bundled(program: string): Promise<string> {
  const entry = resolve('src/client/entry-of-the-test.ts')
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    external: FRAMEWORKS,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? entry : undefined),
        load: (id) => (id === entry ? program : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return output[0].code
}

for (const [program, most] of SIZES) {
  test(`${program.replace(/'/g, '')}: less than ${most} bytes`, async (t) => {
    const size = gzipSync(await bundled(program), { level: 9 }).length
    t.diagnostic(`${size} bytes`)
    assert.ok(size < most, `${size} bytes`)
  })
}

test('without passkeys nothing of them is in the bundle', async () => {
  const code = await bundled("export { createClient } from './index.ts'")
  assert.doesNotMatch(code, /PublicKeyCredential/)
})

test('an import that is not used leaves nothing', async () => {
  assert.equal((await bundled("import './index.ts'")).trim(), '')
})

/** Lines of code at most: Angular's has an interceptor. */
const LINES = [
  ['react', 40],
  ['vue', 40],
  ['angular', 55],
] as const

test('a binding is short, and the client never steals a lock', () => {
  for (const [name, most] of LINES) {
    const text = readFileSync(`src/client/${name}.ts`, 'utf8')
    const code = text
      .replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
      .replace(/^import .*?from '.*?'$/gms, '')
    const lines = code.split('\n').filter((line) => line.trim() !== '')
    assert.ok(lines.length <= most, `${name}: ${lines.length}`)
  }
  assert.doesNotMatch(readFileSync('src/client/lock.ts', 'utf8'), /steal/)
})
