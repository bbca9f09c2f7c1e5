import { type Kysely, sql } from 'kysely'
import { sqlEvents } from '../events.ts'
import {
  type PortsOf,
  portsOf,
  type StoreExtension,
  tablesOfUsers,
} from '../extension.ts'
import { sqlHits } from '../hits.ts'
import { sqlKeys } from '../keys.ts'
import { migrate } from '../migrate.ts'
import { sqlProofs } from '../proofs.ts'
import { sqlSessions } from '../sessions.ts'
import type { Store } from '../store.ts'
import type { Tables } from '../tables.ts'
import { sqlUsers } from '../users.ts'
import { cachedUsers } from './cached-users.ts'
import { type OpenDatabase, SqliteKysely } from './kysely.ts'
import { migratableSqlite } from './migrate.ts'
import { migrateInMemory } from './migrated-copy.ts'
import { IN_MEMORY, openDatabase } from './open-database.ts'
import { watchChanges } from './watch-changes.ts'

export interface SqliteOptions<Extensions extends readonly StoreExtension[]> {
  /** A path, or `:memory:`. The file is created at first use. */
  readonly file: string
  readonly extensions: Extensions
}

/**
 * A store in one SQLite file, shared by any number of processes of one machine.
 *
 * Every verb of its ports throws `store_unavailable` if the file is locked for longer than five seconds, the disk is full or the
 * file was deleted, and then nothing was written. The first use throws `invalid_config` if the file cannot be opened.
 */
export function sqliteStore<const Extensions extends readonly StoreExtension[]>({
  file,
  extensions,
}: SqliteOptions<Extensions>): Store<PortsOf<Extensions>> {
  let opened: OpenDatabase | undefined
  const db: Kysely<Tables> = new SqliteKysely<Tables>(async () => {
    opened = await openDatabase(file, (connection) => {
      const database = migratableSqlite(connection, db.schema, file)
      const upgrade = () => migrate(database, db, extensions)
      if (file !== IN_MEMORY) return upgrade()
      return migrateInMemory(connection, extensions, upgrade)
    })
    return opened
  })
  const users = sqlUsers(db, tablesOfUsers(extensions), undefined)
  const core = {
    users: cachedUsers(users, () => opened?.reading),
    sessions: sqlSessions(db),
    keys: sqlKeys(db),
    hits: sqlHits(db),
    events: sqlEvents(db),
    proofs: sqlProofs(db),
  }
  return {
    ports: portsOf(core, extensions, db, undefined),
    migrate: () => db.connection().execute(async () => {}),
    ping: async () => void (await sql`select 1`.execute(db)),
    watch: (listener) => watchChanges(() => opened?.writing, listener),
    close: async () => {
      await db.destroy()
      opened = undefined
    },
  }
}
