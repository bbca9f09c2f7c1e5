import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pageModulesIn } from './declared.ts'

const NAVIGATION = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

/** Starts a server, asks it for what browsers and programs ask for, and stops it. @returns the modules of `src` that it has loaded */
async function modulesOf(t: TestContext, words: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-loaded-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const LOADED = join(folder, 'loaded')
  const list = pathToFileURL(resolve('test/pages/list-loaded.ts')).href
  const args = ['start', '--port', '0', '--database', `sqlite:${join(folder, 'a.db')}`]
  const child = spawn(
    process.execPath,
    [resolve('bin/watchword.js'), ...args, ...words],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: `--import=${list}`,
        LOADED,
        WATCHWORD_SECRET: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
      },
    },
  )
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'close')
  const url = await listening(child)
  const statuses = await Promise.all(ASKED.map((path) => statusOf(url + path)))
  child.kill('SIGTERM')
  await ended
  const here = pathToFileURL(`${resolve('.')}/`).href
  const loaded = new Set(readFileSync(LOADED, 'utf8').replaceAll(here, '').split('\n'))
  return { loaded, statuses }
}

const ASKED = [
  '/api/token/',
  '/nothing/',
  '/account/sign-in/',
  '/console/',
  '/auth/browse/',
]

const statusOf = async (url: string): Promise<number> =>
  (await fetch(url, { headers: NAVIGATION, redirect: 'manual' })).status

async function listening({ stdout, stderr }: ReturnType<typeof spawn>): Promise<string> {
  let text = ''
  const found = Promise.withResolvers<string>()
  for (const stream of [stdout, stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const [url] = /http:\/\/[\w.[\]:]+/.exec(text) ?? []
      if (url !== undefined) found.resolve(url)
    })
  stdout?.on('close', () => found.reject(new Error(`it did not listen: ${text}`)))
  return found.promise
}

test('a server without pages loads no module that makes one, whatever it is asked for', async (t) => {
  for (const workers of ['1', '2']) {
    const { loaded, statuses } = await modulesOf(t, ['--workers', workers])
    assert.ok(loaded.has('src/watchword.ts'))
    assert.deepEqual(statuses.slice(1), [404, 404, 404, 404])
    assert.deepEqual(pageModulesIn(loaded), [])
    assert.ok(loaded.has('node:cluster'))
    assert.deepEqual(
      NOT_NEEDED.filter((module) => loaded.has(module)),
      [],
    )
  }
})

/** Libraries of Node.js that take a few milliseconds of a start. */
const NOT_NEEDED = ['node:fs/promises', 'node:perf_hooks']

test('a server with pages loads those that it is asked for', async (t) => {
  const { loaded, statuses } = await modulesOf(t, ['--workers', '1', '--pages'])
  assert.equal(statuses[2], 200)
  const modules = pageModulesIn(loaded)
  assert.ok(modules.includes('src/features/account-pages/sign-in/sign-in.ts'))
  assert.ok(!modules.includes('src/features/account-pages/own/factors.ts'))
})
