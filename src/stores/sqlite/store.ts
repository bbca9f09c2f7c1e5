import { Kysely, sql } from 'kysely'
import { sqlApiTokens } from '../../features/api-tokens/sql.ts'
import { sqlEvents } from '../events.ts'
import { sqlHits } from '../hits.ts'
import { sqlKeys } from '../keys.ts'
import { sqlSessions } from '../sessions.ts'
import type { Store } from '../store.ts'
import type { Tables } from '../tables.ts'
import { sqlUsers } from '../users.ts'
import { cachedUsers } from './cached-users.ts'
import { type Opened, sqliteDialect } from './dialect.ts'
import { migrate } from './migrate.ts'
import { open } from './open.ts'
import { watchChanges } from './watch-changes.ts'

export interface SqliteOptions {
  /** Its path, or `:memory:`. Made at first use where there is none. */
  readonly file: string
}

/**
 * A store in one SQLite file, which any number of processes of one machine may share.
 *
 * Every verb of its ports may be refused with `store_unavailable` (locked for longer than five seconds, disk full, file
 * gone), and then nothing of it was done; at first use with `invalid_config`, its message a sentence that says what to do.
 */
export function sqliteStore({ file }: SqliteOptions): Store {
  let opened: Opened | undefined
  const db: Kysely<Tables> = new Kysely<Tables>({
    dialect: sqliteDialect(async () => {
      opened = await open(file, (connection) => migrate(connection, db.schema, file))
      return opened
    }),
  })
  return {
    users: cachedUsers(sqlUsers(db), () => opened?.reading),
    sessions: sqlSessions(db),
    keys: sqlKeys(db),
    apiTokens: sqlApiTokens(db),
    hits: sqlHits(db),
    events: sqlEvents(db),
    migrate: () => db.connection().execute(async () => {}),
    ping: async () => void (await sql`select 1`.execute(db)),
    watch: (listener) => watchChanges(() => opened?.writing, listener),
    close: async () => {
      await db.destroy()
      opened = undefined
    },
  }
}
