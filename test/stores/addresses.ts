import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import type { StoreExtension } from '../../src/stores/extension.ts'
import { loadDriver } from '../../src/stores/postgres/driver.ts'
import { postgresStore } from '../../src/stores/postgres/store.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import { changeUser, type UserUpdate } from '../../src/users/change.ts'
import type { UserId } from '../../src/users/user.ts'
import type { NewUser } from '../../src/users/users.ts'
import { cleanUp } from '../cleanup.ts'
import { at, NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

await loadDriver()

const ada: NewUser = {
  ...vitor,
  id: 'ada' as UserId,
  username: 'ada',
  usernameKey: 'ada',
  email: 'Ada@example.org',
  emailVerifiedAt: at(NOON, -60),
  phone: '+351912345678',
  phoneVerifiedAt: at(NOON, -60),
}
const bob: NewUser = {
  ...vitor,
  id: 'bob' as UserId,
  username: 'bob',
  usernameKey: 'bob',
}

/** Each change of Ada's addresses, and the moments at which they are verified after it, in seconds after noon. */
const CHANGES: readonly (readonly [
  UserUpdate,
  email: number | null,
  phone: number | null,
])[] = [
  [{}, -60, -60],
  [{ staff: true }, -60, -60],
  [{ email: 'Ada@example.org' }, -60, -60],
  [{ email: 'ada@example.org' }, null, -60],
  [{ email: 'another@example.org' }, null, -60],
  [{ email: 'another@example.org', emailVerified: true }, 0, -60],
  [{ email: undefined }, null, -60],
  [{ email: undefined, emailVerified: true }, null, -60],
  [{ emailVerified: true }, 0, -60],
  [{ emailVerified: false }, null, -60],
  [{ phone: '+351912345679' }, -60, null],
  [{ phone: undefined, phoneVerified: true }, -60, null],
  [{ phone: '+351912345679', phoneVerified: true, emailVerified: false }, null, 0],
]

/** Runs a statement as another program would. */
const raw: StoreExtension<{ readonly run: (statement: string) => Promise<unknown> }> = {
  name: 'raw',
  migrations: [],
  ports: (db) => ({ run: (statement) => sql.raw(statement).execute(db) }),
}

/** Addresses of users: one normal form, and when they were verified. */
export function addressTests(database: string, fresh: FreshDatabase): void {
  const on = (title: string, body: (t: TestContext, url: string) => Promise<void>) =>
    test(`${database}: ${title}`, async (t) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      await body(t, place.url)
    })
  const open = async (t: TestContext, url: string) => {
    const extensions = [raw] as const
    const store = url.startsWith('postgres')
      ? postgresStore({ url, extensions })
      : sqliteStore({ file: url, extensions })
    cleanUp(t, () => store.close())
    await store.migrate()
    return store.ports
  }

  on('an address is unique and found in every letter case', async (t, url) => {
    const { users } = await open(t, url)
    assert.ok(await users.insert(ada))

    assert.equal(await users.insert({ ...bob, email: 'ADA@example.org' }), false)
    assert.equal(await users.insert({ ...bob, phone: '+351912345678' }), false)
    for (const email of ['Ada@example.org', 'ada@example.org', 'ADA@example.org']) {
      assert.equal((await users.find('email', email))?.user.email, 'Ada@example.org')
      assert.equal((await users.read('email', email))?.user.email, 'Ada@example.org')
    }
    // The Kelvin sign and the dotless i are other characters (CVE-2019-19844).
    assert.ok(await users.insert({ ...bob, email: 'mike@example.org' }))
    for (const email of ['mi\u212ae@example.org', 'm\u0131ke@example.org'])
      assert.equal(await users.find('email', email), undefined)
  })

  on('a change is written only if its condition still holds', async (t, url) => {
    const { users } = await open(t, url)
    await users.insert(ada)
    await users.insert({ ...bob, attributes: { age: 36, nested: { b: [1.5, null] } } })
    const change = { staff: true }

    for (const onlyIf of [
      { email: 'ada@example.org' },
      { email: undefined },
      { emailVerified: false },
      { phone: undefined },
      { epoch: 1 },
      { attributes: { age: 36 } },
    ])
      assert.equal(await users.change(ada.id, change, onlyIf), undefined)
    for (const [id, onlyIf] of [
      [ada.id, { email: 'Ada@example.org', emailVerified: true, epoch: 0 }],
      [ada.id, { phone: '+351912345678', attributes: {} }],
      [bob.id, { email: undefined, emailVerified: false, phone: undefined }],
      [bob.id, { attributes: (await users.read('id', bob.id))?.user.attributes ?? {} }],
    ] as const)
      assert.equal((await users.change(id, change, onlyIf))?.staff, true)
  })

  on('of concurrent changes with one condition, one is written', async (t, url) => {
    const { users } = await open(t, url)
    await users.insert(ada)

    const changes = Array.from({ length: 20 }, (_, n) =>
      users.change(ada.id, { attributes: { n } }, { attributes: {} }),
    )
    const written = (await Promise.all(changes)).filter((user) => user !== undefined)
    assert.equal(written.length, 1)
  })

  on(
    'another address is unverified, unless the change says otherwise',
    async (t, url) => {
      const { users } = await open(t, url)
      for (const [change, email, phone] of CHANGES) {
        await users.insert(ada)
        const changed = await changeUser(ada.id, change, { users, clock: () => NOON })

        const moment = (after: number | null) =>
          after === null ? undefined : at(NOON, after)
        assert.deepEqual(
          [changed?.emailVerifiedAt, changed?.phoneVerifiedAt],
          [moment(email), moment(phone)],
          JSON.stringify(change),
        )
        assert.deepEqual((await users.find('id', ada.id))?.user, changed)
        await users.delete(ada.id)
      }
    },
  )

  on('an address is verified only while the user has it', async (t, url) => {
    const { users } = await open(t, url)
    await users.insert({ ...ada, emailVerifiedAt: undefined, phoneVerifiedAt: undefined })

    assert.equal(await users.verify(ada.id, 'email', 'old@example.org', NOON), false)
    assert.equal(await users.verify(bob.id, 'phone', '+351912345678', NOON), false)
    assert.equal((await users.find('id', ada.id))?.user.emailVerifiedAt, undefined)
    assert.equal(await users.verify(ada.id, 'email', 'Ada@example.org', NOON), true)

    const after = (await users.find('id', ada.id))?.user
    assert.deepEqual([after?.emailVerifiedAt, after?.phoneVerifiedAt], [NOON, undefined])
  })

  on(
    'of two addresses of 0.1.0 in two letter cases, each finds its user',
    async (t, url) => {
      const before = await open(t, url)
      for (const [n, email] of ['Ada@example.org', 'ada@example.org'].entries()) {
        const id = `u${n}` as UserId
        const joinedAt = at(NOON, n)
        await before.users.insert({ ...bob, id, username: id, usernameKey: id, joinedAt })
        await before.run(`update users set email = '${email}' where id = '${id}'`)
      }
      for (const column of [
        'email_key',
        'email_verified_at',
        'phone',
        'phone_verified_at',
      ]) {
        await before.run(`drop index if exists users_by_${column}`)
        await before.run(`alter table users drop column ${column}`)
      }
      for (const index of ['sessions_by_client', 'users_superusers'])
        await before.run(`drop index ${index}`)
      for (const column of [
        ...['address', 'user_agent', 'amr', 'auth_time', 'last_used_at', 'actor'],
        ...['client_id', 'scopes', 'resource', 'jkt'],
      ])
        await before.run(`alter table sessions drop column ${column}`)
      await before.run('drop table proofs')
      await before.run('delete from watchword_migrations where number > 2')

      const { users } = await open(t, url)

      const idOf = async (email: string) => (await users.find('email', email))?.user.id
      assert.equal(await idOf('Ada@example.org'), 'u0')
      assert.equal(await idOf('ada@example.org'), 'u1')
      assert.equal(await idOf('ADA@example.org'), 'u0')
      await assert.rejects(
        changeUser(
          'u1' as UserId,
          { email: 'aDa@example.org' },
          { users, clock: () => NOON },
        ),
        { body: { email: ['A user with this email address already exists.'] } },
      )
    },
  )
}
