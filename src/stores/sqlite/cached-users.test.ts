import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'
import type { NewUser, Users } from '../../users/users.ts'
import { IN_MEMORY } from './open-database.ts'
import { sqliteStore } from './store.ts'

const ada: NewUser = {
  id: 'ada' as UserId,
  username: 'ada',
  usernameKey: 'ada',
  email: 'ada@example.org',
  phone: '+351912345678',
  hash: 'first',
  active: true,
  staff: false,
  superuser: false,
  joinedAt: 1 as UnixSeconds,
  attributes: { team: { name: 'notes' } },
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'watchword-cached-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Opens `count` stores on one file. */
async function stores(t: TestContext, count: number) {
  const file = join(folder(t), 'users.db')
  const all = Array.from({ length: count }, () => sqliteStore({ file, extensions: [] }))
  t.after(() => Promise.all(all.map((store) => store.close())))
  for (const store of all) await store.migrate()
  return all.map(({ ports }) => ports.users) as [Users, ...Users[]]
}

test('an account is read once, and then the cached object is returned synchronously', async (t) => {
  const [users] = await stores(t, 1)
  await users.insert(ada)

  const first = users.find('id', 'ada')

  assert.ok(!(first instanceof Promise))
  assert.equal(first?.user.username, 'ada')
  assert.equal(users.find('id', 'ada'), first)
})

test('a cached account is found by its fields, and in another letter case by its email only', async (t) => {
  const [users] = await stores(t, 1)
  await users.insert(ada)

  for (const [field, value] of [
    ['id', 'ada'],
    ['username', 'ada'],
    ['email', 'ada@example.org'],
    ['phone', '+351912345678'],
  ] as const) {
    assert.equal((await users.find(field, value))?.user.id, 'ada')
    assert.equal((await users.find(field, value))?.user.id, 'ada')
    const spelled = await users.find(field, value.toUpperCase())
    assert.equal(spelled !== undefined, field === 'email' || field === 'phone')
  }
  assert.equal(await users.find('email', 'ada'), undefined)
})

test('a missing account is not cached', async (t) => {
  const [here, there] = (await stores(t, 2)) as [Users, Users]
  assert.equal(await here.find('id', 'ada'), undefined)

  await there.insert(ada)
  await sleep(2)

  assert.equal((await here.find('id', 'ada'))?.user.id, 'ada')
})

const CHANGES: Readonly<Record<string, (users: Users) => Promise<unknown>>> = {
  'a change': (users) => users.change(ada.id, { active: false, attributes: {} }),
  'a new password': (users) => users.setPassword(ada.id, 'second'),
  'a verified address': (users) =>
    users.verify(ada.id, 'email', 'ada@example.org', ada.joinedAt),
  'an upgraded hash': (users) => users.upgradeHash(ada.id, 'first', 'second'),
  'a deletion': (users) => users.delete(ada.id),
}
for (const [what, change] of Object.entries(CHANGES)) {
  for (const who of ['the same store', 'another store']) {
    const when = who === 'the same store' ? 'once it has resolved' : 'a millisecond later'
    test(`${what} through ${who} is seen ${when}`, async (t) => {
      const [here, there] = (await stores(t, 2)) as [Users, Users]
      await here.insert(ada)
      const version = here.version()
      const before = await here.find('id', 'ada')

      await change(who === 'the same store' ? here : there)
      if (who === 'another store') await sleep(2)

      assert.notEqual(here.version(), version)
      const after = here.find('id', 'ada')
      assert.notDeepEqual(after, before)
      assert.deepEqual(after, await there.find('id', 'ada'))
    })
  }
}

test('during concurrent writes an account is never older than the last write that has resolved', async (t) => {
  const [here, there] = (await stores(t, 2)) as [Users, Users]
  await here.insert(ada)
  let answered = 0
  let writing = true
  const write = async (users: Users): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      await users.setPassword(ada.id, `password ${i}`)
      // A write of the other store is visible a millisecond later.
      if (users === there) await sleep(2)
      answered++
    }
  }
  const read = async (): Promise<void> => {
    while (writing) {
      const least = answered
      const account = await here.find('id', 'ada')
      assert.ok(
        account!.user.epoch >= least,
        `epoch ${account!.user.epoch} after ${least} answers`,
      )
      await new Promise(setImmediate)
    }
  }
  const reading = read()

  await Promise.all([write(here), write(there)]).finally(() => {
    writing = false
  })

  await reading
  assert.equal((await here.find('id', 'ada'))?.user.epoch, 200)
})

test('a cached account is deeply frozen', async (t) => {
  const [users] = await stores(t, 1)
  await users.insert(ada)

  const account = await users.find('id', 'ada')

  assert.throws(() => Object.assign(account!.user, { superuser: true }), TypeError)
  assert.throws(() => Object.assign(account!.user.roles, ['editor']), TypeError)
  assert.throws(
    () => Object.assign(account!.user.attributes.team as object, { name: 'all' }),
    TypeError,
  )
})

test('the version stays while nothing is committed', async (t) => {
  const [users] = await stores(t, 1)
  await users.insert(ada)
  users.find('id', 'ada')
  const before = users.version()
  await sleep(5)
  users.find('id', 'ada')
  assert.notEqual(before, undefined)
  assert.equal(users.version(), before)
})

test('a database in memory has no version', async (t) => {
  const store = sqliteStore({ file: IN_MEMORY, extensions: [] })
  t.after(() => store.close())
  assert.equal(store.ports.users.version(), undefined)
})

test('a database in memory, with its single connection, shows a change at once', async (t) => {
  const store = sqliteStore({ file: IN_MEMORY, extensions: [] })
  t.after(() => store.close())
  await store.ports.users.insert(ada)
  assert.equal((await store.ports.users.find('id', 'ada'))?.user.active, true)

  await store.ports.users.change(ada.id, { active: false })

  assert.equal((await store.ports.users.find('id', 'ada'))?.user.active, false)
})

test('a closed store rejects a look-up, even of a cached account', async (t) => {
  const store = sqliteStore({ file: join(folder(t), 'users.db'), extensions: [] })
  await store.ports.users.insert(ada)
  await store.ports.users.find('id', 'ada')

  await store.close()

  await assert.rejects(async () => store.ports.users.find('id', 'ada'))
})
