import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestOptions } from '../../src/testing/index.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { addPasskey, signInWith } from '../passkeys/setup.ts'
import { type App, addTotp, app, PASSWORD, passwordOf } from '../second-factors/setup.ts'

const ADDRESS = 'ada@example.com'
const NEW = 'w2pd-x9kc-qhr4-7mzt'

const open = (options: TestOptions = {}) =>
  app({
    url: 'https://app.example.com',
    accounts: true,
    passkeys: true,
    secondFactors: true,
    codes: { resendAfter: 0, perTarget: null, perClient: null },
    ...options,
  })

const lastMail = async ({ mail }: App) => {
  const text = (await mail()).at(-1)?.text ?? ''
  return { text, token: /token=([\w-]{43})/.exec(text)?.[1] ?? '' }
}

/** Sets a new password by mail. */
async function reset(instance: App) {
  await instance.post('/auth/password/reset/', { email: ADDRESS })
  const { token } = await lastMail(instance)
  const body = { token, new_password: NEW }
  return instance.post('/auth/password/reset/confirm/', body)
}

const signIn = ({ post }: App) => post('/api/token/', { username: 'ada', password: NEW })

test('a reset names the factors of the last 30 days, in its answer and in the mail', async () => {
  await using instance = await open()
  await addPasskey(instance)
  instance.clock.advance('31d')
  await addTotp(instance)
  const { status, body } = await reset(instance)
  assert.equal(status, 200)
  const [added, ...others] = body.recent_credentials
  assert.deepEqual([added.kind, added.label, others], ['totp', 'Phone', []])
  const { text } = await lastMail(instance)
  assert.match(text, /an authenticator app \(\d{4}-\d\d-\d\d\)/)
  // What an intruder has typed is not sent.
  assert.doesNotMatch(text, /Phone|a passkey/)
})

test('a reset removes no second factor, and without recent ones its answer is empty', async () => {
  await using instance = await open()
  await addTotp(instance)
  instance.clock.advance('31d')
  assert.deepEqual(await reset(instance), { status: 204, body: undefined })
  assert.doesNotMatch((await lastMail(instance)).text, /30 days/)
  assert.equal((await signIn(instance)).body.code, 'mfa_required')
})

test('a passkey that was added before a reset no longer signs in alone, until it was a second step', async () => {
  await using instance = await open()
  const { authenticator } = await addPasskey(instance)
  assert.equal((await signInWith(instance, authenticator)).status, 200)
  assert.equal((await reset(instance)).body.recent_credentials[0].kind, 'passkey')
  const refused = await signInWith(instance, authenticator)
  assert.equal(refused.status, 401)

  const { ticket } = (await signIn(instance)).body
  const options = await instance.post('/auth/second-factor/passkey/options/', { ticket })
  const credential = authenticator.get(options.body)
  const path = '/auth/second-factor/passkey/'
  assert.equal((await instance.post(path, { ticket, credential })).status, 200)
  assert.equal((await signInWith(instance, authenticator)).status, 200)
})

test('without second factors the owner of the password sees a suspended passkey, and removes it', async () => {
  await using instance = await open({ secondFactors: false })
  const { authenticator, id } = await addPasskey(instance)
  await reset(instance)
  assert.equal((await signInWith(instance, authenticator)).status, 401)
  const { access } = (await signIn(instance)).body
  const headers = { authorization: `Bearer ${access}` }
  const [shown] = (await instance.request('GET', '/auth/passkeys/', headers)).body
  assert.deepEqual([shown.id, shown.suspended], [id, true])
  const removed = await instance.request('DELETE', `/auth/passkeys/${id}/`, headers, {})
  assert.equal(removed.status, 204)
})

test('a password change suspends no passkey', async () => {
  await using instance = await open({ secondFactors: false })
  const { authenticator, headers } = await addPasskey(instance)
  const body = { current_password: PASSWORD, new_password: NEW }
  assert.equal((await instance.post('/auth/me/password/', body, headers)).status, 204)
  assert.equal((await signInWith(instance, authenticator)).status, 200)
})

/** A person signs up with another one's address, where addresses need not be confirmed to sign in. */
async function strangersAccount() {
  const instance = await open({ accounts: { requireActivation: false } })
  const username = 'stranger'
  const email = 'victim@example.org'
  const signUp = { username, email, password: PASSWORD }
  await instance.post('/auth/users/', signUp)
  const { access } = (
    await instance.post('/api/token/', { username, password: PASSWORD })
  ).body
  return { instance, email, headers: { authorization: `Bearer ${access}` } }
}

test('who has signed up and not confirmed the address adds no factor', async () => {
  const { instance, headers } = await strangersAccount()
  await using _ = instance
  const body = { current_password: PASSWORD }
  const expected = {
    status: 400,
    body: { non_field_errors: ['Confirm your email address first.'] },
  }
  assert.deepEqual(await instance.post('/auth/totp/', body, headers), expected)
  assert.deepEqual(
    await instance.post('/auth/passkeys/options/', body, headers),
    expected,
  )
})

test('an undone change of the address suspends the passkeys that were added since', async () => {
  await using instance = await open({ secondFactors: false })
  const user = (await instance.auth.users.find('ada'))!
  await instance.auth.users.change(user.id, { emailVerified: true })
  const early = await addPasskey(instance)
  instance.clock.advance('1d')
  const headers = await instance.as('ada')
  const change = { email: 'mallory@example.org', current_password: PASSWORD }
  assert.equal((await instance.post('/auth/me/email/', change, headers)).status, 202)
  const { token } = await lastMail(instance)
  const late = await addPasskey(instance, new Authenticator())
  assert.equal((await instance.post('/auth/me/email/undo/', { token })).status, 204)
  assert.equal((await signInWith(instance, late.authenticator)).status, 401)
  assert.equal((await signInWith(instance, early.authenticator)).status, 200)
})

test('the link that undoes a change is refused for a deactivated user, and works once the user is active again', async () => {
  await using instance = await open({ secondFactors: false })
  const user = (await instance.auth.users.find('ada'))!
  await instance.auth.users.change(user.id, { emailVerified: true })
  const headers = await instance.as('ada')
  const change = { email: 'mallory@example.org', current_password: PASSWORD }
  await instance.post('/auth/me/email/', change, headers)
  const { token } = await lastMail(instance)
  await instance.auth.users.change(user.id, { active: false })
  const path = '/auth/me/email/undo/'
  const { status, body } = await instance.post(path, { token })
  assert.deepEqual([status, body.code], [400, 'invalid_code'])
  await instance.auth.users.change(user.id, { active: true })
  assert.equal((await instance.post(path, { token })).status, 204)
})

test('who takes an account over by mail removes the factors that a stranger has added', async () => {
  const { instance, email } = await strangersAccount()
  await using _ = instance
  const stranger = (await instance.auth.users.find('stranger'))!
  // Of a release that let unconfirmed users add factors.
  await instance.auth.users.change(stranger.id, { emailVerified: true })
  const headers = await instance.as('stranger')
  const made = await instance.post('/auth/totp/', { current_password: PASSWORD }, headers)
  const { id, secret } = made.body
  const code = passwordOf(secret, instance)
  await instance.post('/auth/totp/confirm/', { id, code }, headers)
  await instance.auth.users.change(stranger.id, { emailVerified: false })
  await instance.post('/auth/password/reset/', { email })
  const { token } = await lastMail(instance)
  const confirm = { token, new_password: NEW }
  const { status } = await instance.post('/auth/password/reset/confirm/', confirm)
  assert.equal(status, 204)
  assert.deepEqual(await instance.auth.secondFactors.list(stranger.id), [])
})
