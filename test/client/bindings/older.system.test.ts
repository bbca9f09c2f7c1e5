import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

const PLACE = 'test/client/older'

interface Manifest {
  readonly version: string
  readonly peerDependencies: Readonly<Record<string, string>>
}

const read = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8'))

/** Environment variables of the test runner would make the inner one silent. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env

for (const name of ['react', 'vue'])
  test(`the binding works with the oldest ${name} that it names`, async (t) => {
    const manifest = `${PLACE}/node_modules/${name}/package.json`
    if (!existsSync(manifest))
      return t.skip('older frameworks are not installed; npm run install:frameworks does')
    const { version } = read(manifest)
    const oldest = read('package.json').peerDependencies[name]?.replace('>=', '')
    assert.equal(version.replace(/(\.0)+$/, ''), oldest)
    const words = ['--import', `./${PLACE}/resolve.ts`, '--test', '--test-reporter=tap']
    const file = `test/client/bindings/${name}.test.ts`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...words, '--test-isolation=none', file],
      { env },
    ).catch((error) => error)
    assert.match(stdout, /^# fail 0$/m)
    assert.doesNotMatch(stdout, /^# pass 0$/m)
  })
