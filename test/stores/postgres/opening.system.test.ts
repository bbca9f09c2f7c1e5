import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openStore } from '../../../src/instance/open-store.ts'
import { parseSettings } from '../../../src/settings/settings.ts'
import { ask, run } from '../../services/postgres.ts'
import { soon, startSessionWorker } from '../../sessions/processes.ts'
import { SETTINGS, vitor } from '../../sessions/setup.ts'
import { postgresStore } from '../open.ts'
import { testDatabase, withQuery } from './setup.ts'

test('10 processes that start at once on an empty database apply each migration once', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const workers = Array.from({ length: 10 }, () => startSessionWorker(deps.url, SETTINGS))
  try {
    await Promise.all(workers.map((worker) => worker.ask('reusedSessions')))
    const moment = soon()

    const answers = await Promise.all(workers.map((worker) => worker.ask('open', moment)))

    assert.deepEqual(answers, Array(10).fill(undefined))
    const applied =
      'select count(*)::int, count(distinct number)::int as numbers from watchword_migrations'
    const { count, numbers } = await ask<{ count: number; numbers: number }>(
      deps.url,
      applied,
    )
    assert.equal(count, numbers)
    assert.equal(await deps.store().ports.users.insert(vitor), true)
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()))
  }
})

/** Opens a store that must fail. Asserts that the message has no password. */
async function errorAt(
  t: TestContext,
  url: string,
): Promise<{ readonly code: string; readonly message: string }> {
  const store = postgresStore({ url })
  t.after(() => store.close())
  const failure = await store.migrate().then(
    () => assert.fail('it opened'),
    (error) => error,
  )
  const { password } = new URL(url)
  if (password !== '')
    assert.ok(!String(failure.message).includes(password), failure.message)
  return { code: failure.code, message: failure.message }
}

/** A role that may log in and has been granted nothing. */
async function aRole(t: TestContext, url: string): Promise<string> {
  const name = `role_${Math.random().toString(36).slice(2)}`
  await run(url, `create role ${name} login password 'a-password-of-its-own'`)
  t.after(() => run(url.replace(/\/watchword_\w+$/, '/postgres'), `drop role ${name}`))
  const address = new URL(url)
  address.username = name
  address.password = 'a-password-of-its-own'
  return address.href
}

test('a wrong password, database, host or TLS setting fails with what to change', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { host, password } = new URL(deps.url)
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      deps.url.replace(password, 'another'),
      /rejected the login of "watchword": check the password/,
    ],
    [
      deps.url.replace(/\w+$/, 'elsewhere'),
      /There is no database "elsewhere" on 127\.0\.0\.1:\d+: create it/,
    ],
    [deps.url.replace(host, 'no-such-host.invalid'), /The host .* is not known/],
    [withQuery(deps.url, { sslmode: 'verify-full' }), /does not speak TLS/],
  ]
  for (const [url, sentence] of cases) {
    const { code, message } = await errorAt(t, url)
    assert.equal(code, 'invalid_config', message)
    assert.match(message, sentence)
  }
})

test('a server that rejects connections is store_unavailable, so a start can be retried', async (t) => {
  const { code, message } = await errorAt(t, 'postgres://ada:lovelace@127.0.0.1:1/notes')
  assert.equal(code, 'store_unavailable')
  assert.match(message, /ECONNREFUSED/)
})

test('the error of a role without privileges names the missing grant', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { code, message } = await errorAt(t, await aRole(t, deps.url))
  assert.equal(code, 'invalid_config')
  assert.match(
    message,
    /"role_\w+" may not create or use tables .* grant it "create, usage on schema public"/,
  )
})

test('a role with the grant that the error names can open the database', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const url = await aRole(t, deps.url)
  const { username } = new URL(url)
  await run(deps.url, `grant create, usage on schema public to ${username}`)
  const store = postgresStore({ url })
  t.after(() => store.close())

  await store.migrate()

  assert.equal(await store.ports.users.insert(vitor), true)
})

test('a database with tables of another program is rejected and not changed', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  await run(deps.url, 'create table sessions (whose text)')

  const { code, message } = await errorAt(t, deps.url)

  assert.equal(code, 'invalid_config')
  assert.match(message, /holds tables of another program/)
  assert.deepEqual(
    await ask(
      deps.url,
      "select to_regclass('users') as users, to_regclass('watchword_migrations') as ledger",
    ),
    {
      users: null,
      ledger: null,
    },
  )
})

test('a database of a newer version is rejected', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  await deps.store().migrate()
  await run(deps.url, "insert into watchword_migrations values (1000, 'of tomorrow')")

  const { code, message } = await errorAt(t, deps.url)

  assert.equal(code, 'invalid_config')
  assert.match(message, /was made by a newer watchword \(schema 1000/)
})

test('an invalid URL, pool size or certificate path is rejected without its password', async () => {
  const urls = [
    'postgres://ada:p#ss@host/notes',
    'postgres://ada:1/p%23ss@host/notes',
    'postgres://h/notes?pool=0',
    'postgres://h/notes?pool=many',
    'postgres://h/notes?sslrootcert=/nowhere/ca.pem',
  ]
  for (const url of urls) {
    await assert.rejects(
      openStore(parseSettings({ database: url }, {})),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'invalid_config')
        assert.doesNotMatch(error.message, /p(#|%23)ss|ada:1/)
        return true
      },
    )
  }
})
