import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const STATIC_IMPORT = /^(?:import|export)(?! type )[^'"]*?from '([^']+)'/gms

/** Modules of `src`, and packages by their names, that these modules of `src` import statically, and they themselves. */
export function loadedBy(entries: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>()
  const load = (module: string): void => {
    if (loaded.has(module)) return
    loaded.add(module)
    if (!module.startsWith('src')) return
    for (const [, target = ''] of readFileSync(module, 'utf8').matchAll(STATIC_IMPORT))
      load(target.startsWith('.') ? join(dirname(module), target) : target)
  }
  for (const entry of entries) load(entry)
  return loaded
}
