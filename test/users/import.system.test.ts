import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { ask } from '../services/postgres.ts'
import { freshPostgres } from '../stores/databases.ts'
import { until } from '../time.ts'
import { importTests } from './import.ts'

importTests('PostgreSQL', freshPostgres)

const ROW = `insert into users (id, username, username_key, email, email_key, hash, active, staff, superuser, roles, epoch, joined_at, attributes)
  values ($1, $1, $1, $2, $2, '!', 1, 0, 0, '[]', 0, 0, '{}')`

const WAITING = `select count(*)::int as waiting from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`

test('an import that PostgreSQL ends because of a deadlock with a sign-up is tried again', async (t) => {
  const database = await freshPostgres(t)
  if (typeof database === 'string') return t.skip(database)
  const auth = buildWatchword({
    database: database.url,
    secret: 'a secret of a test, long enough for it',
  })
  cleanUp(t, () => auth.close())
  await auth.migrate()
  const signUp = new pg.Client({ connectionString: database.url })
  await signUp.connect()
  cleanUp(t, () => signUp.end())
  // PostgreSQL ends the transaction that looks for a deadlock first: the import.
  await signUp.query("set deadlock_timeout = '1min'")
  await signUp.query('begin')
  await signUp.query(ROW, ['second', null])

  const importing = auth.users.import([
    { id: '1', username: 'first', email: 'one@example.org' },
    { id: '2', username: 'second' },
  ])
  await until(
    async () => (await ask<{ waiting: number }>(database.url, WAITING)).waiting > 0,
  )
  await signUp.query(ROW, ['other', 'one@example.org'])
  await signUp.query('rollback')

  assert.equal((await importing).created, 2)
  assert.equal(await auth.users.count(), 2)
})
