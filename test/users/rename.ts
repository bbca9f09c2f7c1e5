import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Options } from '../../src/settings/options.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import type { FreshDatabase } from '../stores/sqlite.ts'
import { until } from '../time.ts'

const PASSWORD = 'Wonder-Land-42'

const bearing = (token: string): Request =>
  new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })

/** What renaming a user promises, through two instances on one database. */
export function renameTests(name: string, fresh: FreshDatabase): void {
  async function setUp(t: TestContext, options: Options = {}) {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const secret = 'a secret of a test, long enough for it'
    const make = () => {
      const auth = buildWatchword({ database: database.url, secret, ...options })
      cleanUp(t, () => auth.close())
      return auth
    }
    const auth = make()
    const other = make()
    const ada = await auth.users.create({
      username: 'ada',
      email: 'ada@example.org',
      password: PASSWORD,
    })
    await other.migrate()
    const logIn = async (username: string): Promise<number> => {
      const body = new URLSearchParams({ username, password: PASSWORD })
      const url = 'http://localhost/api/token/'
      return (await auth.handler(new Request(url, { method: 'POST', body }))).status
    }
    return { auth, other, ada, logIn }
  }

  test(`${name}: a renamed user stays signed in, and signs in with the new name`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, ada, logIn } = place
    const { access, refresh } = await auth.signIn(ada)
    assert.equal((await auth.require(bearing(access))).user.username, 'ada')

    const renamed = await auth.users.change(ada.id, { username: 'bea' })

    assert.deepEqual(renamed, { ...ada, username: 'bea' })
    assert.equal((await auth.require(bearing(access))).user.username, 'bea')
    const body = new URLSearchParams({ refresh })
    const url = 'http://localhost/api/token/refresh/'
    const refreshed = await auth.handler(new Request(url, { method: 'POST', body }))
    assert.equal(refreshed.status, 200)
    assert.deepEqual([await logIn('bea'), await logIn('ada')], [200, 401])
  })

  test(`${name}: another process sees the new name within a second, and can give the old one to another user`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, other, ada } = place
    const { access } = await auth.signIn(ada)
    assert.equal((await other.require(bearing(access))).user.username, 'ada')

    await auth.users.change(ada.id, { username: 'bea' })

    await until(
      async () => (await other.require(bearing(access))).user.username === 'bea',
    )
    const { id } = await other.users.create({ username: 'ada' })
    assert.equal((await other.users.find('ada'))?.id, id)
    assert.equal((await other.users.find('bea'))?.id, ada.id)
  })

  test(`${name}: a taken name is an error of the field, and the audit event has field names only`, async (t) => {
    const place = await setUp(t)
    if (place === undefined) return
    const { auth, ada } = place
    await auth.users.create({ username: 'bob' })

    await assert.rejects(auth.users.change(ada.id, { username: 'BOB' }), {
      code: 'invalid',
      body: { username: ['A user with that username already exists.'] },
    })
    await auth.users.change(ada.id, { username: 'bea' })

    const events = await auth.events.list({ kind: 'user_changed' })
    assert.deepEqual(
      events.map(({ userId, detail }) => ({ userId, detail })),
      [{ userId: ada.id, detail: { fields: ['username'] } }],
    )
  })

  for (const [field, change, taker] of [
    ['username', { username: 'bea' }, { username: 'ada' }],
    [
      'email',
      { email: 'bea@example.org' },
      { username: 'eve', email: 'ada@example.org' },
    ],
  ] as const) {
    test(`${name}: with the ${field} in tokens, changing it revokes them, so that they are not valid for another user`, async (t) => {
      const place = await setUp(t, { tokens: { userIdField: field } })
      if (place === undefined) return
      const { auth, ada } = place
      const { access } = await auth.signIn(ada)
      await auth.require(bearing(access))

      await auth.users.change(ada.id, { staff: true })
      await auth.require(bearing(access))
      await auth.users.change(ada.id, change)
      await auth.users.create(taker)

      await assert.rejects(auth.require(bearing(access)), { code: 'user_not_found' })
      const [session] = await auth.sessions.list(ada.id)
      assert.notEqual(session?.revokeReason, undefined)
    })
  }

  test(`${name}: the email in tokens begins an epoch when it changes or is removed, and not in another spelling`, async (t) => {
    const place = await setUp(t, { tokens: { userIdField: 'email' } })
    if (place === undefined) return
    const { auth, ada } = place
    const epochWith = async (email: string | undefined) =>
      (await auth.users.change(ada.id, { email }))?.epoch

    assert.equal(await epochWith('ada@EXAMPLE.org'), 0)
    assert.equal(await epochWith('bea@example.org'), 1)
    assert.equal(await epochWith(undefined), 2)
    assert.equal(await epochWith('ada@example.org'), 3)
  })
}
