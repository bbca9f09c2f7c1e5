import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openStore } from '../../../src/instance/open-store.ts'
import { parseSettings } from '../../../src/settings/settings.ts'
import { ask, run } from '../../services/postgres.ts'
import { SETTINGS, vitor } from '../../sessions/house.ts'
import { soon, startHouse } from '../../sessions/processes.ts'
import { postgresStore } from '../open.ts'
import { aWorld, withQuery } from './world.ts'

test('10 processes that start together on an empty database all find the newest tables', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const houses = Array.from({ length: 10 }, () => startHouse(deps.url, SETTINGS))
  try {
    await Promise.all(houses.map((instance) => instance.ask('reusedSessions')))
    const moment = soon()

    const answers = await Promise.all(
      houses.map((instance) => instance.ask('open', moment)),
    )

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
    await Promise.all(houses.map((instance) => instance.kill()))
  }
})

/** Opens a store on what is wrong. @returns how that is refused, and that no password is told */
async function refusalAt(
  t: TestContext,
  url: string,
): Promise<{ readonly code: string; readonly message: string }> {
  const store = postgresStore({ url })
  t.after(() => store.close())
  const refusal = await store.migrate().then(
    () => assert.fail('it opened'),
    (error) => error,
  )
  const { password } = new URL(url)
  if (password !== '')
    assert.ok(!String(refusal.message).includes(password), refusal.message)
  return { code: refusal.code, message: refusal.message }
}

/** A role that may log in and has been granted nothing. */
async function aRole(t: TestContext, url: string): Promise<string> {
  const name = `role_${Math.random().toString(36).slice(2)}`
  await run(url, `create role ${name} login password 'a-password-of-its-own'`)
  t.after(() => run(url.replace(/\/watchword_\w+$/, '/postgres'), `drop role ${name}`))
  const its = new URL(url)
  its.username = name
  its.password = 'a-password-of-its-own'
  return its.href
}

test('whoever cannot get in is told in a sentence what to do about it', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const { host, password } = new URL(deps.url)
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      deps.url.replace(password, 'another'),
      /lets nobody in as "watchword" with this password/,
    ],
    [
      deps.url.replace(/\w+$/, 'elsewhere'),
      /There is no database "elsewhere" on 127\.0\.0\.1:\d+: make it/,
    ],
    [deps.url.replace(host, 'no-such-host.invalid'), /The host .* is not known/],
    [withQuery(deps.url, { sslmode: 'verify-full' }), /does not speak TLS/],
  ]
  for (const [url, sentence] of cases) {
    const { code, message } = await refusalAt(t, url)
    assert.equal(code, 'invalid_config', message)
    assert.match(message, sentence)
  }
})

test('a server that is not there is unavailable, so that it is tried again', async (t) => {
  const { code, message } = await refusalAt(
    t,
    'postgres://ada:lovelace@127.0.0.1:1/notes',
  )
  assert.equal(code, 'store_unavailable')
  assert.match(message, /ECONNREFUSED/)
})

test('a role that may not make tables is told which grant is wanting', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const { code, message } = await refusalAt(t, await aRole(t, deps.url))
  assert.equal(code, 'invalid_config')
  assert.match(
    message,
    /"role_\w+" may not make or use tables .* grant it "create, usage on schema public"/,
  )
})

test('with the grant of the sentence it opens', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const url = await aRole(t, deps.url)
  const { username } = new URL(url)
  await run(deps.url, `grant create, usage on schema public to ${username}`)
  const store = postgresStore({ url })
  t.after(() => store.close())

  await store.migrate()

  assert.equal(await store.ports.users.insert(vitor), true)
})

test('tables of another program are left alone', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  await run(deps.url, 'create table sessions (whose text)')

  const { code, message } = await refusalAt(t, deps.url)

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

test('a database of a newer version is left alone', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  await deps.store().migrate()
  await run(deps.url, "insert into watchword_migrations values (1000, 'of tomorrow')")

  const { code, message } = await refusalAt(t, deps.url)

  assert.equal(code, 'invalid_config')
  assert.match(message, /was made by a newer watchword \(schema 1000/)
})

test('an address that is none, or a pool that is none, is refused before anything is opened', async () => {
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
