import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { minutes } from '../../../src/base/clock.ts'
import type { HitResult } from '../../../src/throttling/hits.ts'
import { aDatabase } from '../../services/postgres.ts'
import { NOON } from '../../sessions/setup.ts'
import { postgresStore } from '../open.ts'

const FIVE = { limit: 5, per: minutes(1) }

test('fifty hits of one key at once occupy one connection, so that other keys are counted meanwhile', async (t) => {
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  const store = postgresStore(database)
  const other = new pg.Client(database.url)
  t.after(async () => {
    await other.end()
    await store.close()
    await database.drop()
  })
  await store.migrate()
  await other.connect()
  const { hits } = store.ports

  // The first place of the key is being taken by another process, whose commit takes its time.
  await other.query('begin')
  await other.query(
    `insert into throttle_hits (key, slot, at) values ('busy', 0, ${NOON})`,
  )
  const busy: Promise<HitResult>[] = []
  for (let i = 0; i < 50; i++) busy.push(Promise.resolve(hits.hit('busy', FIVE, NOON)))

  assert.deepEqual(await hits.hit('quiet', FIVE, NOON), { kind: 'counted' })

  await other.query('commit')
  const kinds = (await Promise.all(busy)).map(({ kind }) => kind)
  assert.equal(kinds.filter((kind) => kind === 'counted').length, 4)
  assert.equal(kinds.filter((kind) => kind === 'full').length, 46)
})
