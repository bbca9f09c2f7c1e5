import { AuthError } from '../base/errors.ts'
import { type InstanceStore, STORE_EXTENSIONS } from '../features.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'

/** @returns the store, not opened yet, and the file of a SQLite database @throws AuthError `invalid_config` */
export async function openStore({
  database,
}: {
  readonly database: string | InstanceStore
}): Promise<{ readonly store: InstanceStore; readonly file?: string }> {
  if (typeof database !== 'string') return { store: database }
  const kind = /^([a-z][a-z\d+]+):/i.exec(database)?.[1]?.toLowerCase()
  if (kind === 'postgres' || kind === 'postgresql')
    return { store: await openPostgres(database) }
  const file = fileOf(database, kind)
  return { store: sqliteStore({ file, extensions: STORE_EXTENSIONS }), file }
}

/** The file that is named, also as `sqlite:FILE`. */
function fileOf(database: string, kind: string | undefined): string {
  if (kind === undefined) return database
  if (kind === 'sqlite') return database.slice('sqlite:'.length).replace(/^\/\//, '')
  throw new AuthError(
    'invalid_config',
    `A database of kind "${kind}" cannot be used: name a file, "postgres://…", or "sqlite::memory:" in tests.`,
  )
}

/** Loads `pg` only if it is needed: it is an optional peer. */
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
