import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionId } from '../../../src/sessions/session.ts'
import { aSession, at, NOON, vitor } from '../../sessions/setup.ts'
import { testDatabase, uncommitted } from './setup.ts'

test('the record of last uses waits for no row that another process is changing', async (t) => {
  const deps = await testDatabase(t)
  if (deps === undefined) return
  const { users, sessions } = deps.store().ports
  await users.insert(vitor)
  const ids = ['held', 'free'].map((id) => id as SessionId)
  for (const id of ids) await sessions.adopt(aSession(id))
  const commit = await uncommitted(
    t,
    deps,
    `update sessions set jti = jti where id = 'held'`,
  )
  const used = async () =>
    Object.fromEntries(
      (await sessions.list(vitor.id)).map(({ id, lastUsedAt }) => [id, lastUsedAt]),
    )
  const uses = ids.map((id) => ({ id, at: at(NOON, 5) }))

  await sessions.recordUses(uses)
  assert.deepEqual(await used(), { held: undefined, free: at(NOON, 5) })
  await commit()
  await sessions.recordUses(uses)
  assert.deepEqual(await used(), { held: at(NOON, 5), free: at(NOON, 5) })
})
