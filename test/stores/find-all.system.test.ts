import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionId } from '../../src/sessions/session.ts'
import { aSession, vitor } from '../sessions/setup.ts'
import { DATABASES } from './databases.ts'

for (const [name, fresh] of Object.entries(DATABASES)) {
  test(`${name}: those of many sessions that exist are found by one statement`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const { sessions, users } = (await database.open()).ports
    await users.insert(vitor)
    const ids = Array.from({ length: 300 }, (_, i) => `s${i}` as SessionId)
    for (const id of ids.slice(0, 3)) await sessions.adopt(aSession(id))

    const found = await sessions.findAll(ids)

    const expected = await Promise.all(ids.slice(0, 3).map((id) => sessions.find(id)))
    assert.deepEqual(
      found.toSorted((a, b) => a.session.id.localeCompare(b.session.id)),
      expected,
    )
    assert.deepEqual(await sessions.findAll([]), [])
    assert.equal((await sessions.findAll(ids.slice(2, 12))).length, 1)
  })
}
