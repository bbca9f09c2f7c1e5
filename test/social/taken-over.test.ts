import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, PASSWORD, type SocialApp, signInAs, socialApp } from './setup.ts'

const ADDRESS = 'victim@example.com'

/** An instance that signs users in by mail, too. */
const mailingApp = () =>
  socialApp({ accounts: { requireActivation: false, signInCodes: true } })

async function signInByMail(app: SocialApp) {
  await app.request('POST', '/auth/code/', { email: ADDRESS })
  const text = (await app.mail()).at(-1)?.text ?? ''
  const [, token] = /[?&]token=([\w-]{43})/.exec(text) ?? []
  return app.request('POST', '/auth/code/redeem/', { token })
}

for (const isInterrupted of [false, true])
  test(`who signed up at a provider with another person’s address does not get the account back from the owner, interrupted ${isInterrupted}`, async () => {
    await using app = await mailingApp()
    const stranger = { sub: 'mallory', email: ADDRESS, email_verified: false }
    if (isInterrupted) app.faults.fail('identities.link')
    await signInAs(app, stranger)
    app.faults.clear()

    assert.equal((await signInByMail(app)).status, 200)

    const again = await signInAs(app, stranger)
    assert.equal(again.body.code, 'account_exists', JSON.stringify(again.body))
    const [user] = await app.auth.users.list()
    assert.deepEqual(await app.auth.identities.list(user?.id ?? ''), [])
  })

test('an identity that its user has disconnected does not sign in', async () => {
  await using app = await mailingApp()
  const person = { sub: 's-1', email: ADDRESS, email_verified: true }
  const headers = bearer(await signInAs(app, person))
  const { body } = await app.request('GET', '/auth/identities/', undefined, headers)
  const path = `/auth/identities/${body[0].id}/`
  assert.equal((await app.request('DELETE', path, {}, headers)).status, 204)

  assert.equal((await signInAs(app, person)).body.code, 'account_exists')
})

test('a reset of the password removes what an intruder has connected, and not what the user has signed up with', async () => {
  await using app = await socialApp({
    accounts: { requireActivation: false },
    codes: { resendAfter: 0, perTarget: null, perClient: null },
  })
  const owner = { sub: 's-1', email: ADDRESS, email_verified: true }
  await signInAs(app, owner)
  app.clock.advance('2h')
  const headers = bearer(await signInAs(app, owner))
  const intruder = {
    provider: 'acme',
    id_token: app.provider.idToken({ sub: 'mallory' }),
  }
  const linked = await app.request('POST', '/auth/identities/', intruder, headers)
  assert.equal(linked.status, 201)

  await app.request('POST', '/auth/password/reset/', { email: ADDRESS })
  const text = (await app.mail()).at(-1)?.text ?? ''
  const [, token] = /[?&]token=([\w-]{43})/.exec(text) ?? []
  const reset = { token, new_password: PASSWORD }
  const done = await app.request('POST', '/auth/password/reset/confirm/', reset)
  assert.equal(done.status, 204, JSON.stringify(done.body))

  const [user] = await app.auth.users.list()
  const left = await app.auth.identities.list(user?.id ?? '')
  assert.deepEqual(
    left.map(({ subject }) => subject),
    ['s-1'],
  )
})
