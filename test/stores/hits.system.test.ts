import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Kysely } from 'kysely'
import { days, minutes, type UnixSeconds } from '../../src/base/clock.ts'
import { sqlHits } from '../../src/stores/hits.ts'
import { migrate } from '../../src/stores/migrate.ts'
import { parseRedis } from '../../src/stores/redis/address.ts'
import { openRedis } from '../../src/stores/redis/redis.ts'
import { SqliteKysely } from '../../src/stores/sqlite/kysely.ts'
import { migratableSqlite } from '../../src/stores/sqlite/migrate.ts'
import { openDatabase } from '../../src/stores/sqlite/open-database.ts'
import type { Tables } from '../../src/stores/tables.ts'
import { type HitResult, type Hits, KNOWN_ADDRESS } from '../../src/throttling/hits.ts'
import { memoryHits } from '../../src/throttling/memory-hits.ts'
import type { Limit } from '../../src/throttling/rate.ts'
import { aDatabase, ask } from '../services/postgres.ts'
import { aRedis } from '../services/redis.ts'
import { soon, startSessionWorker } from '../sessions/processes.ts'
import { aFolder, at, NOON, SETTINGS } from '../sessions/setup.ts'
import { postgresStore } from './open.ts'

const FIVE: Limit = { limit: 5, per: minutes(1) }
const counted: HitResult = { kind: 'counted' }

interface TestedHits {
  readonly hits: Hits
  /** What is stored. */
  rows(): Promise<readonly { readonly key: string }[]>
}

async function sqliteHits(t: TestContext): Promise<TestedHits> {
  const db: Kysely<Tables> = new SqliteKysely<Tables>(() =>
    openDatabase(':memory:', (connection) =>
      migrate(migratableSqlite(connection, db.schema, ':memory:'), db, []),
    ),
  )
  t.after(() => db.destroy())
  const rows = () =>
    db.selectFrom('throttle_hits').selectAll().orderBy('key').orderBy('slot').execute()
  return { hits: sqlHits(db), rows }
}

async function postgresHits(t: TestContext): Promise<TestedHits | string> {
  const database = await aDatabase()
  if (typeof database === 'string') return database
  const store = postgresStore(database)
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  await store.migrate()
  const listed = `select coalesce(json_agg(throttle_hits order by key, slot), '[]') as rows from throttle_hits`
  const rows = async () =>
    (await ask<{ rows: { key: string }[] }>(database.url, listed)).rows
  return { hits: store.ports.hits, rows }
}

async function redisHits(t: TestContext): Promise<TestedHits | string> {
  const server = await aRedis()
  if (typeof server === 'string') return server
  const lost: string[] = []
  const redis = await openRedis(parseRedis(server.url), {
    lost: (reason) => lost.push(reason),
    back() {},
  })
  t.after(async () => {
    await redis.close()
    await server.stop()
    assert.deepEqual(lost, [])
  })
  const timesAt = async (key: string) =>
    textsOf(await server.ask(`LRANGE ${key} 0 -1`)).map((time) => ({ key, time }))
  const rows = async () => {
    const keys = textsOf(await server.ask('KEYS watchword:throttle*'))
    return (await Promise.all(keys.map(timesAt))).flat()
  }
  return { hits: redis.hits, rows }
}

/** Where hits are counted. @returns a string with the reason if it is not installed */
const STORES: Readonly<Record<string, (t: TestContext) => Promise<TestedHits | string>>> =
  {
    SQLite: sqliteHits,
    PostgreSQL: postgresHits,
    Redis: redisHits,
  }

/** The strings of a response of Redis. */
const textsOf = (answer: string): readonly string[] =>
  answer.split('\r\n').filter((line) => line !== '' && !/^[*$]/.test(line))

/** Defines a test for each of them. */
function onEach(
  name: string,
  does: (deps: TestedHits, t: TestContext) => Promise<void>,
): void {
  for (const [where, make] of Object.entries(STORES)) {
    test(`${where}: ${name}`, async (t) => {
      const deps = await make(t)
      if (typeof deps === 'string') return t.skip(deps)
      await does(deps, t)
    })
  }
}

const kinds = (all: readonly HitResult[]) => ({
  counted: all.filter(({ kind }) => kind === 'counted').length,
  full: all.filter(({ kind }) => kind === 'full').length,
})

onEach(
  'of a hundred concurrent hits on a limit of five, five are counted and the others get the time to wait',
  async ({ hits }) => {
    const all = await Promise.all(
      Array.from({ length: 100 }, () => hits.hit('throttle_k', FIVE, NOON)),
    )

    assert.deepEqual(kinds(all), { counted: 5, full: 95 })
    for (const each of all) if (each.kind === 'full') assert.equal(each.wait, 60)
  },
)

test('four processes on one file share a limit', async (t) => {
  const { file, remove } = aFolder()
  t.after(remove)
  const workers = Array.from({ length: 4 }, () => startSessionWorker(file, SETTINGS))
  t.after(() => Promise.all(workers.map((worker) => worker.kill())))
  await Promise.all(workers.map((worker) => worker.ask('ready')))

  for (let round = 0; round < 5; round++) {
    const now = at(NOON, 60 * round)
    await Promise.all(workers.map((worker) => worker.ask('setClock', now)))
    const moment = soon()
    const answers = await Promise.all(
      workers.map((worker) => worker.ask('hits', 'throttle_k', FIVE, 100, moment)),
    )

    assert.equal(
      answers.reduce((sum, answer) => sum + answer.counted, 0),
      5,
      `round ${round}`,
    )
    for (const wait of answers.flatMap(({ waits }) => waits)) assert.equal(wait, 60)
  }
})

/** Numbers from 0 to 1, the same at each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) {
    n = (n * 1_103_515_245 + 12_345) % 2_147_483_648
    yield n / 2_147_483_648
  }
}

for (const limit of [1, 2, 5, 20]) {
  onEach(
    `with ${limit} a minute, the same hits are counted as in memory, with hits taken back and flushes in between`,
    async ({ hits, rows }) => {
      const memory = memoryHits()
      const rate: Limit = { limit, per: minutes(1) }
      const random = numbers(limit)
      const recent: UnixSeconds[] = []
      const seen = { counted: 0, full: 0 }
      let now = NOON

      for (let i = 0; i < 1500; i++) {
        now = at(now, Math.floor((random.next().value * 4 * 120) / limit) / 4)
        const theirs = await memory.hit('throttle_k', rate, now)
        assert.deepEqual(await hits.hit('throttle_k', rate, now), theirs, `hit ${i}`)
        seen[theirs.kind] += 1
        if (theirs.kind === 'counted') recent.unshift(now)
        if (random.next().value < 0.15 && recent.length > 0) {
          const [moment] = recent.splice(
            Math.floor(random.next().value * Math.min(limit, recent.length)),
            1,
          )
          await hits.takeBack('throttle_k', rate, moment!)
          if (moment! > now - rate.per) memory.takeBack('throttle_k', rate, moment!)
        }
        if (random.next().value < 0.05) await hits.flush(at(now, -60), 1)
      }

      assert.ok(seen.counted > 100 && seen.full > 100, JSON.stringify(seen))
      assert.ok((await rows()).length <= limit)
    },
  )
}

onEach('a rejected hit writes nothing', async ({ hits, rows }) => {
  for (let i = 0; i < 5; i++) await hits.hit('throttle_k', FIVE, at(NOON, i))
  const before = await rows()

  assert.deepEqual(await hits.hit('throttle_k', FIVE, at(NOON, 10)), {
    kind: 'full',
    wait: 50,
  })

  assert.deepEqual(await rows(), before)
})

onEach('a limit of 0 rejects every hit and writes nothing', async ({ hits, rows }) => {
  assert.deepEqual(await hits.hit('throttle_k', { limit: 0, per: minutes(1) }, NOON), {
    kind: 'full',
    wait: 60,
  })

  assert.deepEqual(await rows(), [])
})

onEach('keys are counted separately', async ({ hits }) => {
  const one: Limit = { limit: 1, per: minutes(1) }

  assert.deepEqual(
    await Promise.all(['a', 'b', 'c'].map((key) => hits.hit(key, one, NOON))),
    [counted, counted, counted],
  )
})

onEach(
  'a key has at most as many rows as its limit, after any number of hits',
  async ({ hits, rows }) => {
    for (let i = 0; i < 100; i++) await hits.hit('throttle_k', FIVE, at(NOON, i * 20))

    assert.ok((await rows()).length <= 5)
  },
)

onEach(
  'a mark is found for its time, and a later one renews it',
  async ({ hits, rows }) => {
    const month = days(30)
    assert.equal(await hits.isMarked('throttle_k', month, NOON), false)
    await hits.mark('throttle_k', month, NOON)

    assert.equal(await hits.isMarked('throttle_k', month, at(NOON, month - 1)), true)
    assert.equal(await hits.isMarked('throttle_k', month, at(NOON, month)), false)
    assert.equal(await hits.isMarked('throttle_other', month, NOON), false)

    await hits.mark('throttle_k', month, at(NOON, 86_400))
    assert.equal(await hits.isMarked('throttle_k', month, at(NOON, month)), true)
    assert.equal((await rows()).length, 1)
  },
)

onEach('a lowered limit counts earlier hits', async ({ hits }) => {
  for (let i = 0; i < 20; i++)
    await hits.hit('throttle_k', { limit: 20, per: minutes(1) }, NOON)

  assert.deepEqual(await hits.hit('throttle_k', FIVE, at(NOON, 1)), {
    kind: 'full',
    wait: 59,
  })
})

test('a flush keeps known addresses for 30 days', async (t) => {
  const { hits, rows } = await sqliteHits(t)
  const key = `throttle_${KNOWN_ADDRESS.scope}_ada_192.0.2.1`
  await hits.mark(key, KNOWN_ADDRESS.per, NOON)
  for (let i = 0; i < 20; i++) await hits.hit(`throttle_anon_${i}`, FIVE, NOON)

  assert.equal(await hits.flush(at(NOON, 1), 20), 20)
  assert.equal(await hits.flush(at(NOON, 28 * 86_400), 20), 0)
  assert.deepEqual(
    (await rows()).map((row) => row.key),
    [key],
  )
  assert.equal(await hits.flush(at(NOON, 29 * 86_400 + 1), 20), 1)
  assert.deepEqual(await rows(), [])
})

test('a flush deletes all rows of inactive keys, and none of active ones', async (t) => {
  const { hits, rows } = await sqliteHits(t)
  for (const key of ['quiet', 'silent', 'busy']) {
    for (let i = 0; i < 5; i++) await hits.hit(key, FIVE, at(NOON, i))
  }
  await hits.hit('busy', FIVE, at(NOON, 100))

  assert.ok((await hits.flush(at(NOON, 50))) === 10)

  assert.deepEqual([...new Set((await rows()).map(({ key }) => key))], ['busy'])
  assert.equal((await rows()).length, 5)
  assert.equal(await hits.flush(at(NOON, 50)), 0)
})
