import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aSession, vitor } from '../../sessions/setup.ts'
import { turns } from '../../time.ts'
import { apiToken } from '../once.ts'
import { testDatabase, uncommitted } from './setup.ts'

/** A store with a user that an open transaction of another process has changed. */
async function whileChanged(t: TestContext, change: string) {
  const database = await testDatabase(t)
  if (database === undefined) return undefined
  const { ports } = database.store()
  await ports.users.insert(vitor)
  return { ports, commit: await uncommitted(t, database, change) }
}

const SIGNED_IN = { epoch: 0, active: true }

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

  test(`deriving an API token during ${what} of the user waits for the commit, and inserts none`, async (t) => {
    const changing = await whileChanged(t, change)
    if (changing === undefined) return
    const { apiTokens } = changing.ports

    const inserting = apiTokens.insertDerived(apiToken('t', { nonce: 'n' }), SIGNED_IN)
    await turns()
    await changing.commit()

    assert.equal(await inserting, undefined)
    assert.deepEqual(await apiTokens.list(vitor.id), [])
  })
}

test('inserting an API token during a deletion of the user waits for the commit, and inserts none', async (t) => {
  const changing = await whileChanged(t, 'delete from users')
  if (changing === undefined) return
  const { apiTokens } = changing.ports

  const inserting = apiTokens.insert(apiToken('t'))
  await turns()
  await changing.commit()

  assert.equal(await inserting, false)
})
