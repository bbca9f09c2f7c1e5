import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { aDatabase } from '../../services/postgres.ts'
import { aSession, vitor } from '../../sessions/setup.ts'
import { turns } from '../../time.ts'
import { apiToken } from '../once.ts'
import { postgresStore } from '../open.ts'

/** A store with a user that an open transaction of another process has changed. */
async function whileChanged(t: TestContext, change: string) {
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  const store = postgresStore(database)
  const other = new pg.Client(database.url)
  t.after(async () => {
    await other.end()
    await store.close()
    await database.drop()
  })
  await store.ports.users.insert(vitor)
  await other.connect()
  await other.query('begin')
  await other.query(change)
  return { ports: store.ports, commit: () => other.query('commit') }
}

for (const [what, change] of [
  ['a change of the password', 'update users set epoch = epoch + 1'],
  ['a deactivation', 'update users set active = 0'],
  ['a deletion', 'delete from users'],
] as const) {
  test(`opening a session during ${what} of the user waits for the commit, and opens none`, async (t) => {
    const changing = await whileChanged(t, change)
    if (changing === undefined) return
    const { sessions } = changing.ports

    let isAnswered = false
    const opening = sessions.open(aSession('s'), { active: true }).finally(() => {
      isAnswered = true
    })
    await turns()
    assert.equal(isAnswered, false)
    await changing.commit()

    assert.equal(await opening, false)
    assert.deepEqual(await sessions.list(vitor.id), [])
  })
}

test("storing an API token during a change of the user's password waits for the commit, and stores none", async (t) => {
  const changing = await whileChanged(t, 'update users set epoch = epoch + 1')
  if (changing === undefined) return
  const { apiTokens } = changing.ports

  const keeping = apiTokens.insertDerived(apiToken('t', { nonce: 'n' }), 0)
  const inserting = apiTokens.insert(apiToken('u'), 0)
  await turns()
  await changing.commit()

  assert.equal(await keeping, undefined)
  assert.equal(await inserting, false)
  assert.deepEqual(await apiTokens.list(vitor.id), [])
  assert.notEqual(
    await apiTokens.insertDerived(apiToken('t', { nonce: 'n' }), 1),
    undefined,
  )
})
