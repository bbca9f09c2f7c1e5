import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { isPromise } from '../../../src/base/awaitable.ts'
import type { InstanceStore } from '../../../src/features.ts'
import type { SessionId } from '../../../src/sessions/session.ts'
import type { Change } from '../../../src/sessions/watch.ts'
import type { User } from '../../../src/users/user.ts'
import { ask, run } from '../../services/postgres.ts'
import { aSession, NOON, vitor } from '../../sessions/setup.ts'
import { timed, until } from '../../time.ts'
import { testDatabase, testServer } from './setup.ts'

/** Records the changes that a store reports, and when it last reported to be up to date. */
function recordChanges(t: TestContext, store: InstanceStore) {
  const changes: Change[] = []
  let upToDate = 0
  const watch = store.watch({
    changed: (change) => void changes.push(change),
    upToDate() {
      upToDate = performance.now()
    },
  })
  t.after(() => watch.stop())
  return {
    changes,
    isUpToDate: () => upToDate > 0 && performance.now() - upToDate < 1000,
    /** Waits until the change is reported. */
    async reports(expected: Change): Promise<void> {
      const text = JSON.stringify(expected)
      await until(
        () => changes.some((change) => JSON.stringify(change) === text),
        `${text} was not reported`,
      )
    },
  }
}

const revoked = (id: string): Change => ({ kind: 'revoked', sessions: [id as SessionId] })

test('a session revoked by another process or in SQL is reported with its id within a second', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  for (const id of ['one', 'two']) await other.ports.sessions.adopt(aSession(id))
  const recorded = recordChanges(t, ours)
  await until(recorded.isUpToDate, 'the store never reported to be up to date')

  const first = await timed(async () => {
    await other.ports.sessions.revoke('one' as SessionId, 'logout', NOON)
    await recorded.reports(revoked('one'))
  })
  assert.ok(first.ms < 1000, `${first.ms} ms`)
  const second = await timed(async () => {
    await run(
      deps.url,
      `update sessions set ended_at = 1, end_reason = 'admin' where id = 'two'`,
    )
    await recorded.reports(revoked('two'))
  })
  assert.ok(second.ms < 1000, `${second.ms} ms`)
})

test('a change of keys by another process is reported within a second', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  const recorded = recordChanges(t, ours)
  await until(recorded.isUpToDate, 'the store never reported to be up to date')

  const key = {
    id: 'k',
    algorithm: 'ES256',
    stage: 'current',
    sealed: '',
    createdAt: NOON,
    tokenLife: 1,
  }
  const { ms } = await timed(async () => {
    await other.ports.keys.seed([
      { ...key, publicJwk: {}, verifiesUntil: undefined } as never,
    ])
    await recorded.reports({ kind: 'keys' })
  })

  assert.ok(ms < 1000, `${ms} ms`)
})

test('a refresh is not reported', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.ports.users.insert(vitor)
  for (const id of ['s', 'mark']) await other.ports.sessions.adopt(aSession(id))
  const recorded = recordChanges(t, ours)
  await until(recorded.isUpToDate, 'the store never reported to be up to date')
  const before = recorded.changes.length

  const terms = {
    id: 's' as SessionId,
    generation: 0,
    jti: 's-0',
    newJti: 'n',
    idle: 60,
    leeway: 0,
    now: NOON,
  }
  const require = { user: true, active: true, epoch: true }
  assert.ok(await other.ports.sessions.rotate({ ...terms, require } as never))
  await other.ports.sessions.revoke('mark' as SessionId, 'logout', NOON)
  await recorded.reports(revoked('mark'))

  assert.deepEqual(recorded.changes.slice(before), [revoked('mark')])
})

test('after a lost connection a new one listens, and the first report is that anything may have changed', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  await other.ports.sessions.adopt(aSession('s'))
  const recorded = recordChanges(t, ours)
  await until(recorded.isUpToDate, 'the store never reported to be up to date')
  const before = recorded.changes.length

  await run(
    deps.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%clock_timestamp%' and pid <> pg_backend_pid()`,
  )

  await until(() => recorded.changes.length > before, 'nothing was reported')
  assert.deepEqual(recorded.changes[before], { kind: 'anything' })
  await until(async () => (await listeners(deps.url)) > 0, 'no connection listens again')
  await other.ports.sessions.revoke('s' as SessionId, 'logout', NOON)
  await recorded.reports(revoked('s'))
})

const listeners = async (url: string): Promise<number> =>
  (
    await ask<{ count: number }>(
      url,
      `select count(*)::int from pg_stat_activity where datname = current_database() and query like '%clock_timestamp%' and pid <> pg_backend_pid()`,
    )
  ).count

test('while the server is stopped the store is not up to date, and after a start it is again', async (t) => {
  const deps = await testServer(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  await other.ports.sessions.adopt(aSession('s'))
  const recorded = recordChanges(t, ours)
  await until(recorded.isUpToDate, 'the store never reported to be up to date')

  await deps.server.stop('immediate')
  await until(
    () => !recorded.isUpToDate(),
    'the store reports to be up to date without a server',
  )
  const before = recorded.changes.length
  await deps.server.start()

  await until(recorded.isUpToDate, 'the store never reported to be up to date again')
  assert.deepEqual(recorded.changes[before], { kind: 'anything' })
  await other.ports.sessions.revoke('s' as SessionId, 'logout', NOON)
})

test('without notifications the store polls, and caches no account', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.migrate()
  // As behind a pooler that drops notifications.
  await run(deps.url, 'create schema elsewhere')
  await run(
    deps.url,
    `create function elsewhere.pg_notify(text, text) returns void language sql as 'select'`,
  )
  const polling = deps.store({ options: '-c search_path=elsewhere,pg_catalog,public' })
  await polling.ports.users.insert(vitor)
  const recorded = recordChanges(t, polling)

  await until(() => recorded.changes.length >= 3, 'the store did not poll')

  assert.deepEqual(
    new Set(recorded.changes.map(({ kind }) => kind)),
    new Set(['anything']),
  )
  await until(recorded.isUpToDate, 'the store is not up to date')
  // A cached account could go stale without a notification.
  await polling.ports.users.find('id', vitor.id)
  assert.equal(cached(polling), undefined)
})

for (const [what, sql] of [
  ['a dropped trigger', 'drop trigger watchword_session_ended on sessions'],
  ['disabled triggers', 'alter table users disable trigger all'],
] as const) {
  for (const when of ['before the start', 'at run time'] as const) {
    test(`with ${what} ${when} the store polls, and caches no account`, async (t) => {
      const deps = await testDatabase(t)
      if (deps === undefined) return
      const [ours, other] = [deps.store(), deps.store()]
      await other.migrate()
      await other.ports.users.insert(vitor)
      if (when === 'before the start') await run(deps.url, sql)
      const recorded = recordChanges(t, ours)
      if (when === 'at run time') {
        await untilCached(ours)
        await run(deps.url, sql)
      }
      const before = recorded.changes.length

      await until(() => recorded.changes.length >= before + 3, 'the store did not poll')
      await until(recorded.isUpToDate, 'the store is not up to date')
      await other.ports.users.change(vitor.id, { active: false })
      assert.equal(cached(ours), undefined)

      await run(deps.url, 'alter table users enable trigger all')
    })
  }
}

/** The user from the store's cache; `undefined` if the store has to query it. */
function cached(store: InstanceStore): User | undefined {
  const account = store.ports.users.find('id', vitor.id)
  return isPromise(account) ? void account.catch(() => {}) : account?.user
}

async function untilCached(store: InstanceStore): Promise<void> {
  await until(
    async () =>
      cached(store) !== undefined || !(await store.ports.users.find('id', vitor.id)),
    'the account was not cached',
  )
}

for (const [change, make] of Object.entries<
  (other: InstanceStore, url: string) => Promise<unknown>
>({
  'a user deactivated by another process': ({ ports: { users } }) =>
    users.change(vitor.id, { active: false }),
  'a role removed by another process': ({ ports: { users } }) =>
    users.change(vitor.id, { roles: [] }),
  'a password changed by another process': ({ ports: { users } }) =>
    users.setPassword(vitor.id, 'another'),
  'a user deleted by another process': ({ ports: { users } }) => users.delete(vitor.id),
  'a user changed in SQL': (_, url) => run(url, 'update users set active = 0'),
})) {
  test(`${change} invalidates the cached account within a second`, async (t) => {
    const deps = await testDatabase(t)
    if (deps === undefined) return
    const [ours, other] = [deps.store(), deps.store()]
    await ours.ports.users.insert({ ...vitor, roles: ['editor'] })
    recordChanges(t, ours)
    await untilCached(ours)
    const before = cached(ours)

    await make(other, deps.url)
    const found = async () => (await ours.ports.users.find('id', vitor.id))?.user
    const { ms } = await timed(() =>
      until(
        async () => !isDeepStrictEqual(await found(), before),
        'the account was still cached',
      ),
    )

    assert.ok(ms < 1000, `${ms} ms`)
  })
}

test('a change in the same process is visible at once', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.ports.users.insert(vitor)
  recordChanges(t, ours)
  await untilCached(ours)

  await ours.ports.users.change(vitor.id, { active: false })

  assert.equal((await ours.ports.users.find('id', vitor.id))?.user.active, false)
})

test('a second after the server stopped no account is cached, and a look-up fails with store_unavailable', async (t) => {
  const deps = await testServer(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.ports.users.insert(vitor)
  recordChanges(t, ours)
  await untilCached(ours)

  await deps.server.stop('immediate')
  const { ms } = await timed(() =>
    until(() => cached(ours) === undefined, 'the account was still cached'),
  )

  assert.ok(ms < 1300, `${ms} ms`)
  await assert.rejects(async () => ours.ports.users.find('id', vitor.id), {
    code: 'store_unavailable',
    retryAfter: 1,
  })
})
