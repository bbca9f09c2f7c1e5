import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

export interface Module {
  /** What it names in its imports, as it is written. */
  readonly imports: readonly string[]
  /** As a runtime reads it: without types. */
  readonly code: string
}

/** Every module that is reached from one when it runs, by its address. */
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
