import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountsApp, PASSWORD } from './setup.ts'

const EVE = { username: 'eve', password: PASSWORD }

test('an invitation makes one account, with its address and roles, which is verified', async (t) => {
  const { auth, post, lastMail } = accountsApp(t, {
    accounts: { signUp: 'invitation' },
    roles: { editor: ['posts.change'] },
  })
  await auth.users.invite({ email: 'Eve@example.org', roles: ['editor'] })
  const { token: invitation, text } = await lastMail('Eve@example.org')
  assert.match(text, /https:\/\/app\.example\.com\/account\/sign-up\/\?token=/)

  const without = await post('/auth/users/', { ...EVE, email: 'eve@example.org' })
  assert.deepEqual(without.body, { invitation: ['This field is required.'] })
  assert.equal((await post('/auth/users/', { ...EVE, invitation: 'x' })).status, 400)
  const weak = await post('/auth/users/', { ...EVE, password: '1', invitation })
  assert.equal(weak.status, 400, 'a weak password must not cost the invitation')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      post('/auth/users/', {
        ...EVE,
        username: `eve${n}`,
        email: 'x@example.org',
        invitation,
      }),
    ),
  )

  const [created, ...others] = answers.filter(({ status }) => status === 201)
  assert.equal(others.length, 0)
  assert.equal(created?.body.email, 'Eve@example.org')
  assert.equal(created?.body.email_verified, true)
  assert.deepEqual(created?.body.roles, ['editor'])
  assert.equal(await auth.users.count(), 1)
  await auth.users.delete(created?.body.id)
  const again = await post('/auth/users/', { ...EVE, invitation })
  assert.equal(again.body.code, 'invalid_code', 'the invitation works once')
})

test('only staff invite', async (t) => {
  const { auth, post, as, lastMail } = accountsApp(t)
  await auth.users.create({ username: 'ada', staff: true })
  await auth.users.create({ username: 'bob' })
  const invite = async (name: string, email: string) =>
    post('/auth/invitations/', { email }, await as(name))

  assert.equal((await invite('ada', 'eve@example.org')).status, 202)
  assert.equal((await invite('bob', 'eve@example.org')).status, 403)
  assert.equal((await post('/auth/invitations/', { email: 'e@example.org' })).status, 401)
  assert.equal((await invite('ada', 'eve')).status, 400)
  assert.equal((await lastMail('eve@example.org')).count, 1)
})

test('a program gets messages for an invitation that is impossible', async (t) => {
  const { auth } = accountsApp(t, { roles: { editor: [] } })
  await auth.users.create({ username: 'ada', email: 'ada@example.org' })
  for (const invitation of [
    { email: 'ADA@example.org' },
    { email: 'ada' },
    { email: 'eve@example.org', roles: ['edtior'] },
    { email: 7 },
  ])
    await assert.rejects(auth.users.invite(invitation as never), { code: 'invalid' })
})

test('nobody signs up if the option says so', async (t) => {
  const { post } = accountsApp(t, { accounts: { signUp: 'off' } })
  assert.equal(
    (await post('/auth/users/', { ...EVE, email: 'e@example.org' })).status,
    404,
  )
  assert.equal((await post('/auth/invitations/', { email: 'e@example.org' })).status, 404)
})
