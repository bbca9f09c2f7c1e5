import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { minutes, seconds } from '../../../src/base/clock.ts'
import type { InstanceStore } from '../../../src/features.ts'
import type { SessionId } from '../../../src/sessions/session.ts'
import { ask, run } from '../../services/postgres.ts'
import { aSession, at, NOON, SETTINGS, vitor } from '../../sessions/setup.ts'
import { timed } from '../../time.ts'
import { testDatabase, testServer, withQuery } from './setup.ts'

const refresh = ({ ports: { sessions } }: InstanceStore, generation: number, id = 's') =>
  sessions.rotate({
    id: id as SessionId,
    generation,
    jti: `${id}-${generation}`,
    newJti: `${id}-${generation + 1}`,
    idle: minutes(60),
    leeway: seconds(0),
    now: at(NOON, generation),
    require: SETTINGS.require,
  })

test('a refresh is a HOT update: one new row version on the same page, no index entry', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  await store.migrate()
  await run(
    deps.url,
    `insert into sessions select 's' || n, '${vitor.id}', 0, 's' || n || '-0', null, null, ${NOON}, ${NOON + 9e5},
    ${NOON + 9e5}, 0, null, null from generate_series(0, 499) n`,
  )

  // In the order of the pages, which must have room for the new versions (fillfactor).
  for (let n = 0; n < 500; n++) assert.ok(await refresh(store, 0, `s${n}`))

  // PostgreSQL publishes the statistics of a connection when it ends, at the latest.
  await store.close()
  const { updates, hot } = await ask<{ updates: number; hot: number }>(
    deps.url,
    "select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = 'sessions'",
  )
  assert.equal(updates, 500)
  assert.ok(hot >= 490, `${hot} of ${updates}`)
})

test('a connection sets isolation, durability and timeouts itself, over the defaults of the database', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const database = new URL(deps.url).pathname.slice(1)
  for (const setting of [
    'default_transaction_isolation = serializable',
    'synchronous_commit = off',
    'lock_timeout = 0',
    'statement_timeout = 0',
  ]) {
    await run(deps.url, `alter database ${database} set ${setting}`)
  }
  const store = deps.store()
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  await run(
    deps.url,
    `create function shown() returns trigger language plpgsql as $$ begin
    new.end_reason = concat_ws(' ', current_setting('transaction_isolation'), current_setting('synchronous_commit'),
      current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('application_name'));
    return new; end $$`,
  )
  await run(
    deps.url,
    'create trigger shown before update on sessions for each row execute function shown()',
  )

  const session = await refresh(store, 0)

  assert.equal(session?.revokeReason, 'read committed on 2s 4s watchword')
})

test('a read-only server is rejected as unavailable', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  await deps.store().migrate()
  const database = new URL(deps.url).pathname.slice(1)
  await run(deps.url, `alter database ${database} set default_transaction_read_only = on`)

  await assert.rejects(deps.store().migrate(), {
    code: 'store_unavailable',
    message: /a standby, or read-only/,
  })
})

test('a connection that became read-only, as after a failover, is closed and replaced', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store({ pool: '1' })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  const database = new URL(deps.url).pathname.slice(1)
  // The setting applies to new connections.
  await run(deps.url, `alter database ${database} set default_transaction_read_only = on`)
  await run(
    deps.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'watchword' and datname = current_database()`,
  )

  await assert.rejects(
    async () => {
      for (let n = 0; n < 20; n++) await store.ping()
    },
    { code: 'store_unavailable', retryAfter: 1 },
  )
  await assert.rejects(refresh(store, 0), { code: 'store_unavailable', retryAfter: 1 })
  const admin = withQuery(deps.url, { options: '-c default_transaction_read_only=off' })
  await run(admin, `alter database ${database} reset default_transaction_read_only`)

  assert.equal((await refresh(store, 0))?.generation, 1)
})

test('a refresh waits two seconds for a locked row, and then rejects with store_unavailable', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  const holder = new pg.Client(deps.url)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query(`update sessions set jti = jti where id = 's'`)

    const since = performance.now()
    await assert.rejects(refresh(store, 0), { code: 'store_unavailable', retryAfter: 1 })
    assert.ok(performance.now() - since >= 1900)
  } finally {
    await holder.end()
  }

  assert.equal((await refresh(store, 0))?.generation, 1)
})

for (const code of ['40001', '40P01']) {
  test(`a statement that fails with ${code} is tried three times`, async (t) => {
    const deps = await testDatabase(t)
    if (deps === undefined) return
    const store = deps.store()
    await store.ports.users.insert(vitor)
    await store.ports.sessions.adopt(aSession('s'))
    await run(deps.url, 'create sequence tries')
    const failing = (times: number): string =>
      `create or replace function fail() returns trigger language plpgsql as $$ begin
        if nextval('tries') <= ${times} then raise exception 'again' using errcode = '${code}'; end if; return new; end $$`
    await run(deps.url, failing(2))
    await run(
      deps.url,
      'create trigger fail before update on sessions for each row execute function fail()',
    )

    assert.equal((await refresh(store, 0))?.generation, 1)

    await run(deps.url, `alter sequence tries restart`)
    await run(deps.url, failing(100))
    await assert.rejects(refresh(store, 1), { code: 'store_unavailable', retryAfter: 1 })
    assert.deepEqual(await ask(deps.url, 'select last_value::int as tries from tries'), {
      tries: 3,
    })
  })
}

test('a prepared statement is prepared again after a column was added', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store({ pool: '1' })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  assert.ok(await refresh(store, 0))

  await run(deps.url, 'alter table sessions add column of_tomorrow text')

  assert.equal((await refresh(store, 1))?.generation, 2)
})

test('a string that PostgreSQL cannot store matches no row, and writing it is rejected as invalid', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  for (const text of ['vitor\0', '\0', 'vitor\ud800', '\udc00']) {
    assert.equal(await store.ports.users.find('username', text), undefined)
    assert.equal(await store.ports.sessions.find(text as SessionId), undefined)
    await assert.rejects(
      store.ports.users.insert({ ...vitor, username: text, usernameKey: text }),
      { code: 'invalid' },
    )
    // Wrong passwords for such a name are still counted.
    const limit = { limit: 2, per: minutes(1) }
    const kinds = []
    for (let n = 0; n < 3; n++)
      kinds.push((await store.ports.hits.hit(`login ${text}`, limit, NOON)).kind)
    assert.deepEqual(kinds, ['counted', 'counted', 'full'])
    await store.ports.hits.flush(at(NOON, 1))
  }
  await assert.rejects(store.ports.sessions.flush(NOON, 1.5), { code: 'invalid' })
})

test('strings are compared by their bytes, as on SQLite', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  const names = ['b', 'a', 'B', 'ä', 'a_', 'a.', 'z', '_', 'A']
  for (const name of names)
    assert.ok(
      await store.ports.users.insert({
        ...vitor,
        id: name as never,
        username: name,
        usernameKey: name,
      }),
    )

  const listed = (await store.ports.users.list({ limit: 100 })).map(
    ({ username }) => username,
  )

  assert.deepEqual(
    listed,
    [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
})

test('two machines whose clocks differ by 30 seconds use the clock of the server', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const rightNow = Date.now
  t.after(() => {
    Date.now = rightNow
  })
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  Date.now = () => rightNow() + 30_000
  await other.migrate()

  assert.ok(Math.abs(ours.time!.now() - other.time!.now()) < 0.1)
  assert.ok(Math.abs(other.time!.ahead() - 30) < 0.2, `${other.time!.ahead()}`)
  Date.now = rightNow
  assert.ok(Math.abs(other.time!.ahead()) < 0.2)
})

test('while the server is stopped a refresh fails within a second, and succeeds after a restart', async (t) => {
  const deps = await testServer(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  const stops = [
    () => deps.server.stop('immediate'),
    () => deps.server.kill(),
    () => deps.server.stop('fast'),
  ]
  for (const [generation, stop] of stops.entries()) {
    // Several open connections, each of which breaks.
    await Promise.all(Array.from({ length: 20 }, () => store.ping()))
    await stop()
    for (let n = 0; n < 5; n++) {
      const { ms } = await timed(() =>
        assert.rejects(refresh(store, generation), {
          code: 'store_unavailable',
          retryAfter: 1,
        }),
      )
      assert.ok(ms < 1000, `${ms} ms`)
    }
    await deps.server.start()
    assert.equal((await refresh(store, generation))?.generation, generation + 1)
  }
})

test('with connect_timeout=1, while the server hangs, the first refresh fails within three seconds and later ones within 1.5', async (t) => {
  const deps = await testServer(t)
  if (deps === undefined) return
  const store = deps.store({ connect_timeout: '1' })
  await store.ports.users.insert(vitor)
  await store.ports.sessions.adopt(aSession('s'))
  let isUpToDate = () => {}
  const current = new Promise<void>((resolve) => {
    isUpToDate = resolve
  })
  const watching = store.watch({ changed() {}, upToDate: isUpToDate })
  await current

  deps.server.pause()
  try {
    const refused = () =>
      assert.rejects(refresh(store, 0), { code: 'store_unavailable', retryAfter: 1 })
    const first = await timed(refused)
    assert.ok(first.ms < 3000, `${first.ms} ms`)
    const again = await timed(refused)
    assert.ok(again.ms < 1500, `${again.ms} ms`)
  } finally {
    deps.server.resume()
    watching.stop()
  }

  // The server may have executed the statement or not. A client can refresh from either state.
  const state = await store.ports.sessions.find('s' as SessionId)
  assert.ok(await refresh(store, state!.session.generation))
})

test('if backends are killed under load, failed refreshes are store_unavailable and successful ones are stored', async (t) => {
  const deps = await testServer(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  for (let n = 0; n < 8; n++) await store.ports.sessions.adopt(aSession(`s${n}`))
  let isRunning = true
  const codes = new Set<string>()
  const writers = Array.from({ length: 8 }, async (_, n) => {
    let generation = 0
    while (isRunning) {
      try {
        const session = await refresh(store, generation, `s${n}`)
        generation =
          session?.generation ??
          (await store.ports.sessions.find(`s${n}` as SessionId))!.session.generation
      } catch (error) {
        codes.add((error as { code: string }).code)
      }
    }
    return generation
  })
  await sleep(300)
  deps.server.killBackends()
  await sleep(300)
  while (
    !(await store.ping().then(
      () => true,
      () => false,
    ))
  )
    await sleep(100)
  isRunning = false
  const generations = await Promise.all(writers)

  assert.deepEqual([...codes], ['store_unavailable'])
  for (const [n, generation] of generations.entries()) {
    const { session } = (await store.ports.sessions.find(`s${n}` as SessionId))!
    assert.equal(session.generation, generation)
    assert.equal(session.jti, `s${n}-${generation}`)
  }
})

test('the store opens at most as many connections as the URL allows', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store({ pool: '3' })
  await store.migrate()

  await Promise.all(Array.from({ length: 50 }, () => store.ping()))

  const count = `select count(*)::int from pg_stat_activity where application_name = 'watchword' and datname = current_database()`
  assert.deepEqual(await ask(deps.url, count), { count: 3 })
})
