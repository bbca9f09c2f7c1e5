import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchword } from '../../src/watchword.ts'
import { accountsApp, PASSWORD, URL_OF_APP } from './setup.ts'

const ADA = { username: 'ada', email: 'Ada@example.org', password: PASSWORD }
const EVE = { username: 'eve', email: 'eve@example.org', password: PASSWORD }
const SIGN_IN = { username: 'ada', password: PASSWORD }
const CONFIRM = '/auth/users/confirm/'

test('a new user signs in once the address is confirmed, with a link that works once', async (t) => {
  const { auth, post, lastMail } = accountsApp(t)

  assert.deepEqual(await post('/auth/users/', ADA), { status: 202, body: {} })
  const refused = await post('/api/token/', SIGN_IN)
  const wrong = await post('/api/token/', { ...SIGN_IN, password: 'wrong' })
  assert.equal(refused.status, 401)
  assert.deepEqual(refused, wrong)
  const { token, text } = await lastMail('Ada@example.org')
  assert.ok(text.includes(`${URL_OF_APP}/account/activate/?token=`), text)

  assert.equal((await post(CONFIRM, { token })).status, 204)
  assert.equal((await post('/api/token/', SIGN_IN)).status, 200)
  const again = await post(CONFIRM, { token })
  assert.equal(again.status, 400)
  assert.equal(again.body.code, 'invalid_code')
  assert.ok((await auth.users.find('ada'))?.emailVerifiedAt)
  const kinds = (await auth.events.list()).map(({ kind }) => kind)
  assert.ok(kinds.includes('user_created') && kinds.includes('email_verified'))
})

test('a sign-up answers the same whether or not the address is taken, and mails its owner', async (t) => {
  const { auth, post, lastMail } = accountsApp(t)

  const first = await post('/auth/users/', ADA)
  const second = await post('/auth/users/', { ...EVE, email: 'ADA@example.org' })

  assert.deepEqual(first, second)
  const mail = await lastMail(ADA.email)
  assert.equal(mail.count, 2)
  assert.match(mail.subject ?? '', /already have an account/)
  assert.equal(await auth.users.count(), 1)
})

test('a name stays taken after a sign-up whose address was taken, so that a second one shows nothing', async (t) => {
  const { post } = accountsApp(t)
  await post('/auth/users/', ADA)

  await post('/auth/users/', { ...EVE, email: ADA.email })
  const taken = await post('/auth/users/', { ...EVE, username: 'EVE' })
  await post('/auth/users/', { ...EVE, username: 'mallory' })
  const existing = await post('/auth/users/', {
    ...EVE,
    username: 'mallory',
    email: 'm@example.org',
  })

  assert.deepEqual(taken, existing)
  assert.deepEqual(taken, {
    status: 400,
    body: { username: ['A user with that username already exists.'] },
  })
})

test('the limits of a sign-up count before anything is looked up or hashed', async (t) => {
  const { post } = accountsApp(t, { codes: {} })

  assert.equal((await post('/auth/users/', ADA)).status, 202)
  assert.equal((await post('/auth/users/', EVE)).status, 202)
  const again = await post('/auth/users/', { ...ADA, password: '1' })
  assert.equal(again.status, 429)
})

for (const [what, fields, messages] of [
  ['nothing', {}, ['email', 'password', 'username']],
  ['a weak password', { ...ADA, password: '12345' }, ['password']],
  ['an address without a domain', { ...ADA, email: 'ada@' }, ['email']],
  ['a name with a blank', { ...ADA, username: 'a b' }, ['username']],
  ['a number for a name', { ...ADA, username: ['ada'] }, ['username']],
] as const)
  test(`a sign-up with ${what} is refused, and nothing is created`, async (t) => {
    const { auth, post } = accountsApp(t, {})

    const { status, body } = await post('/auth/users/', fields)

    assert.equal(status, 400)
    assert.deepEqual(Object.keys(body).toSorted(), [...messages].toSorted())
    assert.equal(await auth.users.count(), 0)
  })

test('with digits, the address and the code confirm, and wrong ones are counted', async (t) => {
  const { post, lastMail } = accountsApp(t, { accounts: { form: 'digits' } })
  await post('/auth/users/', ADA)
  const { code } = await lastMail(ADA.email)
  const wrong = code === '000000' ? '000001' : '000000'

  assert.equal(
    (await post(CONFIRM, { email: 'ada@example.org', code: wrong })).status,
    400,
  )
  assert.equal((await post(CONFIRM, { email: 'eve@example.org', code })).status, 400)
  assert.equal((await post(CONFIRM, { email: 'ada@example.org', code })).status, 204)
  assert.equal((await post('/api/token/', SIGN_IN)).status, 200)
})

test('a confirmation is mailed again only to an address that is not verified, and the answer does not show it', async (t) => {
  const { post, lastMail } = accountsApp(t)
  const resend = (email: string) => post('/auth/users/confirm/resend/', { email })
  await post('/auth/users/', ADA)
  const first = await lastMail(ADA.email)

  assert.deepEqual(await resend('ada@EXAMPLE.org'), { status: 202, body: {} })
  const second = await lastMail(ADA.email)
  assert.equal((await post(CONFIRM, { token: first.token })).status, 400)
  assert.equal((await post(CONFIRM, { token: second.token })).status, 204)
  assert.deepEqual(await resend(ADA.email), { status: 202, body: {} })
  assert.deepEqual(await resend('nobody@example.org'), { status: 202, body: {} })
  assert.equal((await lastMail(ADA.email)).count, 2)
  assert.equal((await lastMail('nobody@example.org')).count, 0)
})

test('of 20 sign-ups at once with one name and one address, one user is created and all answers are 202 or 400', async (t) => {
  const { auth, post } = accountsApp(t)

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      post('/auth/users/', { ...ADA, ...(n % 2 === 1 && { username: `ada${n}` }) }),
    ),
  )

  assert.equal(await auth.users.count(), 1)
  for (const { status } of answers) assert.ok(status === 202 || status === 400)
})

test('users who sign in with their address need no name', async (t) => {
  const { auth, post, lastMail } = accountsApp(t, { users: { loginField: 'email' } })
  const { username: _, ...fields } = ADA

  assert.equal((await post('/auth/users/', fields)).status, 202)
  const { token } = await lastMail(ADA.email)
  await post(CONFIRM, { token })

  const signIn = { email: 'ada@example.org', password: PASSWORD }
  assert.equal((await post('/api/token/', signIn)).status, 200)
  assert.match(
    (await auth.users.find({ email: ADA.email }))?.username ?? '',
    /^[\da-f]{32}$/,
  )
})

test('with password "none" a new user has none', async (t) => {
  const { auth, post } = accountsApp(t, { accounts: { password: 'none' } })
  const { password: _, ...fields } = ADA

  assert.equal((await post('/auth/users/', fields)).status, 202)
  const user = await auth.users.find('ada')
  assert.equal(await auth.users.checkPassword(user?.id ?? '', PASSWORD), false)
})

test('without mail a sign-up answers with the user, who may sign in at once', async () => {
  const auth = watchword({ database: 'sqlite::memory:', accounts: true, log() {} })
  const post = (path: string, body: object) =>
    auth.handler(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  try {
    const response = await post('/auth/users/', ADA)
    const body = (await response.json()) as Record<string, unknown>

    assert.equal(response.status, 201)
    assert.deepEqual([body.username, body.email], ['ada', ADA.email])
    assert.equal((await post('/api/token/', SIGN_IN)).status, 200)
    assert.equal((await post(CONFIRM, { token: 'x' })).status, 404)
  } finally {
    await auth.close()
  }
})

test('only users who have signed up themselves must confirm the address', async (t) => {
  const { auth, post, clock } = accountsApp(t)
  await auth.users.create({
    username: 'bob',
    email: 'bob@example.org',
    password: PASSWORD,
  })
  assert.equal((await post('/api/token/', { ...SIGN_IN, username: 'bob' })).status, 200)

  await post('/auth/users/', ADA)
  clock.advance('60d')
  await auth.flush()
  assert.equal((await post('/api/token/', SIGN_IN)).status, 401)
  const { id } = (await auth.users.find('ada'))!
  await auth.users.change(id, { emailVerified: true })
  assert.equal((await post('/api/token/', SIGN_IN)).status, 200)
})

test('a person who signs up again with an address that was never confirmed gets in through the mail', async (t) => {
  const { post, lastMail } = accountsApp(t)
  await post('/auth/users/', { ...EVE, email: ADA.email })
  await post('/auth/users/', ADA)
  const { token } = await lastMail(ADA.email)
  const fields = { token, new_password: 'her-own-pass-Word-3' }

  assert.equal((await post('/auth/password/reset/confirm/', fields)).status, 204)
  const signIn = { username: 'eve', password: 'her-own-pass-Word-3' }
  assert.equal((await post('/api/token/', signIn)).status, 200)
})

test('a sign-up with a weak password or a taken name is corrected at once, and only one is mailed in 30 seconds', async (t) => {
  const { auth, post, lastMail } = accountsApp(t, { codes: {} })
  await auth.users.create({ username: 'eve' })

  assert.equal((await post('/auth/users/', { ...ADA, password: 'short' })).status, 400)
  assert.equal((await post('/auth/users/', { ...ADA, username: 'eve' })).status, 400)
  assert.equal((await post('/auth/users/', ADA)).status, 202)
  const again = await post('/auth/users/', { ...ADA, username: 'ada2' })

  assert.equal(again.status, 429)
  assert.equal((await lastMail(ADA.email)).count, 1)
})
