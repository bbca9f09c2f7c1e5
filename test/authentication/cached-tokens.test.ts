import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bearerReader } from '../../src/authentication/bearer-token.ts'
import { bearer, statelessBearer } from '../../src/authentication.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { User } from '../../src/users/user.ts'
import { type BuildOptions, buildWatchword } from '../build-watchword.ts'

const SECRET = 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g'
const START = 1_893_456_000

/** In a file: users in memory are not cached. */
function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bearer-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'w.db')
}

const SCHEMES = { bearer, statelessBearer } as const

/** A user whose token has been sent twice, and a second process. */
async function setUp(t: TestContext, scheme: keyof typeof SCHEMES) {
  const moment = { now: START }
  const options = {
    database: fileOf(t),
    secret: SECRET,
    authentication: [SCHEMES[scheme]()],
    clock: () => moment.now,
  }
  const [auth, other] = [buildWatchword(options), buildWatchword(options)]
  t.after(() => Promise.all([auth.close(), other.close()]))
  await auth.migrate()
  const user = await auth.users.create({ username: 'ada' })
  const { access } = await auth.signIn(user)
  const headers = { authorization: `Bearer ${access}` }
  const send = () => auth.require(new Request('http://localhost/', { headers }))
  await send()
  await send()
  return { auth, other, moment, user, send }
}

type SetUp = Awaited<ReturnType<typeof setUp>>

const CHANGES: Readonly<Record<string, (given: SetUp) => unknown>> = {
  'it expires': ({ moment }) => {
    moment.now += 300
  },
  'the clock is set back': ({ moment }) => {
    moment.now -= 1
  },
  'its key leaks': ({ auth }) => auth.keys.rotate({ leaked: true }),
  'its sessions are revoked': ({ auth, user }) => auth.sessions.revokeAll(user.id),
}
const CHANGES_OF_THE_USER: typeof CHANGES = {
  'its user is deactivated': ({ auth, user }) =>
    auth.users.change(user.id, { active: false }),
  'another process deactivates its user': async ({ other, user }) => {
    await other.users.change(user.id, { active: false })
    await sleep(10)
  },
  'its user is deleted': ({ auth, user }) => auth.users.delete(user.id),
  'another process deletes its user': async ({ other, user }) => {
    await other.users.delete(user.id)
    // A commit by another process counts after a millisecond.
    await sleep(10)
  },
}

for (const [scheme, changes] of [
  ['statelessBearer', CHANGES],
  ['bearer', { ...CHANGES, ...CHANGES_OF_THE_USER }],
] as const) {
  for (const [what, change] of Object.entries(changes)) {
    test(`${scheme}(): a token that was accepted is refused once ${what}`, async (t) => {
      const given = await setUp(t, scheme)
      await change(given)
      await assert.rejects(async () => given.send(), { status: 401 })
    })
  }
}

test('bearer(): a request sees the user as changed since the last one', async (t) => {
  const { auth, other, user, send } = await setUp(t, 'bearer')
  await auth.users.change(user.id, { staff: true })
  assert.equal((await send()).user.staff, true)
  await other.users.change(user.id, { staff: false })
  await sleep(10)
  assert.equal((await send()).user.staff, false)
})

/** A user whose token has been sent twice to `bearer()`. */
async function setUpWith(
  t: TestContext,
  options: Pick<BuildOptions, 'tokens' | 'users'>,
) {
  const auth = buildWatchword({
    database: fileOf(t),
    secret: SECRET,
    authentication: [bearer()],
    ...options,
  })
  t.after(() => auth.close())
  await auth.migrate()
  const user = await auth.users.create({ username: 'ada' })
  const { access } = await auth.signIn(user)
  const headers = { authorization: `Bearer ${access}` }
  const send = () => auth.require(new Request('http://localhost/', { headers }))
  await send()
  await send()
  return { auth, user, send }
}

test('bearer(): a token with a revoke claim is refused once the password changes', async (t) => {
  const { auth, user, send } = await setUpWith(t, { tokens: { checkRevoke: 'claim' } })
  await auth.users.setPassword(user.id, 'battery staple')
  await assert.rejects(async () => send(), { code: 'password_changed' })
})

test('bearer(): a token that was accepted is refused once the rule decides otherwise', async (t) => {
  let isOpen = true
  const rule = (user: User | undefined): boolean => user !== undefined && isOpen
  const { send } = await setUpWith(t, { users: { rule } })
  isOpen = false
  await assert.rejects(async () => send(), { code: 'user_inactive' })
})

/** A reader of headers that counts verifications. */
async function countingReader(t: TestContext) {
  const settings = parseSettings(
    { database: ':memory:', secret: SECRET, log: () => {} },
    {},
  )
  const { core, deps, close } = await openInstance(settings)
  t.after(close)
  const { createUser, users } = deps
  const user = await createUser('ada')
  const account = await users.find('id', user.id)
  assert.ok(account)
  const byProgram = { methods: [], request: undefined }
  const { access } = await core.completeSignIn(account, byProgram)
  const seen = { verified: 0 }
  const read = bearerReader({
    ...deps,
    verifyOnce(token) {
      seen.verified++
      return deps.verifyOnce(token)
    },
  })
  return { read, access, seen, deps }
}

test('a header is verified once, whichever letter case its scheme has', async (t) => {
  const { read, access, seen } = await countingReader(t)
  for (const name of ['Bearer', 'bearer', 'Bearer', 'bearer'])
    assert.ok(await read(`${name} ${access}`))
  assert.equal(seen.verified, 2)
})

for (const [what, headerOf] of [
  ['several spaces', (token: string) => `Bearer  ${token}`],
  ['a tab', (token: string) => `Bearer\t${token}`],
  ['a space at its end', (token: string) => `Bearer ${token} `],
  ['a space at its start', (token: string) => ` Bearer ${token}`],
] as const) {
  test(`a header with ${what} is accepted and not cached`, async (t) => {
    const { read, access, seen } = await countingReader(t)
    for (let i = 0; i < 2; i++) assert.ok(await read(headerOf(access)))
    assert.equal(seen.verified, 2)
  })
}

test('a token is not cached under keys that replaced its own during the verification', async (t) => {
  const { access, deps } = await countingReader(t)
  let version = 1
  let verified = 0
  const read = bearerReader({
    ...deps,
    keysVersion: () => version,
    verifyOnce(token) {
      version++
      verified++
      return deps.verifyOnce(token)
    },
  })
  await read(`Bearer ${access}`)
  await read(`Bearer ${access}`)
  assert.equal(verified, 2)
})

test('what is cached of a token cannot be changed by a handler', async (t) => {
  const { read, access } = await countingReader(t)
  const token = await read(`Bearer ${access}`)
  for (const part of [token?.claims, token?.user, token?.scopes])
    assert.ok(Object.isFrozen(part))
})

test('a header without a token of the scheme is not for the scheme', async (t) => {
  const { read } = await countingReader(t)
  assert.equal(await read('Basic YTpi'), undefined)
})
