import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

/** What is imported, and fewer bytes than this when it is minified and compressed. */
const SIZES = [
  ['createClient', 5000],
  ['createClient, tabStorage', 7100],
  ['createClient, browserStorage', 7250],
  ['createClient, tokenCookies', 7800],
  ['createClient, passkeys', 6000],
  ['createClient, refreshAhead', 5650],
  ['createClient, interceptor', 5250],
  ['createClient, dpop', 6550],
] as const

/** A binding, what it is added to, and fewer bytes than this that it adds. */
const BINDINGS = [
  ['react', 'createClient', 250],
  ['vue', 'createClient', 300],
  ['angular', 'createClient, interceptor', 600],
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

const sizeOf = async (program: string): Promise<number> =>
  gzipSync(await bundled(program), { level: 9 }).length

for (const [names, most] of SIZES) {
  test(`${names}: less than ${most} bytes`, async (t) => {
    const size = await sizeOf(`export { ${names} } from './index.ts'`)
    t.diagnostic(`${size} bytes`)
    assert.ok(size < most, `${size} bytes`)
  })
}

for (const [name, names, most] of BINDINGS) {
  test(`the binding of ${name} adds less than ${most} bytes to ${names}`, async (t) => {
    const core = `export { ${names} } from './index.ts'`
    const added =
      (await sizeOf(`${core}; export * from './${name}.ts'`)) - (await sizeOf(core))
    t.diagnostic(`${added} bytes`)
    assert.ok(added < most, `${added} bytes`)
  })
}

test('without passkeys nothing of them is in the bundle', async () => {
  const code = await bundled("export { createClient } from './index.ts'")
  assert.doesNotMatch(code, /PublicKeyCredential/)
})

test('tokens in memory need no storage, lock, channel or CSRF token', async () => {
  const code = await bundled("export { createClient } from './index.ts'")
  assert.doesNotMatch(code, /localStorage|\blocks\b|new BroadcastChannel|csrftoken/)
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
