import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

export interface Module {
  /** The specifiers of its imports. */
  readonly imports: readonly string[]
  /** Its code without types. */
  readonly code: string
}

/** Every module that an entry imports, directly or not, by its URL. */
export function modulesFrom(entry: URL): Map<string, Module> {
  const modules = new Map<string, Module>()
  const open = [entry.href]
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (modules.has(url)) continue
    const code = stripTypeScriptTypes(readFileSync(new URL(url), 'utf8'))
    const imports = [
      ...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g),
    ].map(([, path = '']) => path)
    modules.set(url, { imports, code })
    for (const path of imports)
      if (path.startsWith('.')) open.push(new URL(path, url).href)
  }
  return modules
}
