import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** Next's own packages bring tests of theirs. */
const exclude = ['**/node_modules/**']
const found = (pattern: string): readonly string[] =>
  globSync(pattern, { exclude }).sort()
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}

/** The files that a script of package.json runs: its patterns are its quoted words. */
function filesOf(script: string): readonly string[] {
  const patterns = [...(scripts[script] ?? '').matchAll(/'([^']+)'/g)].map(
    ([, pattern = '']) => pattern,
  )
  return patterns.flatMap(found)
}

const textOf = (file: string): string => readFileSync(file, 'utf8')
const importsOf = (file: string): readonly string[] =>
  [...textOf(file).matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, name = '']) => name)

test('every test file is run by npm test or by npm run test:all, and by one of them', () => {
  const all = found('{src,test,bench,examples,deploy}/**/*.test.ts')
  assert.ok(all.length > 100)
  assert.deepEqual([...filesOf('test'), ...filesOf('test:all')].sort(), all)
})

/** The instance, the command, the server: what a test in src goes round. */
const PUBLIC =
  /^node:child_process$|\/(watchword|cli\/main|server\/serve)\.ts$|\/test\/(server|services)\//

test('a test beside its source goes through no instance, command, server or service', () => {
  const going = found('src/**/*.test.ts').filter((file) =>
    importsOf(file).some((name) => PUBLIC.test(name)),
  )
  assert.deepEqual(going, [])
})

test('no test measures the processor time of one run: the garbage of others may be collected in it', () => {
  const measuring = found('{src,test}/**/*.test.ts').filter((file) =>
    /threadCpuUsage\(|\beffortOf\(/.test(textOf(file)),
  )
  assert.deepEqual(measuring, [])
})
