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
}
