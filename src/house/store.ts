import { Refusal } from '../base/refusal.ts'
import type { Settings } from '../settings/settings.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { Store } from '../stores/store.ts'

/** The store that the settings name, not opened yet; `file` where it is kept in one. @throws Refusal `config_refused` */
export async function storeOf({ database }: Settings): Promise<{ readonly store: Store; readonly file?: string }> {
  if (typeof database !== 'string') return { store: database }
  const file = fileOf(database)
  return { store: sqliteStore({ file }), file }
}

/** `sqlite:` in front of a file is understood; another kind of database is not there yet. */
function fileOf(database: string): string {
  const kind = /^([a-z][a-z\d+]+):/.exec(database)?.[1]
  if (kind === undefined) return database
  if (kind === 'sqlite') return database.slice('sqlite:'.length).replace(/^\/\//, '')
  throw new Refusal(
    'config_refused',
    `A database of kind "${kind}" cannot be used: name a file, or "sqlite::memory:" in tests.`,
  )
}
