import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** They are installed separately. CI always has them. */
export const withoutTools =
  existsSync(join(import.meta.dirname, 'node_modules')) || process.env.CI === 'true'
    ? false
    : 'the libraries of front ends are not installed; npm run install:clients does'

/** One of the packages of this folder, whose types the repository does not have. @param name or the path of a file below `node_modules` */
export async function tool<Module>(name: string): Promise<Module> {
  const file = join(import.meta.dirname, 'node_modules', name)
  const require = createRequire(join(import.meta.dirname, 'package.json'))
  const path = name.endsWith('.js') ? file : require.resolve(name)
  return (await import(pathToFileURL(path).href)) as Module
}
