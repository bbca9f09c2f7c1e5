import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { aDatabase } from '../../services/postgres.ts'
import { aSession, vitor } from '../../sessions/setup.ts'
import { turns } from '../../time.ts'
import { apiToken } from '../once.ts'
import { postgresStore } from '../open.ts'

/** A store with a user, whom another process is changing: the change has been made, and its commit takes its time. */
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
  ['whose password is being changed', 'update users set epoch = epoch + 1'],
  ['who is being deactivated', 'update users set active = 0'],
  ['who is being deleted', 'delete from users'],
] as const) {
  test(`a session of a user ${what} waits for the commit, and is not opened`, async (t) => {
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

test('an API token of a user whose password is being changed waits for the commit, and is not created', async (t) => {
  const changing = await whileChanged(t, 'update users set epoch = epoch + 1')
  if (changing === undefined) return
  const { apiTokens } = changing.ports

  const keeping = apiTokens.keep(apiToken('t', { nonce: 'n' }), 0)
  const inserting = apiTokens.insert(apiToken('u'), 0)
  await turns()
  await changing.commit()

  assert.equal(await keeping, undefined)
  assert.equal(await inserting, false)
  assert.deepEqual(await apiTokens.list(vitor.id), [])
  assert.notEqual(await apiTokens.keep(apiToken('t', { nonce: 'n' }), 1), undefined)
})
