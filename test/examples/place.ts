import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packages that programs of a place find: Next's in its own folder, the other frameworks' in the root above it. */
const ABOVE = 'test/adapters/next'

/**
 * A folder whose programs find this package as npm would have installed it, built from the sources as they are. Programs that
 * are run as they are cannot stand below `node_modules`: Node reads no types there.
 *
 * One for the process; it is gone with the tests.
 */
export function place(): Promise<string> {
  if (built === undefined) {
    folder = resolve(mkdtempSync(join(ABOVE, '.place-')))
    built = build(folder)
  }
  return built
}
let folder: string | undefined
let built: Promise<string> | undefined
after(() => {
  if (folder !== undefined)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function build(folder: string): Promise<string> {
  const installed = join(folder, 'node_modules', 'watchword')
  const words = ['node_modules/tsdown/dist/run.mjs', '--out-dir', join(installed, 'dist')]
  await run(process.execPath, words)
  for (const file of ['package.json', 'bin'])
    cpSync(file, join(installed, file), { recursive: true })
  return folder
}

/** Copies a folder of this repository into the place, without what was made in it. */
export async function bring(from: string): Promise<string> {
  const there = join(await place(), from)
  mkdirSync(dirname(there), { recursive: true })
  cpSync(from, there, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|\.next|.*\.db.*)$/.test(path),
  })
  return there
}
