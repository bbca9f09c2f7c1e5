import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { isPromise } from '../../../src/base/awaitable.ts'
import type { InstanceStore } from '../../../src/features.ts'
import type { SessionId } from '../../../src/sessions/session.ts'
import type { Change } from '../../../src/sessions/watch.ts'
import type { User } from '../../../src/users/user.ts'
import { ask, run } from '../../services/postgres.ts'
import { aSession, NOON, vitor } from '../../sessions/house.ts'
import { timed, until } from '../../time.ts'
import { aServersWorld, aWorld } from './world.ts'

/** What a watch has told, and when it was last said that this was all. */
function listening(t: TestContext, store: InstanceStore) {
  const heard: Change[] = []
  let upToDate = 0
  const watching = store.watch({
    changed: (change) => void heard.push(change),
    upToDate() {
      upToDate = performance.now()
    },
  })
  t.after(() => watching.stop())
  return {
    heard,
    isUpToDate: () => upToDate > 0 && performance.now() - upToDate < 1000,
    /** Waits until so much is told. */
    async hears(what: Change): Promise<void> {
      const text = JSON.stringify(what)
      await until(
        () => heard.some((change) => JSON.stringify(change) === text),
        `${text} was not told`,
      )
    },
  }
}

const ended = (id: string): Change => ({ kind: 'revoked', sessions: [id as SessionId] })

test('a session that another ends is told of by its name within a second, and so is one ended by hand', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  for (const id of ['one', 'two']) await other.ports.sessions.open(aSession(id))
  const ear = listening(t, ours)
  await until(ear.isUpToDate, 'never up to date')

  const first = await timed(async () => {
    await other.ports.sessions.revoke('one' as SessionId, 'logout', NOON)
    await ear.hears(ended('one'))
  })
  assert.ok(first.ms < 1000, `${first.ms} ms`)
  const second = await timed(async () => {
    await run(
      deps.url,
      `update sessions set ended_at = 1, end_reason = 'admin' where id = 'two'`,
    )
    await ear.hears(ended('two'))
  })
  assert.ok(second.ms < 1000, `${second.ms} ms`)
})

test('keys that another turns are told of', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  const ear = listening(t, ours)
  await until(ear.isUpToDate, 'never up to date')

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
    await ear.hears({ kind: 'keys' })
  })

  assert.ok(ms < 1000, `${ms} ms`)
})

test('refreshes are told to nobody', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.ports.users.insert(vitor)
  for (const id of ['s', 'mark']) await other.ports.sessions.open(aSession(id))
  const ear = listening(t, ours)
  await until(ear.isUpToDate, 'never up to date')
  const before = ear.heard.length

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
  await ear.hears(ended('mark'))

  assert.deepEqual(ear.heard.slice(before), [ended('mark')])
})

test('after the connection that listens is lost it is another, and what was written meanwhile is told of first', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  await other.ports.sessions.open(aSession('s'))
  const ear = listening(t, ours)
  await until(ear.isUpToDate, 'never up to date')
  const before = ear.heard.length

  await run(
    deps.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%clock_timestamp%' and pid <> pg_backend_pid()`,
  )

  await until(() => ear.heard.length > before, 'nothing was told of')
  assert.deepEqual(ear.heard[before], { kind: 'anything' })
  await until(async () => (await listeners(deps.url)) > 0, 'nobody listens again')
  await other.ports.sessions.revoke('s' as SessionId, 'logout', NOON)
  await ear.hears(ended('s'))
})

const listeners = async (url: string): Promise<number> =>
  (
    await ask<{ count: number }>(
      url,
      `select count(*)::int from pg_stat_activity where datname = current_database() and query like '%clock_timestamp%' and pid <> pg_backend_pid()`,
    )
  ).count

test('while the server is away nothing is said to be up to date, and when it is back all is, by itself', async (t) => {
  const deps = await aServersWorld(t)
  if (deps === undefined) return
  const [ours, other] = [deps.store(), deps.store()]
  await ours.migrate()
  await other.ports.sessions.open(aSession('s'))
  const ear = listening(t, ours)
  await until(ear.isUpToDate, 'never up to date')

  await deps.server.stop('immediate')
  await until(() => !ear.isUpToDate(), 'said to be up to date without a server')
  const before = ear.heard.length
  await deps.server.start()

  await until(ear.isUpToDate, 'never up to date again')
  assert.deepEqual(ear.heard[before], { kind: 'anything' })
  await other.ports.sessions.revoke('s' as SessionId, 'logout', NOON)
})

test('where nothing can be listened to, what others write is asked for twice a second', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.migrate()
  // As where there is no such function, or a pooler in between.
  await run(deps.url, 'create schema elsewhere')
  await run(
    deps.url,
    `create function elsewhere.pg_notify(text, text) returns void language sql as 'select'`,
  )
  const deaf = deps.store({ options: '-c search_path=elsewhere,pg_catalog,public' })
  await deaf.ports.users.insert(vitor)
  const ear = listening(t, deaf)

  await until(() => ear.heard.length >= 3, 'it was not asked for')

  assert.deepEqual(new Set(ear.heard.map(({ kind }) => kind)), new Set(['anything']))
  await until(ear.isUpToDate, 'not up to date')
  // Nobody would tell of their change.
  await deaf.ports.users.find('id', vitor.id)
  assert.equal(known(deaf), undefined)
})

for (const [what, sql] of [
  ['is told by nobody', 'drop trigger watchword_session_ended on sessions'],
  ['nobody is to tell for now', 'alter table users disable trigger all'],
] as const) {
  for (const when of ['before a process begins', 'while it runs'] as const) {
    test(`what ${what}, ${when}, is asked for, and nobody is remembered`, async (t) => {
      const deps = await aWorld(t)
      if (deps === undefined) return
      const [ours, other] = [deps.store(), deps.store()]
      await other.migrate()
      await other.ports.users.insert(vitor)
      if (when === 'before a process begins') await run(deps.url, sql)
      const ear = listening(t, ours)
      if (when === 'while it runs') {
        await remembers(ours)
        await run(deps.url, sql)
      }
      const before = ear.heard.length

      await until(() => ear.heard.length >= before + 3, 'it was not asked for')
      await until(ear.isUpToDate, 'not up to date')
      await other.ports.users.change(vitor.id, { active: false })
      assert.equal(known(ours), undefined)

      await run(deps.url, 'alter table users enable trigger all')
    })
  }
}

/** The user as a store knows it without asking; `undefined` where it asks. */
function known(store: InstanceStore): User | undefined {
  const account = store.ports.users.find('id', vitor.id)
  return isPromise(account) ? void account.catch(() => {}) : account?.user
}

async function remembers(store: InstanceStore): Promise<void> {
  await until(
    async () =>
      known(store) !== undefined || !(await store.ports.users.find('id', vitor.id)),
    'it was not remembered',
  )
}

for (const [change, make] of Object.entries<
  (other: InstanceStore, url: string) => Promise<unknown>
>({
  'a user whom another deactivates': ({ ports: { users } }) =>
    users.change(vitor.id, { active: false }),
  'a user whose role another takes away': ({ ports: { users } }) =>
    users.change(vitor.id, { roles: [] }),
  'a user whose password another changes': ({ ports: { users } }) =>
    users.setPassword(vitor.id, 'another'),
  'a user whom another deletes': ({ ports: { users } }) => users.delete(vitor.id),
  'a user who is changed by hand': (_, url) => run(url, 'update users set active = 0'),
})) {
  test(`${change} is another here within a second, although nobody asks for each request`, async (t) => {
    const deps = await aWorld(t)
    if (deps === undefined) return
    const [ours, other] = [deps.store(), deps.store()]
    await ours.ports.users.insert({ ...vitor, roles: ['editor'] })
    listening(t, ours)
    await remembers(ours)
    const before = known(ours)

    await make(other, deps.url)
    const found = async () => (await ours.ports.users.find('id', vitor.id))?.user
    const { ms } = await timed(() =>
      until(
        async () => !isDeepStrictEqual(await found(), before),
        'the account was still given',
      ),
    )

    assert.ok(ms < 1000, `${ms} ms`)
  })
}

test('who is changed here is another here at once', async (t) => {
  const deps = await aWorld(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.ports.users.insert(vitor)
  listening(t, ours)
  await remembers(ours)

  await ours.ports.users.change(vitor.id, { active: false })

  assert.equal((await ours.ports.users.find('id', vitor.id))?.user.active, false)
})

test('without a word from the server for a second nobody is remembered: each request asks', async (t) => {
  const deps = await aServersWorld(t)
  if (deps === undefined) return
  const ours = deps.store()
  await ours.ports.users.insert(vitor)
  listening(t, ours)
  await remembers(ours)

  await deps.server.stop('immediate')
  const { ms } = await timed(() =>
    until(() => known(ours) === undefined, 'the account was still given'),
  )

  assert.ok(ms < 1300, `${ms} ms`)
  await assert.rejects(async () => ours.ports.users.find('id', vitor.id), {
    code: 'store_unavailable',
    retryAfter: 1,
  })
})
