import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AuthError } from '../../src/base/errors.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { folder, instanceFor, SECRET } from './setup.ts'

/** Changes of an account, through an instance and as SQL of another program. */
interface Change {
  readonly options?: Options
  readonly by: (auth: Watchword, id: string) => Promise<unknown>
  readonly sql: string
  readonly error: string
}

const CHANGES: Readonly<Record<string, Change>> = {
  'a deactivation': {
    by: (auth, id) => auth.users.change(id, { active: false }),
    sql: 'update users set active = 0',
    error: 'user_inactive',
  },
  'a new password': {
    options: { tokens: { checkRevoke: 'claim' } },
    by: (auth, id) => auth.users.setPassword(id, 'another-Pass-5512-zk'),
    sql: "update users set hash = '!', epoch = epoch + 1",
    error: 'password_changed',
  },
  'a deletion': {
    by: (auth, id) => auth.users.delete(id),
    sql: 'delete from users',
    error: 'user_not_found',
  },
  'what the rule asks about': {
    options: { users: { rule: (user) => user?.staff === false } },
    by: (auth, id) => auth.users.change(id, { staff: true }),
    sql: 'update users set staff = 1',
    error: 'user_inactive',
  },
}

/** An instance whose caches hold ann: she has just made two requests. */
async function seen(auth: Watchword, options: Options) {
  const ann = await auth.users.create({ username: 'ann' })
  const access = await accessTokenOf('ann', options)
  const guard = internalsOf<User>(auth).guard()
  const ask = () => guard(bearing(access))
  await ask()
  const before = ask()
  assert.ok(!(before instanceof Promise), 'the second request waited')
  assert.equal(before.user.id, ann.id)
  return { id: ann.id, ask }
}

/** Without a password: hashing it would take longer than the rest of the test. */
async function accessTokenOf(username: string, options: Options): Promise<string> {
  const instance = await openInstance(parseSettings(options, {}))
  try {
    const account = await instance.deps.users.find('username', username)
    const byProgram = { methods: [], request: undefined }
    return (await instance.core.completeSignIn(account!, byProgram)).access
  } finally {
    await instance.close()
  }
}

const bearing = (token: string): AuthRequest => ({
  method: 'GET',
  url: '/',
  address: '127.0.0.1',
  secure: false,
  header: (name) => (name === 'authorization' ? `Bearer ${token}` : undefined),
  body: async () => new Uint8Array(),
})

const isRefused =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof AuthError && error.code === code

for (const [what, { options = {}, by, sql, error }] of Object.entries(CHANGES)) {
  const place = (t: TestContext) => {
    const database = join(folder(t), 'watchword.db')
    const all = { ...options, database, secret: SECRET }
    return { database, all, here: instanceFor(t, all), there: () => instanceFor(t, all) }
  }

  test(`${what} takes effect at the next request of the instance that wrote it`, async (t) => {
    const { here, all } = place(t)
    const { id, ask } = await seen(here, all)

    await by(here, id)

    await assert.rejects(async () => ask(), isRefused(error))
  })

  test(`${what} takes effect at the next request of another instance on the file`, async (t) => {
    const { here, there, all } = place(t)
    const { id, ask } = await seen(here, all)

    await by(there(), id)

    await assert.rejects(async () => ask(), isRefused(error))
  })

  test(`${what} by another process takes effect at the next request, without a turn of the event loop between`, async (t) => {
    const { here, database, all } = place(t)
    const { ask } = await seen(here, all)

    write(database, sql)

    assert.throws(ask, isRefused(error))
  })
}

/** Runs SQL in another process, without this library, and waits for its end. */
function write(database: string, sql: string): void {
  const program =
    "new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec(process.argv[2])"
  const { status, stderr } = spawnSync(process.execPath, ['-e', program, database, sql], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
}

test('an account that is restored is accepted at the next request', async (t) => {
  const database = join(folder(t), 'watchword.db')
  const options = { database, secret: SECRET }
  const { ask } = await seen(instanceFor(t, options), options)
  write(database, 'update users set active = 0')
  assert.throws(ask, isRefused('user_inactive'))

  write(database, 'update users set active = 1')

  assert.equal((await ask()).user.username, 'ann')
})
