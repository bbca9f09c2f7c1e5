import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

/** Where a program of the documentation finds the package when it runs in this repository. */
const HERE = {
  watchword: 'src/index.ts',
  'watchword/jwt': 'src/jwt/index.ts',
  'watchword/node': 'src/adapters/node.ts',
} as const

const programs = ['README.md', ...globSync('docs/*.md').sort()].flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ''], i) => ({
    name: `${page}, program ${i + 1}`,
    text,
  })),
)

/** The program as a file of this repository would say it. */
const bound = (text: string): string =>
  text.replace(/from '(watchword[\w/]*)'/g, (_, name: string) => {
    const file = HERE[name as keyof typeof HERE]
    assert.ok(file, `the documentation imports ${name}, which is not exported`)
    return `from ${JSON.stringify(new URL(`../../${file}`, import.meta.url).href)}`
  })

/** A server takes any free port and tells which. */
const asServer = (text: string): string =>
  text.replace('server.listen(8000)', "server.listen(0, '127.0.0.1', () => process.send(server.address().port))")

/** What is exported is asked once, by nobody in particular. */
const asHandler = (text: string): string => `${text.replace('export default {', 'const served = {')}
process.send((await served.fetch(new Request('http://localhost/'))).status)
process.disconnect()
`

/** Starts a program in a folder of its own. It ends with the test. */
function start(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-docs-'))
  writeFileSync(join(folder, 'program.mts'), text)
  const child = spawn(process.execPath, ['program.mts'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code, errors }))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const told = Promise.race([
    once(child, 'message').then(([message]) => message as number),
    ended.then(() => assert.fail(`it ended early: ${errors}`)),
  ])
  told.catch(() => undefined)
  return { told, ended }
}

for (const { name, text } of programs) {
  test(`${name} runs as it is printed`, { timeout: 20_000 }, async (t) => {
    if (text.includes('.listen(')) {
      const port = await start(t, asServer(bound(text))).told
      assert.equal((await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).status, 401)
    } else if (text.includes('export default')) {
      assert.equal(await start(t, asHandler(bound(text))).told, 401)
    } else {
      assert.deepEqual(await start(t, bound(text)).ended, { code: 0, errors: '' })
    }
  })
}

test('the documentation has programs', () => assert.ok(programs.length >= 9))
