import { Kysely, sql } from 'kysely'
import { sqlApiTokens } from '../../features/api-tokens/sql.ts'
import { AccountCache } from '../account-cache.ts'
import { sqlEvents } from '../events.ts'
import { sqlHits } from '../hits.ts'
import { sqlKeys } from '../keys.ts'
import { sqlSessions } from '../sessions.ts'
import type { Store } from '../store.ts'
import type { Tables } from '../tables.ts'
import { sqlUsers } from '../users.ts'
import { parseAddress } from './address.ts'
import { batchedSessions } from './batched-sessions.ts'
import { cachedUsers } from './cached-users.ts'
import { postgresDialect } from './dialect.ts'
import { ListenConnection } from './listen-connection.ts'
import { migrate } from './migrate.ts'
import { Notifications } from './notifications.ts'
import { open } from './open.ts'
import { Pool } from './pool.ts'
import { ASK_TIME, latenessBy, ServerTime } from './time.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`; `?pool=10`: connections of this process at the most. */
  readonly url: string
}

/**
 * A store in one PostgreSQL database, which any number of processes on any number of machines may share.
 *
 * Every verb of its ports may be refused with `store_unavailable` (server away, a standby, a lock held for longer than two
 * seconds), and then it may be tried again; at first use with `invalid_config`, its message a sentence that says what to do.
 *
 * @throws AuthError `invalid_config` where the URL is none
 */
export function postgresStore({ url }: PostgresOptions): Store {
  const address = parseAddress(url)
  const pool = new Pool(address)
  const time = new ServerTime()
  const lateness = latenessBy(time)
  const accounts = new AccountCache()
  const db: Kysely<Tables> = new Kysely<Tables>({
    dialect: postgresDialect(pool, () =>
      open(address, async (client, place) => {
        await migrate(client, db.schema, place)
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
  return {
    users: cachedUsers(sqlUsers(db), accounts, () => news.isCurrent),
    sessions: batchedSessions(sqlSessions(db, lateness), db, lateness),
    keys: sqlKeys(db),
    apiTokens: sqlApiTokens(db),
    hits: sqlHits(db),
    events: sqlEvents(db),
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
