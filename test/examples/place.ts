import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Below this folder, programs find Next in its `node_modules` and the other frameworks in those of the repository. */
const ABOVE = 'test/adapters/next'

/**
 * A folder in which this package, built from the sources, is installed as npm would do it. It is not below `node_modules`, because
 * Node does not strip types there.
 *
 * Built once per process, and removed after the tests.
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

/** Copies a folder of this repository into the place, without generated files. */
export async function copyExample(from: string): Promise<string> {
  const there = join(await place(), from)
  mkdirSync(dirname(there), { recursive: true })
  cpSync(from, there, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|\.next|.*\.db.*)$/.test(path),
  })
  return there
}
