import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const ADDRESS = 'ada@example.org'
const PHONE = '+351912345678'
const INVALID = {
  status: 400,
  body: { detail: 'The code is invalid or has expired.', code: 'invalid_code' },
}

async function setUp(t: TestContext, options: TestOptions = {}) {
  const app = accountsApp(t, {
    ...options,
    accounts: { signInCodes: true, ...(options.accounts as object) },
  })
  const ada = await app.auth.users.create({
    username: 'ada',
    email: ADDRESS,
    phone: PHONE,
    password: PASSWORD,
  })
  const { post, sms } = app
  return {
    ...app,
    ada,
    request: (name: object = { email: ADDRESS }) => post('/auth/code/', name),
    redeem: (proof: object) => post('/auth/code/redeem/', proof),
    lastSms: async () => /\d{6}/.exec((await sms()).at(-1)?.text ?? '')?.[0] ?? '',
  }
}

test('a link signs in once, and verifies the address it was sent to', async (t) => {
  const { auth, ada, request, redeem, lastMail } = await setUp(t)
  assert.deepEqual(await request(), { status: 202, body: {} })
  const { token, text } = await lastMail(ADDRESS)
  assert.match(text, /https:\/\/app\.example\.com\/account\/login\/\?token=/)

  const { status, body } = await redeem({ token })
  assert.equal(status, 200)
  const authorization = `Bearer ${body.access}`
  const guarded = new Request('http://localhost/', { headers: { authorization } })
  const { user } = await auth.require(guarded)
  assert.equal(user.id, ada.id)
  assert.notEqual(user.emailVerifiedAt, undefined)
  assert.equal(user.phoneVerifiedAt, undefined)
  assert.deepEqual(await redeem({ token }), INVALID)
  const [event] = await auth.events.list({ kind: 'signed_in' })
  assert.deepEqual([event?.userId, event?.detail.methods], [ada.id, ['link']])
})

test('with tokens in cookies, the answer to a link has no token in its body', async (t) => {
  const { request, redeem, lastMail } = await setUp(t, {
    tokens: { transport: 'cookie' },
  })
  await request()
  const { status, body } = await redeem({ token: (await lastMail(ADDRESS)).token })
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), [
    'claims',
    'accessExpiresAt',
    'refreshExpiresAt',
    'csrfToken',
  ])
})

test('digits sign in by mail and by text message, for the name they were asked for with', async (t) => {
  const { auth, ada, request, redeem, lastMail, lastSms } = await setUp(t, {
    accounts: { form: 'digits' },
  })
  await request({ username: 'ada' })
  const { code } = await lastMail(ADDRESS)
  assert.deepEqual(await redeem({ email: ADDRESS, code }), INVALID)
  assert.equal((await redeem({ username: 'ada', code })).status, 200)

  await request({ phone: PHONE })
  const texted = await lastSms()
  assert.deepEqual(await redeem({ username: 'ada', code: texted }), INVALID)
  assert.equal((await redeem({ phone: PHONE, code: texted })).status, 200)
  assert.notEqual((await auth.users.find({ id: ada.id }))?.phoneVerifiedAt, undefined)
  const events = await auth.events.list({ kind: 'signed_in' })
  assert.deepEqual(
    events.map(({ detail }) => detail.methods),
    [['sms'], ['link']],
  )
})

for (const [what, sent, presented, status] of [
  ['with the same binding is accepted', 'b-1', 'b-1', 200],
  ['with another binding is refused', 'b-1', 'b-2', 400],
  ['without its binding is refused', 'b-1', undefined, 400],
  ['with a binding that it was not issued for is refused', undefined, 'b-1', 400],
] as const)
  test(`a code to sign in ${what}`, async (t) => {
    for (const form of ['link', 'digits'] as const) {
      const { request, redeem, lastMail } = await setUp(t, { accounts: { form } })
      await request({ email: ADDRESS, ...(sent && { binding: sent }) })
      const { token, code } = await lastMail(ADDRESS)
      const proof = form === 'link' ? { token } : { email: ADDRESS, code }

      const answer = await redeem({ ...proof, ...(presented && { binding: presented }) })
      assert.equal(answer.status, status, form)
    }
  })

test('nothing is sent to unknown and inactive users, and the answers are the same', async (t) => {
  const { auth, ada, request, redeem, mail, sms } = await setUp(t, {
    accounts: { form: 'digits' },
  })
  await auth.users.change(ada.id, { active: false })

  for (const name of [
    { email: ADDRESS },
    { email: 'nobody@example.org' },
    { username: 'nobody' },
    { phone: PHONE },
    { phone: '+351911111111' },
  ]) {
    assert.deepEqual(await request(name), { status: 202, body: {} })
    assert.deepEqual(await redeem({ ...name, code: '123456' }), INVALID)
  }
  assert.deepEqual([await mail(), await sms()], [[], []])
})

test('a user who was deactivated after the code was sent is not signed in', async (t) => {
  const { auth, ada, request, redeem, lastMail } = await setUp(t)
  await request()
  const { token } = await lastMail(ADDRESS)
  await auth.users.change(ada.id, { active: false })

  assert.deepEqual(await redeem({ token }), INVALID)
  assert.deepEqual(await auth.sessions.list(ada.id), [])
})

test('of 50 concurrent redemptions of a code one signs in', async (t) => {
  const { auth, ada, request, redeem, lastMail } = await setUp(t)
  await request()
  const { token } = await lastMail(ADDRESS)

  const answers = await Promise.all(Array.from({ length: 50 }, () => redeem({ token })))

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal((await auth.sessions.list(ada.id)).length, 1)
})

test('where sign-ups are confirmed, the password of whoever signed up with the address of another ends when the other signs in', async (t) => {
  for (const isConfirmed of [true, false]) {
    const { auth, ada, request, redeem, lastMail } = await setUp(t, {
      accounts: { requireActivation: isConfirmed },
    })
    await request()
    const { token } = await lastMail(ADDRESS)
    const { session } = await auth
      .signIn(ada.id)
      .catch(() => ({ session: undefined }) as const)
    assert.equal((await redeem({ token })).status, 200)

    const isRight = await auth.users.checkPassword(ada.id, PASSWORD)
    assert.equal(isRight, !isConfirmed)
    const earlier = (await auth.sessions.list(ada.id)).find(
      ({ id }) => id === session?.id,
    )
    if (earlier !== undefined)
      assert.equal(earlier.revokeReason, isConfirmed ? 'password' : undefined)
  }
})

test('a sign-in with a code takes an account that was not confirmed from whoever signed up with the address', async (t) => {
  const { post, lastMail, auth } = accountsApp(t, {
    accounts: { requireActivation: false, signInCodes: true },
  })
  const email = 'owner@example.com'
  await post('/auth/users/', { username: 'mallory', email, password: PASSWORD })
  const { id } = (await auth.users.find('mallory'))!
  const { session } = await auth.signIn(id)
  await auth.apiTokens.create(id)
  await auth.users.change(id, { phone: '+15551234567', phoneVerified: true })

  await post('/auth/code/', { email })
  const { token } = await lastMail(email)
  assert.equal((await post('/auth/code/redeem/', { token })).status, 200)

  assert.equal(await auth.users.checkPassword(id, PASSWORD), false)
  const sessions = await auth.sessions.list(id)
  const earlier = sessions.find((each) => each.id === session?.id)
  assert.equal(earlier?.revokeReason, 'password')
  assert.deepEqual(await auth.apiTokens.list(id), [])
  assert.equal((await auth.users.find({ id }))!.phone, undefined)
})

test('a verified user keeps the password when signing in with a code', async (t) => {
  const { auth, ada, request, redeem, lastMail } = await setUp(t)
  await auth.users.change(ada.id, { emailVerified: true })
  await request()
  assert.equal((await redeem({ token: (await lastMail(ADDRESS)).token })).status, 200)
  assert.equal(await auth.users.checkPassword(ada.id, PASSWORD), true)
})

test('codes to sign in have no endpoints unless the options ask for them', async (t) => {
  for (const [accounts, status] of [
    [true, 404],
    [{ password: 'none' }, 202],
    [{ password: 'none', signInCodes: false }, 404],
  ] as const) {
    const { post } = accountsApp(t, { accounts })
    assert.equal((await post('/auth/code/', { email: ADDRESS })).status, status)
  }
})
