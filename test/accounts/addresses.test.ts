import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const OLD = 'ada@example.org'
const NEW = 'Ada.New@example.org'

async function ada(t: TestContext, options: TestOptions = {}) {
  const app = accountsApp(t, { tokens: { access: '1h' }, ...options })
  const user = await app.auth.users.create({
    username: 'ada',
    email: OLD,
    emailVerified: true,
    password: PASSWORD,
  })
  const headers = await app.as('ada')
  return {
    ...app,
    user,
    headers,
    change: (email: string, rest: object = {}, given = headers) =>
      app.post('/auth/me/email/', { email, ...rest }, given),
    confirm: (token: string) => app.post('/auth/me/email/confirm/', { token }),
    undo: (token: string) => app.post('/auth/me/email/undo/', { token }),
    stored: async () => (await app.auth.users.find({ id: user.id }))!,
  }
}

test('an address changes once the new one is confirmed; the other sessions end', async (t) => {
  const { change, confirm, lastMail, stored, send, headers, as, auth } = await ada(t)
  const other = await as('ada')

  assert.deepEqual(await change(NEW), { status: 202, body: {} })
  assert.equal((await stored()).email, OLD)
  const { token } = await lastMail(NEW)
  const notice = await lastMail(OLD)
  assert.match(notice.text, /Ada\.New@example\.org/)
  assert.equal((await confirm(token)).status, 204)

  const user = await stored()
  assert.equal(user.email, NEW)
  assert.ok(user.emailVerifiedAt)
  assert.equal((await send('GET', '/auth/me/', undefined, headers)).status, 200)
  assert.equal((await send('GET', '/auth/me/', undefined, other)).status, 401)
  assert.equal((await confirm(token)).status, 400)
  const kinds = (await auth.events.list()).map(({ kind }) => kind)
  assert.ok(kinds.includes('email_change_requested') && kinds.includes('email_changed'))
})

test('the former address undoes a change for three days, also after a second one and another password', async (t) => {
  const { change, confirm, undo, lastMail, stored, auth, clock, user, headers, send } =
    await ada(t)
  await change('thief@example.org')
  const undoFirst = (await lastMail(OLD)).token
  await confirm((await lastMail('thief@example.org')).token)
  await change('thief2@example.org')
  const undoSecond = (await lastMail('thief@example.org')).token
  await confirm((await lastMail('thief2@example.org')).token)
  await auth.users.setPassword(user.id, 'another-pass-Word-77')
  clock.advance(259_000)

  assert.equal((await undo(undoFirst)).status, 204)
  const restored = await stored()
  assert.equal(restored.email, OLD)
  assert.ok(restored.emailVerifiedAt)
  assert.equal((await send('GET', '/auth/me/', undefined, headers)).status, 401)
  assert.equal((await undo(undoSecond)).status, 400, 'the thief could undo the undoing')
  assert.equal((await undo(undoFirst)).status, 400)
  assert.equal((await stored()).email, OLD)
})

test('undoing voids a change that is not confirmed yet', async (t) => {
  const { change, confirm, undo, lastMail, stored } = await ada(t)
  await change(NEW)
  const { token } = await lastMail(NEW)

  assert.equal((await undo((await lastMail(OLD)).token)).status, 204)
  assert.equal((await confirm(token)).status, 400)
  assert.equal((await stored()).email, OLD)
})

test('an account that took the former address without confirming it gives way', async (t) => {
  const { change, confirm, undo, lastMail, stored, auth } = await ada(t)
  await change(NEW)
  await confirm((await lastMail(NEW)).token)
  const { token } = await lastMail(OLD)
  const { id } = await auth.users.create({ username: 'eve', email: OLD })

  assert.equal((await undo(token)).status, 204)
  assert.equal((await stored()).email, OLD)
  assert.equal((await auth.users.find({ id }))?.email, undefined)
})

test('an address of another user is answered as any other, and nothing is sent there', async (t) => {
  const { auth, change, lastMail, stored } = await ada(t)
  await auth.users.create({ username: 'eve', email: 'eve@example.org' })

  assert.deepEqual(await change('EVE@example.org'), await change('new@example.org'))
  assert.equal((await lastMail('eve@example.org')).count, 0)
  assert.equal((await lastMail('EVE@example.org')).count, 0)
  assert.equal((await stored()).email, OLD)
})

test('a change is void if another user takes the address before it is confirmed', async (t) => {
  const { auth, change, confirm, lastMail, stored } = await ada(t)
  await change(NEW)
  await auth.users.create({ username: 'eve', email: NEW.toLowerCase() })

  const refused = await confirm((await lastMail(NEW)).token)
  assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_code'])
  assert.equal((await stored()).email, OLD)
})

test('codes that were mailed before the change of an address are void after it', async (t) => {
  const { auth, change, confirm, lastMail, user } = await ada(t)
  await change('first@example.org')
  const first = (await lastMail('first@example.org')).token
  await auth.users.change(user.id, { email: 'admin-set@example.org' })

  assert.equal((await confirm(first)).status, 400)
})

test('a change needs a fresh sign-in or the current password, and an address', async (t) => {
  const { change, clock, lastMail } = await ada(t)
  clock.advance(600)

  assert.equal((await change(NEW)).status, 401)
  assert.equal((await change(NEW, { current_password: 'wrong' })).status, 400)
  assert.equal((await change(NEW, { current_password: PASSWORD })).status, 202)
  assert.equal((await change('ada@', { current_password: PASSWORD })).status, 400)
  assert.equal((await change(NEW, {}, {})).status, 401)
  assert.equal((await lastMail(NEW)).count, 1)
})

test('of 20 confirmations at once one succeeds', async (t) => {
  const { change, confirm, lastMail } = await ada(t)
  await change(NEW)
  const { token } = await lastMail(NEW)

  const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(token)))
  assert.equal(answers.filter(({ status }) => status === 204).length, 1)
})

test('with digits only the user who asked can confirm', async (t) => {
  const { auth, change, lastMail, post, headers, as, stored } = await ada(t, {
    accounts: { form: 'digits' },
  })
  await auth.users.create({ username: 'eve' })
  await change(NEW)
  const { code } = await lastMail(NEW)
  const confirm = (given: Record<string, string>) =>
    post('/auth/me/email/confirm/', { code }, given)

  assert.equal((await confirm({})).status, 401)
  assert.equal((await confirm(await as('eve'))).status, 400)
  assert.equal((await confirm(headers)).status, 204)
  assert.equal((await stored()).email, NEW)
})

test('an address that is not verified is confirmed from the account', async (t) => {
  const { auth, post, as, lastMail } = accountsApp(t)
  const { id } = await auth.users.create({ username: 'eve', email: 'eve@example.org' })

  assert.equal((await post('/auth/me/email/verify/', {}, await as('eve'))).status, 202)
  const { token } = await lastMail('eve@example.org')
  assert.equal((await post('/auth/users/confirm/', { token })).status, 204)
  assert.ok((await auth.users.find({ id }))?.emailVerifiedAt)
  await auth.users.sendVerification(id)
  assert.equal((await lastMail('eve@example.org')).count, 1)
})

test('a phone number is set with the digits that were sent to it, and a taken one is not shown', async (t) => {
  const { auth, post, headers, sms, stored } = await ada(t)
  const [PHONE, TAKEN] = ['+351912345678', '+351912345679']
  await auth.users.create({ username: 'eve', phone: TAKEN })
  const change = (phone: string) => post('/auth/me/phone/', { phone }, headers)
  const confirm = (code: string) => post('/auth/me/phone/confirm/', { code }, headers)

  assert.deepEqual(await change(TAKEN), { status: 202, body: {} })
  assert.deepEqual(await change(PHONE), { status: 202, body: {} })
  assert.equal((await change('911')).status, 400)
  const sent = await sms()
  assert.deepEqual(
    sent.map(({ to }) => to),
    [PHONE],
  )
  const code = /\d{6}/.exec(sent[0]?.text ?? '')?.[0] ?? ''
  assert.equal((await confirm(code === '111111' ? '222222' : '111111')).status, 400)
  assert.equal((await confirm(code)).status, 204)
  assert.equal((await stored()).phone, PHONE)
  assert.ok((await stored()).phoneVerifiedAt)
  assert.equal((await confirm(code)).status, 400)
})

test('undoing ends the password, and API tokens that were made since', async (t) => {
  const { change, confirm, undo, lastMail, auth, clock, post, user } = await ada(t)
  const { token: former } = await auth.apiTokens.create(user.id)
  clock.advance('1m')
  await change('thief@example.org')
  await confirm((await lastMail('thief@example.org')).token)
  await auth.users.setPassword(user.id, 'thiefs-9mzt-w2pd-x9kc')
  const { token: made } = await auth.apiTokens.create(user.id)
  assert.equal((await undo((await lastMail(OLD)).token)).status, 204)

  for (const password of ['thiefs-9mzt-w2pd-x9kc', PASSWORD])
    assert.equal((await post('/api/token/', { username: 'ada', password })).status, 401)
  const hints = (await auth.apiTokens.list(user.id)).map(({ hint }) => hint)
  assert.deepEqual(
    [former, made].map((token) => hints.some((hint) => token.startsWith(hint))),
    [true, false],
  )
  await post('/auth/password/reset/', { email: OLD })
  const { token } = await lastMail(OLD)
  const reset = { token, new_password: 'owners-9mzt-w2pd-x9kc' }
  assert.equal((await post('/auth/password/reset/confirm/', reset)).status, 204)
  const { status } = await post('/api/token/', {
    username: 'ada',
    password: reset.new_password,
  })
  assert.equal(status, 200)
})
