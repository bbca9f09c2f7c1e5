import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import type { Change } from '../../src/sessions/watch.ts'
import { parseMessage } from '../../src/stores/redis/change-feed.ts'
import { aSession, NOON, vitor } from '../sessions/house.ts'
import { sqliteStore } from '../stores/open.ts'
import { until } from '../time.ts'
import { aHouse, type Process } from './world.ts'

/** A store of a process, which hears of nothing but through Redis; and what it hears. */
async function aStore(
  t: TestContext,
  redis: Process,
): Promise<{ readonly store: InstanceStore; readonly heard: Change[] }> {
  const kept = sqliteStore({ file: ':memory:' })
  await kept.migrate()
  t.after(() => kept.close())
  const heard: Change[] = []
  const store = redis.publishing({ ...kept, watch: () => ({ stop() {} }) })
  const watching = store.watch({ changed: (change) => heard.push(change), upToDate() {} })
  t.after(() => watching.stop())
  await store.ports.users.insert(vitor)
  return { store, heard }
}

/** Two processes that hear each other. */
async function aPair(t: TestContext) {
  const instance = await aHouse(t, 2)
  if (instance === undefined) return undefined
  const [one, two] = instance.processes
  return {
    server: instance.server,
    one: await aStore(t, one!),
    two: await aStore(t, two!),
  }
}

test('who ends a session tells the others, and not itself', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { one, two } = pair
  for (const id of ['a', 'b', 'c']) await one.store.ports.sessions.open(aSession(id))

  assert.equal(
    await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON),
    true,
  )
  assert.equal(
    await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON),
    false,
  )
  await one.store.ports.sessions.revokeAll(vitor.id, 'password', NOON)
  await until(() => two.heard.length >= 2)
  await sleep(100)

  assert.deepEqual(two.heard, [
    { kind: 'revoked', sessions: ['a'] },
    { kind: 'revoked', sessions: ['b', 'c'] },
  ])
  assert.deepEqual(one.heard, [])
})

test('of thousands of sessions that end at once every one is told', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { one, two } = pair
  const ids = Array.from({ length: 2500 }, (_, i) => `s${i}`)
  for (const id of ids) await one.store.ports.sessions.open(aSession(id))

  await one.store.ports.sessions.revokeAll(vitor.id, 'deleted', NOON)
  await until(() => two.heard.length === 3)

  const told = two.heard.flatMap((change) =>
    change.kind === 'revoked' ? change.sessions : [],
  )
  assert.deepEqual(new Set(told), new Set(ids))
})

test('who retires the keys tells the others', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return

  await pair.one.store.ports.keys.endRetiring(NOON)
  await until(() => pair.two.heard.length > 0)

  assert.deepEqual(pair.two.heard, [{ kind: 'keys' }])
})

test('after an outage anything may have changed', async (t) => {
  const pair = await aPair(t)
  if (pair === undefined) return
  const { server, one, two } = pair
  await one.store.ports.sessions.open(aSession('a'))

  await server.stop()
  await one.store.ports.sessions.revoke('a' as SessionId, 'logout', NOON)
  await server.start()
  await until(() => one.heard.length > 0 && two.heard.length > 0)

  assert.deepEqual(
    [one.heard[0], two.heard[0]],
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
  ['turned keys', '{"from":"you","change":{"kind":"keys"}}', { kind: 'keys' }],
  ['what was said here', '{"from":"me","change":{"kind":"keys"}}', undefined],
  [
    'a kind of a later version',
    '{"from":"you","change":{"kind":"roles"}}',
    { kind: 'anything' },
  ],
  [
    'sessions that are none',
    '{"from":"you","change":{"kind":"revoked","sessions":"a"}}',
    { kind: 'anything' },
  ],
  ['no JSON', 'hello', { kind: 'anything' }],
  ['no object', 'null', { kind: 'anything' }],
] as const) {
  test(`heard: ${what}`, () => assert.deepEqual(parseMessage(text, 'me'), change))
}
