import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { Change } from '../../src/sessions/watch.ts'
import { parseMessage } from '../../src/stores/redis/change-feed.ts'
import { aSession, NOON, vitor } from '../sessions/setup.ts'
import { sqliteStore } from '../stores/open.ts'
import { until } from '../time.ts'
import { type Process, startProcesses } from './setup.ts'

/** A store that gets changes through Redis alone, and these changes. */
async function aStore(
  t: TestContext,
  redis: Process,
): Promise<{ readonly store: InstanceStore; readonly changes: Change[] }> {
  const database = sqliteStore({ file: ':memory:' })
  await database.migrate()
  t.after(() => database.close())
  const changes: Change[] = []
  const store = redis.publishing({ ...database, watch: () => ({ stop() {} }) })
  const watch = store.watch({ changed: (change) => changes.push(change), upToDate() {} })
  t.after(() => watch.stop())
  await store.ports.users.insert(vitor)
  return { store, changes }
}

/** Two processes on one Redis. */
async function aPair(t: TestContext) {
  const started = await startProcesses(t, 2)
  if (started === undefined) return undefined
  const [one, two] = started.processes
  return {
    server: started.server,
    one: await aStore(t, one!),
    two: await aStore(t, two!),
  }
}

test('a revocation is published to other processes, and not to its own', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { one, two } = pair
  for (const id of ['a', 'b', 'c']) await one.store.ports.sessions.adopt(aSession(id))

  assert.equal(
    await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON),
    true,
  )
  assert.equal(
    await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON),
    false,
  )
  await one.store.ports.sessions.revokeAll(vitor.id, 'password', NOON)
  await until(() => two.changes.length >= 2)
  await sleep(100)

  assert.deepEqual(two.changes, [
    { kind: 'revoked', sessions: ['a'] },
    { kind: 'revoked', sessions: ['b', 'c'] },
  ])
  assert.deepEqual(one.changes, [])
})

test('2,500 sessions revoked at once are published completely, in three messages', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { one, two } = pair
  const ids = Array.from({ length: 2500 }, (_, i) => `s${i}`)
  for (const id of ids) await one.store.ports.sessions.adopt(aSession(id))

  await one.store.ports.sessions.revokeAll(vitor.id, 'deleted', NOON)
  await until(() => two.changes.length === 3)

  const received = two.changes.flatMap((change) =>
    change.kind === 'revoked' ? change.sessions : [],
  )
  assert.deepEqual(new Set(received), new Set(ids))
})

test('retiring keys is published to other processes', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return

  await pair.one.store.ports.keys.endRetiring(NOON)
  await until(() => pair.two.changes.length > 0)

  assert.deepEqual(pair.two.changes, [{ kind: 'keys' }])
})

test('after an outage every process assumes that anything may have changed', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { server, one, two } = pair
  await one.store.ports.sessions.adopt(aSession('a'))

  await server.stop()
  await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON)
  await server.start()
  await until(() => one.changes.length > 0 && two.changes.length > 0)

  assert.deepEqual(
    [one.changes[0], two.changes[0]],
    [{ kind: 'anything' }, { kind: 'anything' }],
  )
})

for (const [what, text, change] of [
  [
    'revoked sessions',
    '{"from":"you","change":{"kind":"revoked","sessions":["a"]}}',
    { kind: 'revoked', sessions: ['a'] },
  ],
  [
    'revoked sessions by a process of 0.1.0',
    '{"from":"you","change":{"kind":"ended","sessions":["a"]}}',
    { kind: 'anything' },
  ],
  ['rotated keys', '{"from":"you","change":{"kind":"keys"}}', { kind: 'keys' }],
  ['a message of the same process', '{"from":"me","change":{"kind":"keys"}}', undefined],
  [
    'a kind of a later version',
    '{"from":"you","change":{"kind":"roles"}}',
    { kind: 'anything' },
  ],
  [
    'sessions that are no list',
    '{"from":"you","change":{"kind":"revoked","sessions":"a"}}',
    { kind: 'anything' },
  ],
  ['no JSON', 'hello', { kind: 'anything' }],
  ['no object', 'null', { kind: 'anything' }],
] as const) {
  test(`${what} in a message mean ${change?.kind ?? 'no change'}`, () =>
    assert.deepEqual(parseMessage(text, 'me'), change))
}
