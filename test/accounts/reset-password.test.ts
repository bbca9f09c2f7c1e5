import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { minutes } from '../../src/base/clock.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const ADDRESS = 'ada@example.org'
const NEW = 'w2pd-x9kc-qhr4-7mzt'
const INVALID = {
  status: 400,
  body: { detail: 'The code is invalid or has expired.', code: 'invalid_code' },
}

async function setUp(t: TestContext, options: TestOptions = {}) {
  const app = accountsApp(t, options)
  const ada = await app.auth.users.create({
    username: 'ada',
    email: ADDRESS,
    password: PASSWORD,
    emailVerified: true,
  })
  const { post } = app
  return {
    ...app,
    ada,
    request: (name: object = { email: ADDRESS }) => post('/auth/password/reset/', name),
    check: (proof: object) => post('/auth/password/reset/check/', proof),
    confirm: (proof: object, password = NEW) =>
      post('/auth/password/reset/confirm/', { ...proof, new_password: password }),
    signIn: (password: string) => post('/api/token/', { username: 'ada', password }),
  }
}

test('a link sets a new password once, ends all sessions, and signs nobody in', async (t) => {
  const { auth, ada, request, confirm, signIn, lastMail, post } = await setUp(t)
  const { refresh, access } = (await signIn(PASSWORD)).body

  assert.deepEqual(await request(), { status: 202, body: {} })
  const { token, subject } = await lastMail(ADDRESS)
  assert.match(subject ?? '', /Set a new password/)
  assert.deepEqual(await confirm({ token }), { status: 204, body: undefined })

  assert.deepEqual(await confirm({ token }), INVALID)
  assert.equal((await signIn(PASSWORD)).status, 401)
  assert.equal((await signIn(NEW)).status, 200)
  const guarded = new Request('http://localhost/', {
    headers: { authorization: `Bearer ${access}` },
  })
  await assert.rejects(auth.require(guarded), { status: 401 })
  assert.equal((await post('/api/token/refresh/', { refresh })).status, 401)
  assert.match((await lastMail(ADDRESS)).subject ?? '', /password .* was changed/)
  const kinds = (await auth.events.list({ userId: ada.id })).map(({ kind }) => kind)
  assert.ok(kinds.includes('password_changed') && kinds.includes('code_redeemed'))
})

test('a link can be checked before it is used, and a weak password does not use it up', async (t) => {
  const { request, check, confirm, lastMail } = await setUp(t)
  await request()
  const { token } = await lastMail(ADDRESS)

  assert.equal((await check({ token })).status, 204)
  assert.equal((await check({ token })).status, 204)
  assert.deepEqual(await check({ token: 'x'.repeat(43) }), INVALID)
  const weak = await confirm({ token }, 'ada')
  assert.equal(weak.status, 400)
  assert.deepEqual(Object.keys(weak.body), ['new_password'])
  assert.equal((await confirm({ token })).status, 204)
  assert.deepEqual(await check({ token }), INVALID)
})

test('digits need the name that they were asked for with', async (t) => {
  const { request, check, confirm, lastMail } = await setUp(t, {
    accounts: { form: 'digits' },
  })
  await request({ username: 'ada' })
  const { code } = await lastMail(ADDRESS)

  assert.deepEqual(await check({ email: ADDRESS, code }), INVALID)
  assert.deepEqual(await check({ username: 'bob', code }), INVALID)
  assert.deepEqual(await check({ token: code }), INVALID)
  assert.equal((await check({ username: 'ada', code })).status, 204)
  assert.equal((await confirm({ username: 'ada', code })).status, 204)
})

test('a newer link supersedes the former, by whatever name it was asked for', async (t) => {
  const { request, check, lastMail } = await setUp(t)
  await request({ email: ADDRESS })
  const { token: first } = await lastMail(ADDRESS)
  await request({ username: 'ada' })
  const { token: second } = await lastMail(ADDRESS)

  assert.deepEqual(await check({ token: first }), INVALID)
  assert.equal((await check({ token: second })).status, 204)
})

test('nothing is mailed to unknown and inactive users, and the answer is the same', async (t) => {
  const { auth, ada, request, mail } = await setUp(t)
  await auth.users.change(ada.id, { active: false })

  for (const name of [
    { email: ADDRESS },
    { email: 'nobody@example.org' },
    { username: 'nobody' },
    { username: 'x'.repeat(1000) },
  ])
    assert.deepEqual(await request(name), { status: 202, body: {} })
  assert.deepEqual(await mail(), [])
})

test('an address that nobody can have is refused before anything is looked up', async (t) => {
  const { request, mail } = await setUp(t)

  assert.deepEqual(await request({ email: 'no address' }), {
    status: 400,
    body: { email: ['Enter a valid email address.'] },
  })
  assert.deepEqual(await request({}), {
    status: 400,
    body: { email: ['This field is required.'] },
  })
  assert.deepEqual(await mail(), [])
})

test('a user without a password sets one by a reset, and the address is verified by it', async (t) => {
  const { auth, request, confirm, lastMail, post } = await setUp(t)
  const bob = await auth.users.create({ username: 'bob', email: 'bob@example.org' })
  await request({ email: 'BOB@example.org' })
  const { token } = await lastMail('bob@example.org')

  assert.equal((await confirm({ token })).status, 204)
  const signIn = await post('/api/token/', { username: 'bob', password: NEW })
  assert.equal(signIn.status, 200)
  assert.notEqual((await auth.users.find({ id: bob.id }))?.emailVerifiedAt, undefined)
})

for (const [what, change] of Object.entries({
  'a new password': (auth, id) => auth.users.setPassword(id, `${NEW}-2`),
  'a new address': (auth, id) => auth.users.change(id, { email: 'ada@example.com' }),
  'a deactivation': (auth, id) => auth.users.change(id, { active: false }),
  'a deletion': (auth, id) => auth.users.delete(id),
} satisfies Record<
  string,
  (auth: ReturnType<typeof accountsApp>['auth'], id: string) => Promise<unknown>
>))
  test(`${what} voids a reset that was asked for before`, async (t) => {
    const { auth, ada, request, check, confirm, lastMail } = await setUp(t)
    await request()
    const { token } = await lastMail(ADDRESS)
    await change(auth, ada.id)

    assert.deepEqual(await check({ token }), INVALID)
    assert.deepEqual(await confirm({ token }), INVALID)
  })

test('a reset voids the codes to sign in that were sent before', async (t) => {
  const { request, confirm, lastMail, post } = await setUp(t, {
    accounts: { signInCodes: true },
  })
  await post('/auth/code/', { email: ADDRESS })
  const { token: signInToken } = await lastMail(ADDRESS)
  await request()
  const { token } = await lastMail(ADDRESS)
  assert.equal((await confirm({ token })).status, 204)

  assert.deepEqual(await post('/auth/code/redeem/', { token: signInToken }), INVALID)
})

test('of 50 concurrent confirmations of a reset one sets its password', async (t) => {
  const { auth, ada, request, confirm, lastMail } = await setUp(t)
  await request()
  const { token } = await lastMail(ADDRESS)
  const passwords = Array.from({ length: 50 }, (_, n) => `${NEW}-${n}`)

  const answers = await Promise.all(
    passwords.map((password) => confirm({ token }, password)),
  )

  const won = answers.flatMap(({ status }, n) => (status === 204 ? [n] : []))
  assert.equal(won.length, 1)
  for (const answer of answers.filter(({ status }) => status !== 204))
    assert.deepEqual(answer, INVALID)
  const winner = passwords[won[0]!]!
  assert.equal(await auth.users.checkPassword(ada.id, winner), true)
})

test('a link is void at the end of its life', async (t) => {
  const { clock, request, check, lastMail } = await setUp(t)
  await request()
  const { token } = await lastMail(ADDRESS)

  clock.advance(minutes(60) - 1)
  assert.equal((await check({ token })).status, 204)
  clock.advance(1)
  assert.deepEqual(await check({ token }), INVALID)
})

test('after five wrong codes the right one is void, and after ten no more are compared', async (t) => {
  const { request, check, lastMail } = await setUp(t, { accounts: { form: 'digits' } })
  const wrongFor = (code: string) => String((Number(code) + 1) % 1e6).padStart(6, '0')
  // The right one that comes too late counts, too.
  for (const [wrong, status] of [
    [5, 400],
    [4, 429],
  ] as const) {
    await request()
    const { code } = await lastMail(ADDRESS)
    for (let n = 0; n < wrong; n++)
      assert.deepEqual(await check({ email: ADDRESS, code: wrongFor(code) }), INVALID)
    assert.equal((await check({ email: ADDRESS, code })).status, status)
  }
})

test('without passwords there is no reset', async (t) => {
  const { post } = accountsApp(t, { accounts: { password: 'none' } })
  assert.equal((await post('/auth/password/reset/', { email: ADDRESS })).status, 404)
})

test('the limits of requests do not show whether an account exists', async (t) => {
  const statuses = []
  for (const email of [ADDRESS, 'nobody@example.org']) {
    const { request } = await setUp(t, { codes: { resendAfter: '30s' } })
    statuses.push([(await request({ email })).status, (await request({ email })).status])
  }
  assert.deepEqual(statuses, [
    [202, 429],
    [202, 429],
  ])
})

test('a program starts a reset, and sets the password with the token of a page of its own', async (t) => {
  const { auth, ada, lastMail, mail } = await setUp(t, {
    accounts: { signInCodes: true },
  })
  await auth.users.requestPasswordReset({ username: 'nobody' })
  assert.deepEqual(await mail(), [])
  await auth.users.requestPasswordReset({ email: ADDRESS })
  const { token } = await lastMail(ADDRESS)

  await assert.rejects(auth.users.confirmPasswordReset(token, 'ada'), {
    code: 'invalid',
  })
  await auth.users.confirmPasswordReset(token, NEW)
  await assert.rejects(auth.users.confirmPasswordReset(token, NEW), {
    code: 'invalid_code',
  })
  assert.equal(await auth.users.checkPassword(ada.id, NEW), true)
  await auth.users.sendSignInCode({ username: 'ada' })
  assert.match((await lastMail(ADDRESS)).subject ?? '', /Sign in/)
  for (const by of [{}, { email: ADDRESS, username: 'ada' }, { id: ada.id }])
    await assert.rejects(auth.users.requestPasswordReset(by as never), {
      code: 'invalid_config',
    })
})

test('a reset takes an account that was not confirmed from whoever signed up with the address', async (t) => {
  const { post, lastMail, auth } = accountsApp(t, {
    accounts: { requireActivation: false },
  })
  const address = 'ada@example.com'
  await post('/auth/users/', { username: 'mallory', email: address, password: PASSWORD })
  const { id } = (await auth.users.find('mallory'))!
  await auth.apiTokens.create(id)
  await auth.users.change(id, { phone: '+15551234567', phoneVerified: true })

  await post('/auth/password/reset/', { email: address })
  const { token } = await lastMail(address)
  const reset = { token, new_password: 'owners-9mzt-w2pd-x9kc' }
  assert.equal((await post('/auth/password/reset/confirm/', reset)).status, 204)
  const user = (await auth.users.find({ id }))!
  assert.equal(user.phone, undefined)
  assert.notEqual(user.emailVerifiedAt, undefined)
  assert.deepEqual(await auth.apiTokens.list(id), [])
})

test('a reset leaves API tokens and the number of a user whom a program has created', async (t) => {
  const { post, lastMail, auth } = accountsApp(t)
  const email = 'ada@example.com'
  const { id } = await auth.users.create({
    username: 'ada',
    email,
    phone: '+15551234567',
  })
  await auth.apiTokens.create(id)
  await post('/auth/password/reset/', { email })
  const reset = {
    token: (await lastMail(email)).token,
    new_password: 'owners-9mzt-w2pd-x9kc',
  }
  assert.equal((await post('/auth/password/reset/confirm/', reset)).status, 204)
  assert.equal((await auth.users.find({ id }))!.phone, '+15551234567')
  assert.equal((await auth.apiTokens.list(id)).length, 1)
})
