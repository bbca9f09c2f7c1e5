import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** What a test may leave behind, and what is said of it. */
const LEFT: Readonly<Record<string, readonly [does: string, said: string | undefined]>> =
  {
    nothing: ['', undefined],
    'a property of all objects': [
      'Object.prototype.polluted = 1',
      'Object.prototype was changed',
    ],
    'a listener': [
      "process.on('SIGHUP', () => {})",
      "1 are left listening to the process's SIGHUP",
    ],
    'a promise that nobody waits for': [
      "setTimeout(() => Promise.reject(new Error('lost')), 5); await new Promise((done) => setTimeout(done, 50))",
      'nobody heard of a rejection: Error: lost',
    ],
    'a variable': [
      "process.env.LEFT = 'secret'",
      "the environment's LEFT: not as before",
    ],
    'a global': ['globalThis.left = 1', 'the global left: not as before'],
    'another folder': ["process.chdir('/')", 'the folder: not as before'],
    'too many listeners': [
      "const { EventEmitter } = await import('node:events'); const many = new EventEmitter(); for (let i = 0; i < 11; i++) many.on('x', () => {}); await new Promise((done) => setTimeout(done, 20))",
      'Possible EventEmitter memory leak detected',
    ],
  }

for (const [what, [does, said]] of Object.entries(LEFT)) {
  test(`R29: a test that leaves ${what} behind ${said === undefined ? 'passes' : 'is found out'}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'left.test.mjs')
    writeFileSync(
      file,
      `import { test } from 'node:test'\ntest('leaves it', async () => { ${does} })\n`,
    )
    const { code, text } = await run(file)
    assert.equal(code, said === undefined ? 0 : 1, text)
    if (said !== undefined) assert.ok(text.includes(said), text)
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
