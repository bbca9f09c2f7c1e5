import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** What a test may leave behind, with the body of the test and the expected message. */
const LEFT: Readonly<
  Record<string, readonly [body: string, message: string | undefined]>
> = {
  nothing: ['', undefined],
  'a property of all objects': [
    'Object.prototype.polluted = 1',
    'Object.prototype was changed',
  ],
  'a listener': [
    "process.on('SIGHUP', () => {})",
    "1 listeners of the process's SIGHUP too many",
  ],
  'an unhandled rejection': [
    "setTimeout(() => Promise.reject(new Error('lost')), 5); await new Promise((done) => setTimeout(done, 50))",
    'unhandled rejection: Error: lost',
  ],
  'a variable': ["process.env.LEFT = 'secret'", "the environment's LEFT has changed"],
  'a global': ['globalThis.left = 1', 'the global left has changed'],
  'another working directory': [
    "process.chdir('/')",
    'the working directory has changed',
  ],
  'too many listeners': [
    "const { EventEmitter } = await import('node:events'); const many = new EventEmitter(); for (let i = 0; i < 11; i++) many.on('x', () => {}); await new Promise((done) => setTimeout(done, 20))",
    'Possible EventEmitter memory leak detected',
  ],
}

for (const [what, [body, message]] of Object.entries(LEFT)) {
  test(`R29: a test that leaves ${what} behind ${message === undefined ? 'passes' : 'fails'}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'left.test.mjs')
    writeFileSync(
      file,
      `import { test } from 'node:test'\ntest('leaves it', async () => { ${body} })\n`,
    )
    const { code, text } = await run(file)
    assert.equal(code, message === undefined ? 0 : 1, text)
    if (message !== undefined) assert.ok(text.includes(message), text)
    assert.ok(!text.includes('secret'))
  })
}

function run(file: string): Promise<{ readonly code: unknown; readonly text: string }> {
  const args = [
    '--import',
    join(import.meta.dirname, 'global-state.ts'),
    '--test',
    '--test-isolation=none',
    file,
  ]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) =>
    execFile(process.execPath, args, { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, text: out + err }),
    ),
  )
}
