import { AuthError } from '../base/errors.ts'
import { type InstanceStore, STORE_EXTENSIONS } from '../features.ts'

/** @returns the store, not opened yet, and the file of a SQLite database @throws AuthError `invalid_config` */
export async function openStore({
  database,
}: {
  readonly database: string
}): Promise<{ readonly store: InstanceStore; readonly file?: string }> {
  const kind = /^([a-z][a-z\d+]+):/i.exec(database)?.[1]?.toLowerCase()
  if (kind === 'postgres' || kind === 'postgresql')
    return { store: await openPostgres(database) }
  const file = fileOf(database, kind)
  return { store: await openSqlite(file), file }
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

async function openSqlite(file: string): Promise<InstanceStore> {
  const { sqliteStore } = await import('../stores/sqlite/store.ts')
  return sqliteStore({ file, extensions: STORE_EXTENSIONS })
}

async function openPostgres(url: string): Promise<InstanceStore> {
  const [{ postgresStore }, { loadDriver }] = await Promise.all([
    import('../stores/postgres/store.ts'),
    import('../stores/postgres/driver.ts'),
  ])
  await loadDriver()
  return postgresStore({ url, extensions: STORE_EXTENSIONS })
}
