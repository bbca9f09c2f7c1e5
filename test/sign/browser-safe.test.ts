import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { modulesFrom } from '../verify/modules.ts'
import { bundled } from './bundled.ts'

/** Globals of Node that browsers lack. */
const NODES_OWN = /\b(Buffer|process|__dirname|setImmediate|global)\b/

const withoutComments = (code: string): string =>
  code.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')

test('no module of watchword/sign uses Node', () => {
  const modules = modulesFrom(new URL('../../src/sign/index.ts', import.meta.url))
  assert.ok(modules.size > 12, 'the graph was walked')
  for (const [url, { imports, code }] of modules) {
    const foreign = imports.filter((each) => !each.startsWith('.'))
    assert.deepEqual(
      foreign.filter((each) => each !== 'structured-headers'),
      [],
      url,
    )
    assert.doesNotMatch(withoutComments(code), NODES_OWN, url)
  }
})

/** What is imported, and fewer bytes than this when it is minified and compressed. */
const SIZES = [
  ['signedFetch, httpSignature', 7900],
  ['signedFetch, dpop, dpopKey', 3250],
  ['signedFetch, hawk', 3300],
  ['requestVerifier', 10900],
  ['responseVerifier', 8250],
] as const

for (const [names, most] of SIZES) {
  test(`${names}: less than ${most} bytes`, async (t) => {
    const size = gzipSync(await bundled(names), { level: 9 }).length
    t.diagnostic(`${size} bytes`)
    assert.ok(size < most, `${size} bytes`)
  })
}
