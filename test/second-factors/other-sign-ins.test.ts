import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer } from '../../src/authentication/bearer.ts'
import { basic } from '../../src/authentication.ts'
import { knox } from '../../src/presets/index.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { Authenticator } from '../passkeys/authenticator.ts'
import { addPasskey } from '../passkeys/setup.ts'
import { type App, addTotp, app, PASSWORD, passwordOf, signIn } from './setup.ts'

const ENROLL = '/auth/second-factor/passkey/registration'

const open = (options: TestOptions = {}) =>
  app({ url: 'https://app.example.com', accounts: true, passkeys: true, ...options })

const isAlive = async ({ auth }: App, headers: Record<string, string>) => {
  const request = new Request('http://localhost/', { headers })
  return (await auth.authenticate(request).catch(() => undefined)) !== undefined
}

for (const [what, add] of [
  ['an authenticator app', addTotp],
  ['a passkey', addPasskey],
] as const)
  test(`with ${what} the sign-ins from before it end, but not the one that adds it`, async () => {
    await using instance = await open()
    const before = await instance.as('ada')
    const { headers } = await add(instance)
    assert.equal(await isAlive(instance, before), false)
    assert.equal(await isAlive(instance, headers), true)
  })

test('with changeRevokes: "none" they go on', async () => {
  await using instance = await open({ secondFactors: { changeRevokes: 'none' } })
  const before = await instance.as('ada')
  await addTotp(instance)
  assert.equal(await isAlive(instance, before), true)
})

test('without the option secondFactors a passkey ends no session', async () => {
  await using instance = await open({ secondFactors: false })
  const before = await instance.as('ada')
  await addPasskey(instance)
  assert.equal(await isAlive(instance, before), true)
})

test('a removed factor ends the other sessions, too', async () => {
  await using instance = await open()
  const { id, secret, headers } = await addTotp(instance)
  const { access } = await instance.auth.signIn(
    (await instance.auth.users.find('ada'))!.id,
  )
  const other = { authorization: `Bearer ${access}` }
  assert.equal(await isAlive(instance, other), true)
  const code = passwordOf(secret, instance)
  await instance.request('DELETE', `/auth/factors/${id}/`, headers, { code })
  assert.equal(await isAlive(instance, other), false)
  assert.equal(await isAlive(instance, headers), true)
})

test('tokens of knox from before a factor end, and no session from before gets another', async () => {
  const preset = knox()
  await using instance = await open({
    authentication: [preset.scheme, bearer(), basic()],
    presets: [preset],
  })
  const bearing = await instance.as('ada')
  const login = () => instance.post('/knox/login/', {}, bearing)
  const token = (await login()).body.token as string
  assert.equal(await isAlive(instance, { authorization: `Token ${token}` }), true)
  const program = await instance.auth.apiTokens.create(
    (await instance.auth.users.find('ada'))!.id,
  )
  const { headers } = await addTotp(instance)
  assert.equal(await isAlive(instance, { authorization: `Token ${token}` }), false)
  assert.equal((await login()).status, 401)
  assert.equal((await instance.post('/knox/login/', {}, headers)).status, 200)
  const ofProgram = { authorization: `Token ${program.token}` }
  assert.equal(await isAlive(instance, ofProgram), true)
})

test('a client that adds a factor with its token of knox keeps that token', async () => {
  const preset = knox()
  await using instance = await open({
    authentication: [preset.scheme, bearer()],
    presets: [preset],
  })
  const bearing = await instance.as('ada')
  const logIn = async () => {
    const { token } = (await instance.post('/knox/login/', {}, bearing)).body
    return { authorization: `Token ${token}` }
  }
  const [own, other] = [await logIn(), await logIn()]
  const body = { current_password: PASSWORD }
  const made = (await instance.post('/auth/totp/', body, own)).body
  const code = passwordOf(made.secret, instance)
  const confirm = { id: made.id, code }
  assert.equal((await instance.post('/auth/totp/confirm/', confirm, own)).status, 200)
  assert.equal(await isAlive(instance, own), true)
  assert.equal(await isAlive(instance, other), false)
  assert.equal(await isAlive(instance, bearing), false)
})

test('a user whose role needs a second factor adds a passkey with the ticket, and is signed in by it', async () => {
  await using instance = await open({ secondFactors: { required: ['staff'] } })
  const ada = (await instance.auth.users.find('ada'))!
  const before = await instance.as('ada')
  await instance.auth.users.change(ada.id, { staff: true })
  const { ticket, methods, enrolls } = (await signIn(instance)).body
  assert.deepEqual([methods, enrolls], [[], ['totp', 'passkey']])
  const options = await instance.post(`${ENROLL}/options/`, { ticket })
  assert.equal(options.status, 200)
  const authenticator = new Authenticator()
  const credential = authenticator.create(options.body)
  const body = { ticket, credential, label: 'Key' }
  const done = await instance.post(`${ENROLL}/`, body)
  assert.equal(done.status, 200)
  assert.equal(done.body.recovery_codes.length, 10)
  assert.equal(await isAlive(instance, before), false)
  const headers = { authorization: `Bearer ${done.body.access}` }
  const [session] = (await instance.request('GET', '/auth/sessions/', headers)).body
  assert.deepEqual([session.amr, session.acr], [['pwd', 'hwk', 'user'], 'aal2'])
  assert.deepEqual((await signIn(instance)).body.methods, ['passkey', 'recovery'])
  // Neither the ticket nor the challenge works again.
  assert.equal((await instance.post(`${ENROLL}/`, body)).status, 400)
})

test('a ticket adds one first factor, an app or a passkey, also if both are added at once', async () => {
  await using instance = await open({ secondFactors: { required: ['staff'] } })
  const ada = (await instance.auth.users.find('ada'))!
  await instance.auth.users.change(ada.id, { staff: true })
  const withPasskey = async () => {
    const { ticket } = (await signIn(instance)).body
    const options = await instance.post(`${ENROLL}/options/`, { ticket })
    const credential = new Authenticator().create(options.body)
    return () => instance.post(`${ENROLL}/`, { ticket, credential })
  }
  const withApp = async () => {
    const { ticket } = (await signIn(instance)).body
    const path = '/auth/second-factor/totp/'
    const { id, secret } = (await instance.post(path, { ticket })).body
    const code = passwordOf(secret, instance)
    return () => instance.post(`${path}confirm/`, { ticket, id, code })
  }
  const enrolments = [await withPasskey(), await withApp(), await withPasskey()]
  const answers = await Promise.all(enrolments.map((enroll) => enroll()))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400, 400])
  assert.equal((await instance.auth.secondFactors.list(ada.id)).length, 1)
})

test('a challenge of a ticket adds no passkey without it, and the other way round', async () => {
  await using instance = await open({ secondFactors: { required: ['staff'] } })
  const ada = (await instance.auth.users.find('ada'))!
  const headers = await instance.as('ada')
  await instance.auth.users.change(ada.id, { staff: true })
  const { ticket } = (await signIn(instance)).body
  const ofTicket = await instance.post(`${ENROLL}/options/`, { ticket })
  const own = await instance.post('/auth/passkeys/options/', {}, headers)
  assert.equal(own.status, 200)
  const credential = new Authenticator().create(own.body)
  assert.equal((await instance.post(`${ENROLL}/`, { ticket, credential })).status, 400)
  const other = { credential: new Authenticator().create(ofTicket.body) }
  assert.equal((await instance.post('/auth/passkeys/', other, headers)).status, 400)
})

test('the ticket of a user with a second factor adds no passkey', async () => {
  await using instance = await open({ secondFactors: { required: ['staff'] } })
  await addTotp(instance)
  const { ticket } = (await signIn(instance)).body
  assert.equal((await instance.post(`${ENROLL}/options/`, { ticket })).status, 400)
})

test('an authenticator may have an empty label', async () => {
  await using instance = await open()
  const headers = await instance.as('ada')
  for (const label of ['', '  ']) {
    const body = { current_password: PASSWORD, label }
    assert.equal((await instance.post('/auth/totp/', body, headers)).status, 201)
  }
})
