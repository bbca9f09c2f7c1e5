import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRedis } from '../services/redis.ts'
import { DATABASES, freshPostgres } from './databases.ts'
import { firstOfProcesses, proofTests } from './proofs.ts'
import { freshSqlite } from './sqlite.ts'

proofTests('PostgreSQL', freshPostgres)

for (const [database, fresh] of Object.entries(DATABASES))
  test(`${database}: of presentations in four processes one is the first`, async (t) => {
    const place = await fresh(t)
    if (typeof place === 'string') return t.skip(place)
    await place.open()
    assert.equal(await firstOfProcesses(t, place.url), 1)
  })

test('Redis: of presentations in four processes one is the first', async (t) => {
  const server = await aRedis()
  if (typeof server === 'string') return t.skip(server)
  t.after(() => server.stop())
  const place = await freshSqlite(t)
  assert.ok(typeof place !== 'string')
  await place.open()
  assert.equal(await firstOfProcesses(t, place.url, server.url), 1)
  assert.equal(await firstOfProcesses(t, place.url, server.url), 0)
})
