import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, type TestContext } from 'node:test'
import { SOURCES } from './printed.ts'

const AS_INSTALLED = resolve('test/docs/as-installed.ts')

/** What one program has compiled need not be compiled by the next. */
const CACHE = mkdtempSync(join(tmpdir(), 'watchword-docs-cache-'))
after(() => rmSync(CACHE, { recursive: true, force: true }))

/** A folder that ends with the test. */
export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-docs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Runs a file in its own folder, as `node` does if the packages are installed. It is stopped after the test. */
export function start(t: TestContext, folder: string, file: string) {
  const child = spawn(process.execPath, ['--import', AS_INSTALLED, file], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: CACHE,
      ROOT: resolve('.'),
      SOURCES: JSON.stringify(SOURCES),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code, errors }))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const port = Promise.race([
    once(child, 'message').then(([message]) => message as unknown),
    ended.then(() => assert.fail(`it ended early: ${errors}`)),
  ])
  port.catch(() => undefined)
  return { port, ended }
}
