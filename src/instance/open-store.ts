import { AuthError } from '../base/errors.ts'
import { type InstanceStore, STORE_EXTENSIONS } from '../features/store-extensions.ts'
import type { Settings } from '../settings/settings.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'

/** The store that the settings name, not opened yet; `file` where it is kept in one. @throws AuthError `invalid_config` */
export async function openStore({
  database,
}: Settings): Promise<{ readonly store: InstanceStore; readonly file?: string }> {
  if (typeof database !== 'string') return { store: database }
  const kind = /^([a-z][a-z\d+]+):/i.exec(database)?.[1]?.toLowerCase()
  if (kind === 'postgres' || kind === 'postgresql')
    return { store: await openPostgres(database) }
  const file = fileOf(database, kind)
  return { store: sqliteStore({ file, extensions: STORE_EXTENSIONS }), file }
}

/** `sqlite:` in front of a file is understood. */
function fileOf(database: string, kind: string | undefined): string {
  if (kind === undefined) return database
  if (kind === 'sqlite') return database.slice('sqlite:'.length).replace(/^\/\//, '')
  throw new AuthError(
    'invalid_config',
    `A database of kind "${kind}" cannot be used: name a file, "postgres://…", or "sqlite::memory:" in tests.`,
  )
}

/** Loads what it takes only where it is wanted: `pg` need not be there else. */
async function openPostgres(url: string): Promise<InstanceStore> {
  try {
    const { postgresStore } = await import('../stores/postgres/store.ts')
    return postgresStore({ url, extensions: STORE_EXTENSIONS })
  } catch (cause) {
    if (!isMissing(cause, 'pg')) throw cause
    throw new AuthError(
      'invalid_config',
      'PostgreSQL is spoken to by the package "pg", which is not installed: type "npm install pg".',
      { cause },
    )
  }
}

const isMissing = (error: unknown, name: string): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
  (error as Error).message.includes(`'${name}'`)
