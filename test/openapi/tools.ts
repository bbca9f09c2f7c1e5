import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** They are installed separately. CI always has them. */
export const withoutTools =
  existsSync(join(import.meta.dirname, 'node_modules')) || process.env.CI === 'true'
    ? false
    : 'the validators are not installed; npm run install:openapi does'

/** One of the packages of this folder, whose types the repository does not have. */
export async function tool<Module>(name: string): Promise<Module> {
  if (name.endsWith('.mjs'))
    return (await import(join(import.meta.dirname, 'node_modules', name))) as Module
  const require = createRequire(join(import.meta.dirname, 'package.json'))
  return (await import(pathToFileURL(require.resolve(name)).href)) as Module
}

const GENERATOR = join(import.meta.dirname, 'node_modules/openapi-typescript/bin/cli.js')

/** Writes the types of a document. @returns what the generator has printed */
export async function generateTypes(document: string, types: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [
    GENERATOR,
    document,
    '--output',
    types,
  ])
  return stdout + stderr
}
