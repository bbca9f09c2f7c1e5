import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { days, seconds, systemClock, type UnixSeconds } from '../src/base/clock.ts'
import { hexId, systemRandom } from '../src/base/random.ts'
import type { InstanceStore } from '../src/features.ts'
import { openStore } from '../src/instance/open-store.ts'
import type { Rotation, SessionId } from '../src/sessions/session.ts'
import { parseSettings } from '../src/settings/settings.ts'
import type { UserId } from '../src/users/user.ts'
import { aDatabase } from '../test/services/postgres.ts'
import { inFolder } from './child.ts'
import { clientsOf, post } from './load.ts'
import { type Contestant, type Finding, measure } from './measure.ts'
import { startOracle } from './oracle.ts'

/** The time of a refresh with many sessions, and the disk space that it uses. */
export const storage = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    yield* growth('SQLite', SIZES, (size) => sqliteOf(join(folder, `${size}.db`)))
    const postgres = await aDatabase()
    if (typeof postgres === 'string') {
      yield {
        ...NOTHING,
        asks: 'rotate() on PostgreSQL',
        leftOut: [`PostgreSQL: ${postgres}`],
      }
    } else {
      await postgres.drop()
      yield* growth('PostgreSQL', SIZES, postgresOf)
    }
    yield await residue(folder)
  })

/** Sessions in the table. Ten million take about 5 GB; `WATCHWORD_BENCH_SESSIONS` limits them. */
const SIZES = [1e4, 1e5, 1e6, 1e7].filter(
  (size) => size <= Number(process.env.WATCHWORD_BENCH_SESSIONS ?? 1e7),
)
const USERS = 10_000
/** Refreshes per turn, each of another session. */
const REFRESHES = 250

const NOTHING: Finding = {
  asks: '',
  unit: '',
  rounds: 0,
  stats: [],
  quotients: [],
  leftOut: [],
}

/** A database that is filled with SQL, and read for random sessions. */
interface Filled {
  readonly database: string
  fill(sessions: number, now: UnixSeconds): Promise<void>
  sample(count: number, of: number): Promise<readonly Sampled[]>
  remove(): Promise<void>
}

type Sampled = Pick<Rotation, 'id' | 'generation' | 'jti'>

async function* growth(
  kind: string,
  sizes: readonly number[],
  make: (size: number) => Filled | Promise<Filled>,
): AsyncGenerator<Finding> {
  const ended: (() => Promise<void>)[] = []
  try {
    const contestants: Contestant[] = []
    for (const size of sizes) {
      const filled = await make(size)
      ended.push(() => filled.remove())
      const { store } = await openStore(parseSettings({ database: filled.database }, {}))
      ended.push(() => store.close())
      await withUsers(store)
      await filled.fill(size, systemClock())
      contestants.push({
        name: inWords(size),
        run: async () => rotations(store, await filled.sample(REFRESHES, size)),
      })
    }
    const [first, last] = [sizes[0]!, sizes.at(-1)!]
    yield await measure({
      asks: `rotate() on ${kind}, one after the other, sessions taken at random from so many`,
      unit: 'µs by the wall, its commit on the disk',
      rounds: 15,
      contestants,
      bars: sizes.slice(1).map((size) => ({
        of: inWords(size),
        to: inWords(first),
        ...(size === last ? { atMost: 1.3 } : {}),
      })),
    })
  } finally {
    for (const end of ended.toReversed()) await end()
  }
}

const inWords = (size: number): string => `${size.toLocaleString('en')} sessions`
const userOf = (n: number): string => `user-${n}`

async function withUsers(store: InstanceStore): Promise<void> {
  await store.migrate()
  await inGroups(USERS, (n) =>
    store.ports.users.insert({
      id: userOf(n) as UserId,
      username: userOf(n),
      usernameKey: userOf(n),
      email: undefined,
      hash: '!',
      active: true,
      staff: false,
      superuser: false,
      roles: [],
      joinedAt: systemClock(),
      attributes: {},
    }),
  )
}

/** Concurrent calls: no more than a pool of connections serves quickly. */
async function inGroups<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  while (done.length < count) {
    const size = Math.min(100, count - done.length)
    done.push(
      ...(await Promise.all(
        Array.from({ length: size }, (_, n) => work(done.length + n)),
      )),
    )
  }
  return done
}

/** @returns microseconds per call */
async function rotations(
  store: InstanceStore,
  sampled: readonly Sampled[],
): Promise<number> {
  const began = performance.now()
  for (const token of sampled) {
    const rotated = await store.ports.sessions.rotate({
      ...token,
      newJti: hexId(systemRandom),
      idle: days(1),
      leeway: seconds(0),
      now: systemClock(),
      require: { user: true, active: true, epoch: true },
    })
    if (rotated === undefined) throw new Error('a session could not be refreshed')
  }
  return (1000 * (performance.now() - began)) / sampled.length
}

const COLUMNS =
  'id, user_id, generation, jti, created_at, expires_at, idle_expires_at, epoch'

function sqliteOf(file: string): Filled {
  let reading: DatabaseSync | undefined
  return {
    database: file,
    async fill(sessions, now) {
      const db = new DatabaseSync(file)
      db.exec('pragma synchronous = off; pragma cache_size = -2000000')
      db.exec(`begin;
        insert into sessions (${COLUMNS})
        with recursive n(n) as (select 1 union all select n + 1 from n where n < ${sessions})
        select lower(hex(randomblob(16))), 'user-' || (n % ${USERS}), 0, lower(hex(randomblob(16))),
               ${now}, ${now + days(30)}, ${now + days(1)}, 0 from n;
        commit;
        pragma wal_checkpoint(truncate)`)
      db.close()
    },
    async sample(count, of) {
      reading ??= new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
      const find = reading.prepare(
        'select id, generation, jti from sessions where rowid = ?',
      )
      return distinct(count, of).map((row) => ({
        ...(find.get(row) as unknown as Sampled),
      }))
    },
    async remove() {
      reading?.close()
    },
  }
}

async function postgresOf(): Promise<Filled> {
  const made = await aDatabase()
  if (typeof made === 'string') throw new Error(made)
  const db = new pg.Pool({ connectionString: made.url, max: 1 })
  return {
    database: made.url,
    async fill(sessions, now) {
      await db.query(`insert into sessions (${COLUMNS})
        select md5('s' || n), 'user-' || (n % ${USERS}), 0, md5('j' || n),
               ${now}, ${now + days(30)}, ${now + days(1)}, 0 from generate_series(1, ${sessions}) as n`)
      await db.query('vacuum analyze sessions')
      await db.query('checkpoint')
    },
    async sample(count, of) {
      const ids = distinct(count, of).map((n) => `md5('s${n}')`)
      const { rows } = await db.query(
        `select id, generation, jti from sessions where id in (${ids.join()})`,
      )
      return rows as Sampled[]
    },
    async remove() {
      await db.end()
      await made.drop()
    },
  }
}

function distinct(count: number, of: number): readonly number[] {
  const taken = new Set<number>()
  while (taken.size < count) taken.add(1 + Math.floor(Math.random() * of))
  return [...taken]
}

const SESSIONS = 500
const MORE = [1, 10, 100]

/** Disk space per session after so many refreshes, ours and Django's. */
async function residue(folder: string): Promise<Finding> {
  const stats: { name: string; low: number; median: number; high: number }[] = []
  const add = (name: string, bytes: number): void => {
    stats.push({ name, low: bytes, median: bytes, high: bytes })
  }
  for (const [refreshes, bytes] of await oursAfter(
    join(folder, 'residue.db'),
    sizeOfSqlite,
  )) {
    add(`ours, SQLite, after ${refreshes}`, bytes)
  }
  const leftOut: string[] = []
  const postgres = await aDatabase()
  if (typeof postgres === 'string') leftOut.push(`PostgreSQL: ${postgres}`)
  else {
    const { url, drop } = postgres
    for (const [refreshes, bytes] of await oursAfter(url, sizeOfPostgres)) {
      add(`ours, PostgreSQL, after ${refreshes}`, bytes)
    }
    await drop()
  }
  const django = await djangoAfter(join(folder, 'django.db'))
  if (typeof django === 'string') leftOut.push(django)
  else
    for (const [refreshes, bytes] of django)
      add(`Django, SQLite, after ${refreshes}`, bytes)
  return {
    asks: 'Octets on the disk a session',
    unit: `of ${SESSIONS}`,
    rounds: 1,
    stats,
    quotients: [],
    leftOut,
  }
}

type Residue = readonly (readonly [refreshes: number, bytes: number])[]

async function oursAfter(
  database: string,
  sizeOf: (database: string) => Promise<number>,
): Promise<Residue> {
  const { store } = await openStore(parseSettings({ database }, {}))
  try {
    await withUsers(store)
    const empty = await sizeOf(database)
    let tokens = await inGroups(SESSIONS, (n) => opened(store, n))
    const seen: (readonly [number, number])[] = []
    let done = 0
    for (const refreshes of MORE) {
      for (; done < refreshes; done++)
        tokens = await inGroups(SESSIONS, (n) => rotated(store, tokens[n]!))
      seen.push([refreshes, ((await sizeOf(database)) - empty) / SESSIONS])
    }
    return seen
  } finally {
    await store.close()
  }
}

async function opened(store: InstanceStore, n: number): Promise<Sampled> {
  const [id, now] = [hexId(systemRandom) as SessionId, systemClock()]
  const jti = hexId(systemRandom)
  const ends = {
    expiresAt: (now + days(30)) as UnixSeconds,
    idleExpiresAt: (now + days(1)) as UnixSeconds,
  }
  await store.ports.sessions.adopt({
    id,
    userId: userOf(n) as UserId,
    jti,
    createdAt: now,
    ...ends,
    epoch: 0,
  })
  return { id, generation: 0, jti }
}

async function rotated(store: InstanceStore, token: Sampled): Promise<Sampled> {
  const terms = {
    idle: days(1),
    leeway: seconds(0),
    require: { user: true, active: true, epoch: true },
  }
  const next = await store.ports.sessions.rotate({
    ...token,
    newJti: hexId(systemRandom),
    now: systemClock(),
    ...terms,
  })
  if (next === undefined) throw new Error('a session could not be refreshed')
  return next
}

async function sizeOfSqlite(file: string): Promise<number> {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
  return statSync(file).size
}

/** A refresh leaves a dead row, whose space is reused after a vacuum; autovacuum runs now and then. */
async function sizeOfPostgres(url: string): Promise<number> {
  const db = new pg.Client({ connectionString: url })
  await db.connect()
  await db.query('vacuum sessions')
  const { rows } = await db.query(`select pg_total_relation_size('sessions') as size`)
  await db.end()
  return Number(rows[0].size)
}

/** Django writes two rows per refresh; it is measured with fewer sessions, one after the other. */
async function djangoAfter(file: string): Promise<Residue | string> {
  const sessions = 20
  const oracle = await startOracle('rotate-blacklist', 1, {
    iterations: 1000,
    env: { ORACLE_DB: file },
  })
  if (typeof oracle === 'string') return oracle
  try {
    const { username, password } = oracle
    const [client] = clientsOf(oracle.port, 1)
    const tokenFrom = async (path: string, body: object): Promise<string> => {
      const answer = await client!.ask(post(path, body))
      if (answer.status !== 200)
        throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
      return JSON.parse(answer.body).refresh
    }
    await tokenFrom('/api/token/', { username, password })
    const empty = await sizeOfSqlite(file)
    const tokens: string[] = []
    for (let n = 0; n < sessions; n++)
      tokens.push(await tokenFrom('/api/token/', { username, password }))
    const seen: (readonly [number, number])[] = []
    let done = 0
    for (const refreshes of MORE) {
      for (; done < refreshes; done++) {
        for (const [n, refresh] of tokens.entries())
          tokens[n] = await tokenFrom('/api/token/refresh/', { refresh })
      }
      await sleep(100)
      seen.push([refreshes, ((await sizeOfSqlite(file)) - empty) / sessions])
    }
    return seen
  } finally {
    await oracle.stop()
  }
}
