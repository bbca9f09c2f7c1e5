import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { STORE_EXTENSIONS } from '../../src/features.ts'
import { tablesOfUsers } from '../../src/stores/extension.ts'
import { testInstance } from '../../src/testing/index.ts'
import { folder } from '../instance/setup.ts'
import { sqliteStore } from '../stores/open.ts'

const SEVEN = { id: '7', username: 'ada' }

test('after a deletion that failed half way, the next user of the id waits until the rest is deleted', async (t) => {
  const { auth, faults } = testInstance()
  t.after(() => auth.close())
  await auth.users.create(SEVEN)
  await auth.apiTokens.create('7')
  faults.fail('apiTokens.deleteAll')
  await assert.rejects(auth.users.delete('7'), { code: 'store_unavailable' })
  await assert.rejects(auth.users.create(SEVEN), { code: 'store_unavailable' })
  assert.equal(await auth.users.count(), 0)

  faults.clear()
  await auth.users.create(SEVEN)
  assert.deepEqual(await auth.apiTokens.list('7'), [])
})

test('a user who is created while the last one of the id is deleted gets none of its tokens, and keeps its own', async (t) => {
  const { auth } = testInstance()
  t.after(() => auth.close())
  await auth.users.create(SEVEN)
  for (let round = 0; round < 30; round++) {
    const { token } = await auth.apiTokens.create('7')
    const deletion = auth.users.delete('7')
    for (let n = 0; n < round % 5; n++) await Promise.resolve()
    const creation = auth.users.create({ ...SEVEN, username: `ada${round}` })
    const isCreated = await creation.then(
      () => true,
      () => false,
    )
    if (isCreated) {
      assert.deepEqual(await auth.apiTokens.list('7'), [], `of the last user: ${token}`)
      await auth.apiTokens.create('7')
      await auth.signIn('7')
    }
    await deletion
    assert.equal((await auth.apiTokens.list('7')).length, isCreated ? 1 : 0)
    const sessions = await auth.sessions.list('7')
    const live = sessions.filter(({ revokedAt }) => revokedAt === undefined)
    assert.equal(live.length, isCreated ? 1 : 0)
    if (!isCreated) await auth.users.create(SEVEN)
  }
})

/** Tables that keep the id of a deleted user: events by intent, sessions once they are revoked. */
const KEPT = ['events', 'sessions']

test('every other table with the id of a user is one whose rows are deleted with the user', async (t) => {
  const file = join(folder(t), 'w.db')
  const store = sqliteStore({ file })
  await store.migrate()
  await store.close()
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  const rows = database
    .prepare(
      "select m.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'user_id' order by m.name",
    )
    .all()
  const expected = [...KEPT, ...tablesOfUsers(STORE_EXTENSIONS)].sort()
  assert.deepEqual(
    rows.map(({ name }) => name),
    expected,
  )
})
