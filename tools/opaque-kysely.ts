import { fileURLToPath } from 'node:url'

const STAND_IN = fileURLToPath(new URL('kysely.d.ts', import.meta.url))

/** Declarations take `kysely.d.ts` of this folder for Kysely. */
export function opaqueKysely() {
  return {
    name: 'opaque-kysely',
    resolveId: {
      order: 'pre' as const,
      handler: (id: string, importer: string | undefined) =>
        id === 'kysely' && importer?.endsWith('.d.ts') ? STAND_IN : undefined,
    },
  }
}
