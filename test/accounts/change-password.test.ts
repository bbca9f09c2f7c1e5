import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { apiToken, bearer, session } from '../../src/authentication.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const NEW = 'w2pd-x9kc-qhr4-7mzt'
const ADDRESS = 'ada@example.org'

async function setUp(t: TestContext, options: TestOptions = {}) {
  const app = accountsApp(t, {
    authentication: [bearer(), session(), apiToken()],
    ...options,
  })
  const ada = await app.auth.users.create({
    username: 'ada',
    email: ADDRESS,
    password: PASSWORD,
    emailVerified: true,
  })
  const { auth, post } = app
  const here = await auth.signIn(ada.id)
  const elsewhere = await auth.signIn(ada.id)
  const isAlive = async ({ refresh }: { readonly refresh: string }) =>
    (await post('/api/token/refresh/', { refresh })).status === 200
  return {
    ...app,
    ada,
    here,
    elsewhere,
    isAlive,
    change: (current: string, next = NEW, token = here.access) =>
      post(
        '/auth/me/password/',
        { current_password: current, new_password: next },
        { authorization: `Bearer ${token}` },
      ),
  }
}

for (const [revokes, isHere, isElsewhere] of [
  [undefined, true, false],
  ['others', true, false],
  ['all', false, false],
  ['none', true, true],
] as const)
  test(`with passwordChangeRevokes ${revokes}, the session that changes the password ${isHere ? 'goes on' : 'ends'}, and others ${isElsewhere ? 'go on' : 'end'}`, async (t) => {
    const { auth, ada, here, elsewhere, isAlive, change } = await setUp(t, {
      accounts: revokes === undefined ? true : { passwordChangeRevokes: revokes },
    })

    assert.deepEqual(await change(PASSWORD), { status: 204, body: undefined })

    assert.equal(await auth.users.checkPassword(ada.id, NEW), true)
    assert.equal(await isAlive(here), isHere)
    assert.equal(await isAlive(elsewhere), isElsewhere)
  })

test('the user is told by mail', async (t) => {
  const { change, lastMail } = await setUp(t)
  await change(PASSWORD)
  assert.match((await lastMail(ADDRESS)).subject ?? '', /was changed/)
})

test('a wrong current password and a weak new one change nothing', async (t) => {
  const { auth, ada, elsewhere, isAlive, change, mail } = await setUp(t)

  assert.deepEqual(await change('wrong'), {
    status: 400,
    body: { current_password: ['Invalid password.'] },
  })
  const weak = await change(PASSWORD, 'ada')
  assert.deepEqual([weak.status, Object.keys(weak.body)], [400, ['new_password']])
  assert.equal(await auth.users.checkPassword(ada.id, PASSWORD), true)
  assert.equal(await isAlive(elsewhere), true)
  assert.deepEqual(await mail(), [])
})

test('the current password can be guessed five times in a quarter of an hour, with any number of sessions', async (t) => {
  const { change, elsewhere, clock, post } = await setUp(t)
  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      change(`wrong ${n}`, NEW, n % 2 === 0 ? elsewhere.access : undefined),
    ),
  )
  const statuses = guesses.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 400).length, 5)
  assert.equal(statuses.filter((status) => status === 429).length, 7)
  assert.equal((await change(PASSWORD)).status, 429)

  clock.advance(15 * 60)
  const { refresh } = elsewhere
  const { access } = (await post('/api/token/refresh/', { refresh })).body
  assert.equal((await change(PASSWORD, NEW, access)).status, 204)
})

test('of concurrent changes one sets its password, and its session goes on', async (t) => {
  const { auth, ada, here, change } = await setUp(t)
  const passwords = Array.from({ length: 4 }, (_, n) => `${NEW}-${n}`)

  const answers = await Promise.all(passwords.map((each) => change(PASSWORD, each)))

  const won = answers.flatMap(({ status }, n) => (status === 204 ? [n] : []))
  assert.equal(won.length, 1)
  assert.equal(await auth.users.checkPassword(ada.id, passwords[won[0]!]!), true)
  const left = await auth.sessions.list(ada.id)
  assert.deepEqual(
    left.filter(({ revokedAt }) => revokedAt === undefined).map(({ id }) => id),
    [here.session?.id],
  )
})

test('another user who acts as this one cannot change the password, nor can anybody without credentials', async (t) => {
  const { auth, ada, change, post } = await setUp(t)
  const admin = await auth.users.create({ username: 'root', staff: true })
  const { access } = await auth.signIn(ada.id, { actor: admin.id })
  const fields = { current_password: PASSWORD, new_password: NEW }

  assert.equal((await change(PASSWORD, NEW, access)).status, 403)
  assert.equal((await post('/auth/me/password/', fields)).status, 401)
  assert.equal(await auth.users.checkPassword(ada.id, PASSWORD), true)
})

test('a token of Django REST framework signs in and may change the password, which ends no API token', async (t) => {
  const { auth, ada, post } = await setUp(t)
  const { token } = await auth.apiTokens.keyFor(ada.id)
  const fields = { current_password: PASSWORD, new_password: NEW }
  const authorization = `Token ${token}`

  assert.equal((await post('/auth/me/password/', fields, { authorization })).status, 204)
  assert.equal(await auth.users.checkPassword(ada.id, NEW), true)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)
})
