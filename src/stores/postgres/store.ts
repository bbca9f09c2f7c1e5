import { Kysely, sql } from 'kysely'
import { AccountCache } from '../account-cache.ts'
import { sqlEvents } from '../events.ts'
import {
  type PortsOf,
  portsOf,
  type StoreExtension,
  tablesOfUsers,
} from '../extension.ts'
import { sqlHits } from '../hits.ts'
import { sqlKeys } from '../keys.ts'
import { FOR_UPDATE } from '../last-superuser.ts'
import { migrate } from '../migrate.ts'
import { sqlProofs } from '../proofs.ts'
import { sqlSessions } from '../sessions.ts'
import type { CorePorts, Store } from '../store.ts'
import type { Tables } from '../tables.ts'
import { sqlUsers } from '../users.ts'
import { type Address, parseAddress } from './address.ts'
import { batchedProofs } from './batched-proofs.ts'
import { batchedSessions } from './batched-sessions.ts'
import { cachedUsers } from './cached-users.ts'
import { ChangeWatcher } from './change-watcher.ts'
import { postgresDialect } from './kysely-dialect.ts'
import { migratablePostgres } from './migrate.ts'
import { NotificationListener } from './notification-listener.ts'
import { Pool } from './pool.ts'
import { prepareDatabase } from './prepare-database.ts'
import { answerDeadline, ServerTime, TIME_QUERY } from './server-time.ts'

export interface PostgresOptions<Extensions extends readonly StoreExtension[]> {
  /** `postgres://user:password@host:5432/database`; `?pool=10`: how many connections this process opens at most. */
  readonly url: string
  readonly extensions: Extensions
}

/**
 * A store in one PostgreSQL database, shared by any number of processes on any number of machines.
 *
 * Every verb of its ports may throw `store_unavailable` (server down, a standby, a lock held for longer than two seconds), and may
 * then be tried again. The first use throws `invalid_config` with a message that says what to do.
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
  const accounts = new AccountCache()
  const db: Kysely<Tables> = new Kysely<Tables>({
    dialect: postgresDialect(pool, () => prepare(address, db, extensions, time)),
  })
  const changes = new ChangeWatcher({
    listen: (notified) => NotificationListener.open(address, time, notified),
    probe: () => time.measure(() => serverTime(db)),
    accounts,
    hung: () => pool.destroyAll(),
  })
  const users = sqlUsers(db, tablesOfUsers(extensions), FOR_UPDATE)
  const core = {
    ...corePorts(db, time),
    users: cachedUsers(users, accounts, () => changes.isCurrent),
  }
  return {
    ports: portsOf(core, extensions, db, FOR_SHARE),
    migrate: () => db.connection().execute(async () => {}),
    ping: async () => void (await sql`select 1`.execute(db)),
    watch: changes.watch,
    time,
    async close() {
      await changes.close()
      await db.destroy()
      await pool.end()
    },
  }
}

const FOR_SHARE = sql`for share`
const SKIP_LOCKED = sql`for no key update of sessions skip locked`

/** Migrates the database and measures its clock. */
const prepare = (
  address: Address,
  db: Kysely<Tables>,
  extensions: readonly StoreExtension[],
  time: ServerTime,
): Promise<void> =>
  prepareDatabase(address, async (client, place) => {
    await migrate(migratablePostgres(client, db.schema, place), db, extensions)
    await time.measure(async () => (await client.query(TIME_QUERY)).rows[0].now)
  })

async function serverTime(db: Kysely<Tables>): Promise<number> {
  const query = sql<{ now: number }>`${sql.raw(TIME_QUERY.text)}`
  const { rows } = await query.execute(db)
  return rows[0]!.now
}

function corePorts(db: Kysely<Tables>, time: ServerTime): Omit<CorePorts, 'users'> {
  const deadline = answerDeadline(time)
  return {
    sessions: batchedSessions(
      sqlSessions(db, { deadline, lock: FOR_SHARE, skipLocked: SKIP_LOCKED }),
      db,
      deadline,
    ),
    keys: sqlKeys(db),
    hits: sqlHits(db),
    events: sqlEvents(db),
    proofs: sqlProofs(db, {
      skipLocked: sql`for update skip locked`,
      insert: batchedProofs(db),
    }),
  }
}
