import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionId, SessionOrigin } from '../../src/sessions/session.ts'
import { aSession, at, NOON, vitor } from '../sessions/setup.ts'
import { DATABASES } from './databases.ts'

const id = (name: string) => name as SessionId

for (const [name, fresh] of Object.entries(DATABASES)) {
  test(`${name}: the last uses of many sessions are one statement, and none goes back`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const { sessions, users } = (await database.open()).ports
    await users.insert(vitor)
    for (const each of ['a', 'b', 'c']) await sessions.adopt(aSession(id(each)))

    await sessions.recordUses([
      { id: id('a'), at: at(NOON, 5) },
      { id: id('b'), at: at(NOON, 6) },
      { id: id('unknown'), at: at(NOON, 6) },
      { id: id('no\0row'), at: at(NOON, 6) },
    ])
    await sessions.recordUses([{ id: id('a'), at: at(NOON, 4) }])
    await sessions.recordUses([])
    await sessions.recordUses([{ id: id('no\0row'), at: at(NOON, 6) }])

    const used = (await sessions.list(vitor.id)).map((each) => [each.id, each.lastUsedAt])
    assert.deepEqual(used.toSorted(), [
      ['a', at(NOON, 5)],
      ['b', at(NOON, 6)],
      ['c', undefined],
    ])
  })

  test(`${name}: the origin of a session is read as it was written`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const { sessions, users } = (await database.open()).ports
    await users.insert(vitor)
    const origin: SessionOrigin = {
      address: '2001:db8::7',
      userAgent: 'Curl/8 \u00e9',
      amr: ['pwd', 'otp'],
      authTime: NOON,
      actor: 'eve',
    }
    await sessions.open({ ...aSession(id('s')), origin }, { active: true })

    const found = await sessions.find(id('s'))
    const { address, userAgent, amr, authTime, actor } = found!.session
    assert.deepEqual({ address, userAgent, amr, authTime, actor }, origin)
  })

  test(`${name}: many refreshes and records of uses at once are all written, without a deadlock`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const stores = await Promise.all([database.open(), database.open()])
    const [{ sessions, users }] = stores.map(({ ports }) => ports) as [
      (typeof stores)[number]['ports'],
    ]
    await users.insert(vitor)
    const ids = Array.from({ length: 40 }, (_, i) => id(`s${i}`))
    for (const each of ids) await sessions.adopt(aSession(each))

    const uses = ids.map((each) => ({ id: each, at: at(NOON, 9) }))
    const rotations = ids.map((each, i) =>
      stores[i % 2]!.ports.sessions.rotate({
        id: each,
        generation: 0,
        jti: `${each}-0`,
        newJti: `${each}-1`,
        idle: 60 as never,
        leeway: 0 as never,
        now: at(NOON, 1),
        require: { user: true, active: true, epoch: true },
      }),
    )
    const records = [0, 1, 0, 1].map((n, i) =>
      stores[n]!.ports.sessions.recordUses(i % 2 === 0 ? uses : uses.toReversed()),
    )
    const [rotated] = await Promise.all([Promise.all(rotations), Promise.all(records)])

    assert.ok(rotated.every((each) => each?.generation === 1))
    await sessions.recordUses(uses)
    const used = await sessions.list(vitor.id)
    assert.ok(used.every(({ lastUsedAt }) => lastUsedAt === at(NOON, 9)))
  })
}
