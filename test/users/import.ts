import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { InvalidUser } from '../../src/admin/import-users.ts'
import type { Options } from '../../src/settings/options.ts'
import type { ImportedUser } from '../../src/users/user-input.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import type { FreshDatabase } from '../stores/sqlite.ts'

/** `lètmein`, by better-auth 1.7.25. */
const HASH =
  '58c0f2148b6bb2187348b23fc1752993:267c529ed84fd0e62130507c04df1e693cb98c7491abb33d72624c42f5835e098eadbaeb3372d8990c2943e35bbfca762fc6156ed2e85d361a59dd532eff3f32'
const PASSWORD = 'lètmein'

/** Of another salt, by passlib 1.7.4. */
const OTHER =
  '$pbkdf2-sha256$1000$HSOkdG4t5ZzT.t9bS8nZuw$XaqgfRnsOTSTDo4NV2syCpXytsneR9XqdIvyAmM82x0'

const many = (count: number, from = 0): ImportedUser[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `m${from + n}`,
    username: `many${from + n}`,
    email: `many${from + n}@example.org`,
  }))

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const counts = (some: object): object => ({
  created: 0,
  updated: 0,
  skipped: 0,
  invalid: 0,
  ...some,
})

/** What importing and exporting users promise. */
export function importTests(name: string, fresh: FreshDatabase): void {
  async function setUp(t: TestContext, options: Options = {}) {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const secret = 'a secret of a test, long enough for it'
    const make = () => {
      const auth = buildWatchword({ database: database.url, secret, ...options })
      cleanUp(t, () => auth.close())
      return auth
    }
    const [auth, other] = [make(), make()]
    await auth.migrate()
    const logIn = async (username: string, password: string): Promise<number> => {
      const body = new URLSearchParams({ username, password })
      const url = 'http://localhost/api/token/'
      return (await auth.handler(new Request(url, { method: 'POST', body }))).status
    }
    const isSignedIn = async (access: string): Promise<boolean> => {
      const headers = { authorization: `Bearer ${access}` }
      const request = new Request('http://localhost/', { headers })
      return auth.require(request).then(
        () => true,
        () => false,
      )
    }
    const exported = async (passwordHashes = true): Promise<ImportedUser[]> =>
      collected(auth.users.export({ passwordHashes }))
    return { auth, other, logIn, isSignedIn, exported }
  }

  test(`${name}: an imported user signs in with the old password, which gets a new hash`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, logIn, exported } = place

    const done = await auth.users.import([
      { id: '7', username: 'ada', passwordHash: HASH },
    ])

    assert.deepEqual(done, counts({ created: 1 }))
    assert.equal(await logIn('ada', 'letmein'), 401)
    assert.equal(await logIn('ada', PASSWORD), 200)
    const [ada] = await exported()
    assert.match(String(ada?.passwordHash), /^argon2\$argon2id\$/)
    assert.equal(await logIn('ada', PASSWORD), 200)
  })

  test(`${name}: what was exported is imported again as it was, and hashes are exported on request only`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, exported } = place
    const users: ImportedUser[] = [
      {
        id: '7',
        username: 'ada',
        email: 'ada@example.org',
        emailVerifiedAt: 1_700_000_002,
        phone: '+351912345678',
        phoneVerifiedAt: 1_700_000_003,
        passwordHash: `argon2$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$duOLHIj+5DGjP0qQQlL25A`,
        active: false,
        staff: true,
        superuser: true,
        roles: ['editor'],
        joinedAt: 1_700_000_000.25,
        lastLoginAt: 1_700_000_001,
        attributes: { first_name: 'Ada', deep: [{ a: 1 }] },
      },
      {
        id: 'b',
        username: 'Béa',
        active: true,
        staff: false,
        superuser: false,
        roles: [],
        joinedAt: 0,
        attributes: {},
      },
    ]

    await auth.users.import(users)

    const all = await exported()
    assert.deepEqual(
      all.toSorted((a, b) => a.id.localeCompare(b.id)),
      users,
    )
    assert.ok((await exported(false)).every((user) => !('passwordHash' in user)))
    for (const { id } of users) await auth.users.delete(id)
    await auth.users.import(all)
    assert.deepEqual(await exported(), all)
  })

  test(`${name}: without a username the email address is the name, and without a hash no password matches`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, logIn } = place

    await auth.users.import([
      { id: '7', email: 'Ada@EXAMPLE.org' },
      { id: '8', username: 'bob', passwordHash: '!' },
      { id: '9', username: 'cleo', passwordHash: '' },
    ])

    const ada = await auth.users.find({ email: 'Ada@example.org' })
    assert.equal(ada?.username, 'Ada@EXAMPLE.org')
    assert.deepEqual([await logIn('bob', '!'), await logIn('cleo', '')], [401, 400])
    assert.equal(await auth.users.checkPassword('8', '!'), false)
  })

  test(`${name}: users that cannot be imported are reported with the reason, and all others are created`, async (t) => {
    const place = await setUp(t, { roles: { editor: ['posts.add'] } })
    if (place === undefined) return
    const { auth } = place
    const phone = '+351912345678'
    await auth.users.create({ username: 'Taken', email: 'taken@example.org', phone })
    const invalid: InvalidUser[] = []
    const wrong = [
      [{ id: '1', username: 'TAKEN' }, ['username']],
      [{ id: '2', username: 'free', email: 'TAKEN@example.org' }, ['email']],
      [{ id: '3', username: 'taken', email: 'taken@EXAMPLE.org' }, ['username', 'email']],
      [{ id: '4', username: 'a b' }, ['username']],
      [{ id: '15', username: 'o', phone: '+351912345678' }, ['phone']],
      [{ id: '16', username: 'p', phone: '912345678' }, ['phone']],
      [{ id: '17', username: 'q', emailVerifiedAt: 1 }, ['emailVerifiedAt']],
      [{ id: '18', username: 'r', emailVerified: true }, ['emailVerified']],
      [{ id: '5', username: 'e', email: 'nobody' }, ['email']],
      [{ id: '6', username: 'f', passwordHash: 'hunter2' }, ['passwordHash']],
      [{ id: '7', username: 'g', roles: ['author'] }, ['roles']],
      [{ id: '8', username: 'h', joinedAt: 1_700_000_000_000 }, ['joinedAt']],
      [{ id: '9', username: 'i', attributes: { a: 'x\0' } }, ['attributes']],
      [{ id: 'x y', username: 'j' }, ['id']],
      [{ username: 'k' }, ['id']],
      [{ id: 11, username: 'l' }, ['id']],
      [{ id: '12' }, ['username']],
      [{ id: '13', username: 'm', password: 'Wonder-Land-42' }, ['password']],
      [{ id: '14', username: 'n', is_staff: true }, ['is_staff']],
      [null, ['id']],
    ] as const
    const users = [
      ...many(3),
      ...wrong.map(([user]) => user as unknown as ImportedUser),
      ...many(3, 3),
    ]

    const done = await auth.users.import(users, {
      onInvalid: (each) => invalid.push(each),
    })

    assert.deepEqual(done, counts({ created: 6, invalid: wrong.length }))
    for (const [user, fields] of wrong) {
      const found = invalid.find((each) => each.user === user)
      assert.deepEqual(Object.keys(found?.errors ?? {}), fields, JSON.stringify(user))
    }
    assert.equal(await auth.users.count(), 7)
  })

  test(`${name}: of users of one import with one id, name or address the first is created`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth } = place
    const invalid: unknown[] = []
    const users = [
      { id: '1', username: 'one', email: 'one@example.org' },
      { id: '1', username: 'uno' },
      { id: '2', username: 'ONE' },
      { id: '3', username: 'three', email: 'one@example.org' },
    ]
    const options = { onInvalid: ({ user }: InvalidUser) => invalid.push(user) }

    const tried = await auth.users.import(users, { ...options, dryRun: true })
    const done = await auth.users.import(users, options)

    assert.deepEqual(done, counts({ created: 1, skipped: 1, invalid: 2 }))
    assert.deepEqual(tried, done)
    assert.deepEqual(invalid.slice(-2), users.slice(2))
    assert.equal((await auth.users.find({ id: '1' }))?.username, 'one')
  })

  test(`${name}: an import that is run again skips the users that exist, and changes none of them`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, exported } = place
    const users = many(1234)
    await auth.users.import(users.slice(0, 700))
    await auth.users.change('m5', { username: 'renamed', staff: true })
    const before = (await exported()).find(({ id }) => id === 'm5')

    const done = await auth.users.import(users)

    assert.deepEqual(done, counts({ created: 534, skipped: 700 }))
    assert.deepEqual(
      (await exported()).find(({ id }) => id === 'm5'),
      before,
    )
    assert.deepEqual(await auth.users.import(users), counts({ skipped: 1234 }))
    assert.equal(await auth.users.count(), 1234)
  })

  test(`${name}: an update changes the members that are given, and only another hash or a deactivation revokes sessions`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, logIn, isSignedIn } = place
    const user = { id: '7', username: 'ada', email: 'ada@example.org', staff: true }
    await auth.users.import([{ ...user, passwordHash: OTHER }])
    const signIn = async () => (await auth.signIn((await auth.users.find('ada'))!)).access
    const update = (change: object) =>
      auth.users.import([{ id: '7', username: 'ada', ...change }], { existing: 'update' })

    let access = await signIn()
    const done = await update({
      passwordHash: OTHER,
      email: 'new@example.org',
      roles: ['x'],
    })

    assert.deepEqual(done, counts({ updated: 1 }))
    const changed = await auth.users.find('ada')
    assert.deepEqual([changed?.email, changed?.staff], ['new@example.org', true])
    assert.deepEqual(changed?.roles, ['x'])
    assert.equal(await isSignedIn(access), true)
    await update({ passwordHash: '!' })
    assert.equal(await isSignedIn(access), true)

    await update({ passwordHash: HASH })

    assert.equal(await isSignedIn(access), false)
    assert.equal(await logIn('ada', PASSWORD), 200)
    access = await signIn()

    await update({ active: false })

    assert.equal(await isSignedIn(access), false)
    assert.equal(await logIn('ada', PASSWORD), 401)
  })

  test(`${name}: an update that needs a name or address of another user is reported, by a dry run too`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, exported } = place
    await auth.users.import(many(3))
    const before = await exported()
    const users = [
      { id: 'm0', username: 'MANY1' },
      { id: 'm1', email: 'many2@example.org' },
      { id: 'm2', username: 'free' },
    ]
    for (const dryRun of [true, false]) {
      const invalid: InvalidUser[] = []
      const onInvalid = (each: InvalidUser) => invalid.push(each)

      const done = await auth.users.import(users, {
        existing: 'update',
        dryRun,
        onInvalid,
      })

      assert.deepEqual(done, counts({ updated: 1, invalid: 2 }))
      assert.deepEqual(
        invalid.map(({ errors }) => Object.keys(errors)),
        [['username'], ['email']],
      )
      if (dryRun) assert.deepEqual(await exported(), before)
    }
    assert.ok(await auth.users.find('free'))
  })

  test(`${name}: a dry run counts what an import would do, and writes nothing`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth } = place
    await auth.users.import(many(600))
    const users = [...many(1000), { id: 'x', username: 'MANY3' }]
    const onInvalid = () => {}

    const tried = await auth.users.import(users, { dryRun: true, onInvalid })

    assert.equal(await auth.users.count(), 600)
    const events = await auth.events.list({ kind: 'users_imported' })
    assert.equal(events.length, 1)
    assert.deepEqual(tried, await auth.users.import(users, { onInvalid }))
    assert.deepEqual(tried, counts({ created: 400, skipped: 600, invalid: 1 }))
  })

  test(`${name}: users who sign up during an import keep their accounts, and the import goes on`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, other } = place
    const users = many(3000)
    const taken = users.filter((_, n) => n % 50 === 25)
    const invalid: unknown[] = []

    const [done, ...signUps] = await Promise.all([
      auth.users.import(users, { onInvalid: ({ user }) => invalid.push(user) }),
      ...taken.map(async ({ username = '' }) => {
        const created = await other.users.create({ username }).catch(() => undefined)
        return created === undefined ? 0 : 1
      }),
    ])

    const signedUp = signUps.reduce((sum: number, one) => sum + one, 0)
    assert.deepEqual(done, counts({ created: 3000 - signedUp, invalid: signedUp }))
    assert.equal(invalid.length, signedUp)
    assert.equal(await auth.users.count(), 3000)
  })

  test(`${name}: of two imports of the same users at once each user is created by one`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, other } = place
    await other.migrate()
    const users = many(2345)

    const both = await Promise.all([auth.users.import(users), other.users.import(users)])

    assert.equal(
      both.reduce((sum, { created }) => sum + created, 0),
      2345,
    )
    assert.equal(
      both.reduce((sum, { skipped }) => sum + skipped, 0),
      2345,
    )
    assert.equal(await auth.users.count(), 2345)
  })

  test(`${name}: tokens of a deleted user are not those of a user imported with the same id`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, isSignedIn } = place
    const user = { id: '7', username: 'ada' }
    await auth.users.import([user])
    const { access } = await auth.signIn((await auth.users.find('ada'))!)
    assert.equal(await isSignedIn(access), true)
    await auth.users.delete('7')

    assert.deepEqual(await auth.users.import([user]), counts({ created: 1 }))

    assert.equal(await isSignedIn(access), false)
  })

  test(`${name}: an import reads at most a batch ahead of what it has written`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth } = place
    let read = 0
    const ahead: number[] = []
    async function* users() {
      for (const user of many(1600)) {
        read++
        yield user
      }
    }

    await auth.users.import(users(), {
      progress: ({ created }) => ahead.push(read - created),
    })

    assert.deepEqual(ahead, [0, 0, 0, 0])
    assert.equal(await auth.users.count(), 1600)
  })
}
