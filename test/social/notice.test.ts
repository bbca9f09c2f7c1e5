import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, PASSWORD, type SocialApp, signInAs, socialApp } from './setup.ts'

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

const subjects = async (app: SocialApp): Promise<readonly string[]> =>
  (await app.mail()).map(({ subject }) => subject)

const CONNECTED = /^Acme signs you in to /
const DISCONNECTED = /^Acme no longer signs you in to /

const ADA = {
  username: 'ada',
  password: PASSWORD,
  email: 'ada@example.com',
  emailVerified: true,
}

for (const [language, connected, disconnected] of [
  ['en', CONNECTED, DISCONNECTED],
  ['de', /^Anmeldung bei .* jetzt auch mit Acme$/, /nicht mehr mit Acme$/],
] as const)
  test(`a user who connects or disconnects a provider gets one mail, in ${language}`, async () => {
    await using app = await socialApp({}, { label: 'Acme' })
    await app.auth.users.create(ADA)
    const headers = { ...(await app.as('ada')), 'accept-language': language }
    const identity = { provider: 'acme', id_token: app.provider.idToken(SUE) }
    const connect = () => app.request('POST', '/auth/identities/', identity, headers)

    const { body } = await connect()
    await connect()

    const [mail, ...others] = await app.mail()
    assert.deepEqual(others, [])
    assert.equal(mail?.to, ADA.email)
    assert.match(mail?.subject ?? '', connected)
    const path = `/auth/identities/${body.id}/`
    assert.equal((await app.request('DELETE', path, {}, headers)).status, 204)
    const [, removed, ...more] = await subjects(app)
    assert.deepEqual(more, [])
    assert.match(removed ?? '', disconnected)
    assert.equal((await app.request('DELETE', path, {}, headers)).status, 404)
    assert.equal((await app.mail()).length, 2)
  })

test('a user whose provider is connected by a verified address gets a mail; one who signs up does not', async () => {
  await using app = await socialApp({}, { label: 'Acme', linkByVerifiedEmail: true })
  await app.auth.users.create(ADA)
  await signInAs(app, SUE)
  assert.deepEqual(await subjects(app), [])

  await signInAs(app, { ...SUE, sub: 's-2', email: ADA.email })
  await signInAs(app, { ...SUE, sub: 's-2', email: ADA.email })

  const mails = await app.mail()
  assert.equal(mails.length, 1)
  assert.equal(mails[0]?.to, ADA.email)
  assert.match(mails[0]?.subject ?? '', CONNECTED)
})

test('a mail server that does not answer delays neither', async () => {
  await using app = await socialApp({ mail: () => new Promise(() => {}) })
  await app.auth.users.create(ADA)
  const headers = await app.as('ada')
  const identity = { provider: 'acme', id_token: app.provider.idToken(SUE) }

  const { status, body } = await app.request(
    'POST',
    '/auth/identities/',
    identity,
    headers,
  )
  assert.equal(status, 201)
  const path = `/auth/identities/${body.id}/`
  assert.equal((await app.request('DELETE', path, {}, headers)).status, 204)
})

test('without a label the mail has the name of the provider, and without an address there is none', async () => {
  await using app = await socialApp()
  const signedIn = await signInAs(app, { sub: 's-3' })
  const identity = { provider: 'acme', id_token: app.provider.idToken(SUE) }
  const headers = bearer(signedIn)
  const linked = await app.request('POST', '/auth/identities/', identity, headers)
  assert.equal(linked.status, 201)
  assert.deepEqual(await app.mail(), [])
})

test('confirmations of addresses count as requests for codes, and a sign-in beyond their limit goes on without', async () => {
  await using app = await socialApp({
    accounts: { requireActivation: false },
    codes: { inTotal: '2/hour' },
  })

  for (const n of [1, 2, 3]) {
    const email = `sue${n}@example.com`
    const { status } = await signInAs(app, { sub: `s-${n}`, email })
    assert.equal(status, 200)
  }

  const mails = await app.mail()
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['sue1@example.com', 'sue2@example.com'],
  )
})
