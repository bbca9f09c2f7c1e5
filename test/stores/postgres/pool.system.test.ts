import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAddress } from '../../../src/stores/postgres/address.ts'
import { loadDriver } from '../../../src/stores/postgres/driver.ts'
import { Pool } from '../../../src/stores/postgres/pool.ts'
import { aDatabase, run } from '../../services/postgres.ts'

/** Statements after which the start of each connection takes this many seconds. */
const slowly = (seconds: number): readonly string[] => [
  'create schema slow',
  `create function slow.pg_is_in_recovery() returns boolean language sql as
    'select false from pg_catalog.pg_sleep(${seconds})'`,
  `do $$ begin execute format('alter database %I set search_path = slow, pg_catalog, public', current_database()); end $$`,
]

test('a connection that becomes ready after its request has timed out serves the next request', async (t) => {
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  t.after(database.drop)
  for (const sql of slowly(3)) await run(database.url, sql)
  await loadDriver()
  const { client } = parseAddress(database.url)
  const timeout = 2000
  const pool = new Pool({
    ...parseAddress(database.url),
    client: { ...client, connectionTimeoutMillis: timeout, query_timeout: 10_000 },
    pool: 1,
  })

  const first = await pool.acquire()
  const waiting = pool.acquire().then(
    (taken) => pool.release(taken),
    () => {},
  )
  await sleep(timeout / 2)
  pool.release(first, new Error('the connection has failed'))
  await waiting
  await sleep(4000)

  await assert.doesNotReject(async () => pool.release(await pool.acquire()))
  await pool.end()
})
