import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import pg from 'pg'
import { minutes, seconds } from '../../../src/base/clock.ts'
import type {
  Recovery,
  Rotation,
  SessionId,
  Sessions,
} from '../../../src/sessions/session.ts'
import { batchedSessions } from '../../../src/stores/postgres/batched-sessions.ts'
import { answerDeadline, ServerTime } from '../../../src/stores/postgres/server-time.ts'
import type { Tables } from '../../../src/stores/tables.ts'
import { ask, run } from '../../services/postgres.ts'
import { aSession, at, NOON, rotatedPart, SETTINGS, vitor } from '../../sessions/setup.ts'
import { testDatabase } from './setup.ts'

const rotation = (id: string, more: Partial<Rotation> = {}): Rotation => ({
  id: id as SessionId,
  generation: 0,
  jti: `${id}-0`,
  newJti: `${id}-1`,
  idle: minutes(60),
  leeway: seconds(0),
  now: NOON,
  require: SETTINGS.require,
  ...more,
})

test('100 concurrent refreshes take at most ten statements, and each gets its own result', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  const ids = Array.from({ length: 100 }, (_, n) => `s${n}`)
  for (const id of ids) await store.ports.sessions.adopt(aSession(id))
  await store.ports.sessions.revoke('s3' as SessionId, 'logout', NOON)
  await run(deps.url, 'create sequence statements')
  await run(
    deps.url,
    `create function one_more() returns trigger language plpgsql as $$ begin perform nextval('statements'); return null; end $$`,
  )
  await run(
    deps.url,
    'create trigger counted after update on sessions for each statement execute function one_more()',
  )

  // A refresh with a wrong jti must not get the result of the valid one in the same batch.
  const wrongJti = store.ports.sessions.rotate(
    rotation('s6', { jti: 'not it', newJti: 'stolen' }),
  )
  const answers = await Promise.all([
    ...ids.map((id) => store.ports.sessions.rotate(rotation(id))),
    store.ports.sessions.rotate(rotation('s4', { newJti: 'another' })),
    store.ports.sessions.rotate(rotation('s5', { generation: 1 })),
    store.ports.sessions.rotate(rotation('s7\0')),
  ])

  const rotated = answers.slice(0, 100).map((session) => session?.id)
  const other = answers[100]
  assert.equal(rotated[3], undefined, 's3 is revoked')
  assert.equal(
    [rotated[4], other?.id].filter((id) => id === 's4').length,
    1,
    's4 rotates once',
  )
  assert.deepEqual(
    rotated.filter((_, n) => n !== 3 && n !== 4),
    ids.filter((_, n) => n !== 3 && n !== 4),
  )
  assert.deepEqual(
    [await wrongJti, ...answers.slice(101)],
    [undefined, undefined, undefined],
  )
  for (const session of answers) {
    if (session === undefined) continue
    const state = await store.ports.sessions.find(session.id)
    assert.deepEqual(state && rotatedPart(state.session), session)
  }
  const { last_value: statements } = await ask<{ last_value: string }>(
    deps.url,
    'select last_value from statements',
  )
  assert.ok(Number(statements) <= 10, `${statements} statements`)
})

test('concurrent lost answers are batched, and each gets its own result', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { sessions, users } = deps.store().ports
  await users.insert(vitor)
  const ids = Array.from({ length: 50 }, (_, n) => `s${n}`)
  for (const id of ids) {
    await sessions.adopt(aSession(id))
    await sessions.rotate(rotation(id, { newJti: `${id}-unused` }))
  }
  const recoveryOf = (id: string, more: Partial<Recovery> = {}): Recovery => ({
    ...rotation(id),
    unused: { generation: 1, jti: `${id}-unused` },
    spentSince: NOON,
    ...more,
  })
  const wrong: readonly Partial<Recovery>[] = [
    { jti: 'not it' },
    { generation: 1 },
    { unused: { generation: 1, jti: 'not it' } },
    { unused: { generation: 2, jti: 's0-unused' } },
    { spentSince: at(NOON, 1) },
    { now: at(NOON, 90_000) },
    { jti: 's0-0\0' },
  ]

  const refused = wrong.map((more) =>
    sessions.recover(recoveryOf('s0', { newJti: 'stolen', ...more })),
  )
  const answers = await Promise.all(ids.map((id) => sessions.recover(recoveryOf(id))))
  const again = await sessions.recover(recoveryOf('s0'))

  assert.deepEqual(
    answers.map((session) => session && [session.id, session.jti, session.generation]),
    ids.map((id) => [id, `${id}-1`, 2]),
  )
  for (const [i, answer] of (await Promise.all(refused)).entries())
    assert.equal(answer, undefined, JSON.stringify(wrong[i]))
  assert.equal(again, undefined)
})

test('a locked row delays no other refresh of its batch', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  for (const id of ['held', 'free', 'too']) await store.ports.sessions.adopt(aSession(id))
  const holder = new pg.Client(deps.url)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query(`update sessions set jti = jti where id = 'held'`)

    const [held, free, too] = await Promise.allSettled(
      ['held', 'free', 'too'].map((id) => store.ports.sessions.rotate(rotation(id))),
    )

    assert.equal(free?.status === 'fulfilled' && free.value?.generation, 1)
    assert.equal(too?.status === 'fulfilled' && too.value?.generation, 1)
    assert.equal(held?.status === 'rejected' && held.reason.code, 'store_unavailable')
  } finally {
    await holder.end()
  }
})

test('a generation out of range of its column fails its own refresh, and no other of the batch', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const store = deps.store()
  await store.ports.users.insert(vitor)
  for (const id of ['odd', 'even']) await store.ports.sessions.adopt(aSession(id))

  const [odd, even] = await Promise.allSettled([
    store.ports.sessions.rotate(rotation('odd', { generation: 2 ** 40 })),
    store.ports.sessions.rotate(rotation('even')),
  ])

  assert.equal(odd?.status === 'rejected' && odd.reason.code, 'invalid')
  assert.equal(even?.status === 'fulfilled' && even.value?.generation, 1)
})

test('a refresh whose statement waits longer than the limit is rejected, and the statement does not run later', async () => {
  let resume = (): void => {}
  const hung = new Promise<void>((resolve) => (resume = resolve))
  const done: string[] = []
  class Hung extends DummyDriver {
    override async acquireConnection() {
      await hung
      return super.acquireConnection()
    }
  }
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Hung(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  const rotate = async ({ id }: Rotation) => void done.push(id)
  const sessions = batchedSessions(
    { rotate } as Partial<Sessions> as Sessions,
    db,
    answerDeadline(new ServerTime()),
  )
  const first = Array.from({ length: 256 }, (_, n) => sessions.rotate(rotation(`s${n}`)))
  const late = sessions.rotate(rotation('late'))
  late.catch(() => undefined)
  await sleep(1100)
  const young = sessions.rotate(rotation('young'))
  resume()

  await assert.rejects(late, { code: 'store_unavailable', retryAfter: 1 })
  await young
  assert.deepEqual(new Set(await Promise.all(first)), new Set([undefined]))
  assert.deepEqual(done, ['young'])
})

test('two processes that refresh the same sessions in opposite order cause no deadlock', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const [one, two] = [deps.store(), deps.store()]
  await one.ports.users.insert(vitor)
  await two.migrate()
  const ids = Array.from({ length: 64 }, (_, n) => `s${n}`)
  for (const id of ids) await one.ports.sessions.adopt(aSession(id))
  const rotationTo = (generation: number, id: string): Rotation =>
    rotation(id, {
      generation,
      jti: `${id}-${generation}`,
      newJti: `${id}-${generation + 1}`,
    })

  for (let generation = 0; generation < 20; generation++) {
    const answers = await Promise.all([
      ...ids.map((id) => one.ports.sessions.rotate(rotationTo(generation, id))),
      ...ids
        .toReversed()
        .map((id) => two.ports.sessions.rotate(rotationTo(generation, id))),
    ])
    assert.equal(answers.filter((session) => session !== undefined).length, ids.length)
  }

  const { deadlocks } = await ask<{ deadlocks: number }>(
    deps.url,
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  )
  assert.equal(deadlocks, 0)
})
