import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aDatabase, aServer, ask } from './postgres.ts'

test('each test gets its own empty database, on a server with fsync', async (t) => {
  const [one, other] = [await aDatabase(), await aDatabase()]
  if (typeof one === 'string' || typeof other === 'string') return t.skip(String(one))
  t.after(() => Promise.all([one.drop(), other.drop()]))

  await ask(one.url, 'create table things (id text)')

  assert.deepEqual(
    await ask(one.url, "select count(*)::int from pg_tables where schemaname = 'public'"),
    { count: 1 },
  )
  assert.deepEqual(
    await ask(
      other.url,
      "select count(*)::int from pg_tables where schemaname = 'public'",
    ),
    {
      count: 0,
    },
  )
  assert.deepEqual(await ask(one.url, 'show fsync'), { fsync: 'on' })
})

test('a server can be stopped, killed and started again, with the same URL and data', async (t) => {
  const server = await aServer()
  if (typeof server === 'string') return t.skip(server)
  t.after(() => server.stop('immediate'))
  await ask(server.url, 'create table things (id text)')

  await server.restart('immediate')
  assert.deepEqual(await ask(server.url, 'select count(*)::int from things'), {
    count: 0,
  })
  await server.kill()
  await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
  await server.start()
  assert.deepEqual(await ask(server.url, 'select count(*)::int from things'), {
    count: 0,
  })
})
