import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const ENDS = 'has made no assertion: it cannot fail'

/** Bodies of tests, and the message with which they fail. */
const BODIES: Readonly<Record<string, readonly [body: string, message?: string]>> = {
  'an assertion': ['assert.ok(1)'],
  'a promised assertion': ["await assert.rejects(Promise.reject(new Error('x')))"],
  'a skip with its reason': ["t.skip('no service')"],
  'assertions of a test in it': ["await t.test('a', () => assert.ok(1))"],
  nothing: ['', ENDS],
  'a loop over nothing': ['for (const one of []) assert.ok(one)', ENDS],
  'a callback that is not called': ['[].map(() => assert.ok(0))', ENDS],
  'a promise taken for true': [
    'assert.ok(Promise.resolve(false))',
    'assert.ok() got a promise: await it',
  ],
  'a promise compared': [
    'assert.notEqual(Promise.resolve(1), 1)',
    'assert.notEqual() got a promise: await it',
  ],
  'a skip without a reason': ['t.skip()', 't.skip() takes the reason'],
}

for (const [what, [body, message]] of Object.entries(BODIES)) {
  test(`a test with ${what} ${message === undefined ? 'passes' : 'fails'}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'one.test.mjs')
    const imports =
      "import assert from 'node:assert/strict'\nimport { test } from 'node:test'\n"
    writeFileSync(file, `${imports}test('it', async (t) => { ${body} })\n`)

    const { code, text } = await run(file)

    assert.equal(code, message === undefined ? 0 : 1, text)
    if (message !== undefined) assert.ok(text.includes(message), text)
  })
}

function run(file: string): Promise<{ readonly code: unknown; readonly text: string }> {
  const guard = join(import.meta.dirname, 'assertions.ts')
  const args = ['--import', guard, '--test', '--test-isolation=none', file]
  // The runner of this file's tests would take the other one for a child of its own.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) =>
    execFile(process.execPath, args, { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, text: out + err }),
    ),
  )
}
