import { readFileSync } from 'node:fs'

const OPAQUE = readFileSync(new URL('kysely.d.ts', import.meta.url), 'utf8')
const DECLARATIONS = /\/node_modules\/kysely\/.*\/index\.d\.ts$/

/** Declarations take `kysely.d.ts` of this folder for Kysely's own. */
export function opaqueKysely() {
  return {
    name: 'opaque-kysely',
    load: {
      order: 'pre' as const,
      handler: (id: string) => (DECLARATIONS.test(id) ? OPAQUE : undefined),
    },
  }
}
