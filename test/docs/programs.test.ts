import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** Where a program of the documentation finds the package when it runs in this repository. */
const HERE = {
  watchword: 'src/index.ts',
  'watchword/jwt': 'src/jwt/index.ts',
  'watchword/node': 'src/adapters/node.ts',
} as const

interface Program {
  readonly name: string
  readonly text: string
}

const programs: readonly Program[] = ['README.md', ...globSync('docs/*.md').sort()].flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ''], i) => ({
    name: `${page}, program ${i + 1}`,
    text,
  })),
)

/** The program as a file of this repository would say it. Servers take a free port and tell it. */
function runnable(text: string): string {
  const bound = text.replace(/from '(watchword[\w/]*)'/g, (_, name: string) => {
    const file = HERE[name as keyof typeof HERE]
    assert.ok(file, `the documentation imports ${name}, which is not exported`)
    return `from ${JSON.stringify(new URL(`../../${file}`, import.meta.url).href)}`
  })
  const told = bound.replace(
    /server\.listen\(8000\)/,
    "server.listen(0, '127.0.0.1', () => process.send(server.address().port))",
  )
  return told
    .replace('export default {', 'const served = {')
    .concat(
      told === bound && bound.includes('export default')
        ? "\nprocess.send((await served.fetch(new Request('http://localhost/'))).status)\nprocess.exit()\n"
        : '',
    )
}

for (const { name, text } of programs) {
  test(`${name} runs as it is printed`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-docs-'))
    try {
      const file = join(folder, 'program.mts')
      writeFileSync(file, runnable(text))
      const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
      let errors = ''
      child.stderr?.on('data', (chunk) => {
        errors += chunk
      })
      child.on('message', async (told: number) => {
        if (text.includes('.listen(')) {
          const { status } = await fetch(`http://127.0.0.1:${told}/`)
          assert.equal(status, 401)
          child.kill()
        } else {
          assert.equal(told, 401)
        }
      })
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
        child.on('exit', (...how) => resolve(how))
      })
      assert.ok(code === 0 || signal === 'SIGTERM', `it ended with ${code ?? signal}: ${errors}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

test('the documentation has programs', () => assert.ok(programs.length >= 5))
