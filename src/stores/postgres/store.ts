import { Kysely, sql } from 'kysely'
import { AccountCache } from '../account-cache.ts'
import { sqlEvents } from '../events.ts'
import { type PortsOf, portsOf, type StoreExtension } from '../extension.ts'
import { sqlHits } from '../hits.ts'
import { sqlKeys } from '../keys.ts'
import { migrate } from '../migrate.ts'
import { sqlSessions } from '../sessions.ts'
import type { Store } from '../store.ts'
import type { Tables } from '../tables.ts'
import { sqlUsers } from '../users.ts'
import { parseAddress } from './address.ts'
import { batchedSessions } from './batched-sessions.ts'
import { cachedUsers } from './cached-users.ts'
import { postgresDialect } from './dialect.ts'
import { ListenConnection } from './listen-connection.ts'
import { migratablePostgres } from './migrate.ts'
import { Notifications } from './notifications.ts'
import { open } from './open.ts'
import { Pool } from './pool.ts'
import { ASK_TIME, deadlineBy, ServerTime } from './time.ts'

export interface PostgresOptions<Extensions extends readonly StoreExtension[]> {
  /** `postgres://user:password@host:5432/database`; `?pool=10`: connections of this process at the most. */
  readonly url: string
  readonly extensions: Extensions
}

/**
 * A store in one PostgreSQL database, which any number of processes on any number of machines may share.
 *
 * Every verb of its ports may be refused with `store_unavailable` (server away, a standby, a lock held for longer than two
 * seconds), and then it may be tried again; at first use with `invalid_config`, its message a sentence that says what to do.
 *
 * @throws AuthError `invalid_config` if the URL is invalid
 */
export function postgresStore<const Extensions extends readonly StoreExtension[]>({
  url,
  extensions,
}: PostgresOptions<Extensions>): Store<PortsOf<Extensions>> {
  const address = parseAddress(url)
  const pool = new Pool(address)
  const time = new ServerTime()
  const deadline = deadlineBy(time)
  const accounts = new AccountCache()
  const db: Kysely<Tables> = new Kysely<Tables>({
    dialect: postgresDialect(pool, () =>
      open(address, async (client, place) => {
        const database = migratablePostgres(client, db.schema, place)
        await migrate(database, db, extensions)
        await time.measure(async () => (await client.query(ASK_TIME)).rows[0].now)
      }),
    ),
  })
  const ping = async (): Promise<void> => void (await sql`select 1`.execute(db))
  const news = new Notifications({
    openWire: (heard) => ListenConnection.open(address, time, heard),
    look: () =>
      time.measure(
        async () =>
          (await sql<{ now: number }>`${sql.raw(ASK_TIME.text)}`.execute(db)).rows[0]!
            .now,
      ),
    accounts,
    silent: () => pool.drop(),
  })
  const core = {
    users: cachedUsers(sqlUsers(db), accounts, () => news.isCurrent),
    sessions: batchedSessions(sqlSessions(db, deadline), db, deadline),
    keys: sqlKeys(db),
    hits: sqlHits(db),
    events: sqlEvents(db),
  }
  return {
    ports: portsOf(core, extensions, db),
    migrate: () => db.connection().execute(async () => {}),
    ping,
    watch: news.watch,
    time,
    async close() {
      await news.close()
      await db.destroy()
      await pool.end()
    },
  }
}
