import { Refusal } from '../base/refusal.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../stores/store.ts'

/** The store that the settings name, not opened yet; `file` where it is kept in one. @throws Refusal `config_refused` */
export async function storeOf({ database }: Settings): Promise<{ readonly store: Store; readonly file?: string }> {
  if (typeof database !== 'string') return { store: database }
  const kind = /^([a-z][a-z\d+]+):/i.exec(database)?.[1]?.toLowerCase()
  if (kind === 'postgres' || kind === 'postgresql') return { store: await openPostgres(database) }
  const file = fileOf(database, kind)
  return { store: await openSqlite(file), file }
}

/** `sqlite:` in front of a file is understood. */
function fileOf(database: string, kind: string | undefined): string {
  if (kind === undefined) return database
  if (kind === 'sqlite') return database.slice('sqlite:'.length).replace(/^\/\//, '')
  throw new Refusal(
    'config_refused',
    `A database of kind "${kind}" cannot be used: name a file, "postgres://…", or "sqlite::memory:" in tests.`,
  )
}

async function openSqlite(file: string): Promise<Store> {
  const { sqliteStore } = await import('../stores/sqlite/store.ts')
  return sqliteStore({ file })
}

async function openPostgres(url: string): Promise<Store> {
  const [{ postgresStore }, { loadDriver }] = await Promise.all([
    import('../stores/postgres/store.ts'),
    import('../stores/postgres/driver.ts'),
  ])
  await loadDriver()
  return postgresStore({ url })
}
