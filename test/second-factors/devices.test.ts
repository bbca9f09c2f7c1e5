import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestOptions } from '../../src/testing/index.ts'
import { type App, addTotp, app, PASSWORD, passwordOf } from './setup.ts'

const open = (options: TestOptions = {}) =>
  app({
    accounts: true,
    url: 'https://app.example.com',
    secondFactors: { rememberDevice: '30d' },
    ...options,
  })

const CREDENTIALS = { username: 'ada', password: PASSWORD }

const signIn = ({ post }: App, device?: string) =>
  post(
    '/api/token/',
    CREDENTIALS,
    device === undefined ? {} : { 'x-device-token': device },
  )

/** Signs in with two steps. @returns the token of the device */
async function remembered(instance: App, secret: string) {
  const { ticket } = (await signIn(instance)).body
  const code = passwordOf(secret, instance)
  const body = { ticket, code, remember_device: true }
  const answer = await instance.post('/auth/second-factor/', body)
  assert.equal(answer.status, 200)
  instance.clock.advance('30s')
  return answer.body.device_token as string
}

const isAsked = async (instance: App, device: string): Promise<boolean> =>
  (await signIn(instance, device)).status === 403

test('a remembered device needs no second factor for 30 days, and another one does', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  assert.match(device, /^[\w-]{43}$/)
  assert.equal((await signIn(instance)).status, 403)
  assert.equal((await signIn(instance, device)).status, 200)
  assert.equal(await isAsked(instance, 'x'.repeat(43)), true)
  instance.clock.advance('29d')
  assert.equal(await isAsked(instance, device), false)
  instance.clock.advance('1d')
  assert.equal(await isAsked(instance, device), true)
})

test('the session of such a sign-in had one factor', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  const { access } = (await signIn(instance, device)).body
  const headers = { authorization: `Bearer ${access}` }
  const [session, before] = (await instance.request('GET', '/auth/sessions/', headers))
    .body
  assert.deepEqual([session.amr, session.acr], [['pwd'], 'aal1'])
  assert.deepEqual([before.amr, before.acr], [['pwd', 'otp'], 'aal2'])
})

test('a device is remembered if the client asks for it and the option is on, and not otherwise', async () => {
  for (const [rememberDevice, remember_device] of [
    ['30d', false],
    ['30d', undefined],
    [false, true],
  ] as const) {
    await using instance = await open({ secondFactors: { rememberDevice } })
    const { secret } = await addTotp(instance)
    const { ticket } = (await signIn(instance)).body
    const code = passwordOf(secret, instance)
    const body = { ticket, code, remember_device }
    const answer = await instance.post('/auth/second-factor/', body)
    assert.deepEqual([answer.status, answer.body.device_token], [200, undefined])
  }
  await using instance = await open()
  const { status, body } = await instance.post('/auth/second-factor/', {
    ticket: 'x',
    code: '123456',
    remember_device: 'perhaps',
  })
  assert.deepEqual([status, Object.keys(body)], [400, ['remember_device']])
})

test('a device of one user is none of another', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  const body = { current_password: PASSWORD }
  const made = (await instance.post('/auth/totp/', body, headers)).body
  const code = passwordOf(made.secret, instance)
  await instance.post('/auth/totp/confirm/', { id: made.id, code }, headers)
  const bob = { username: 'bob', password: PASSWORD }
  const { status } = await instance.post('/api/token/', bob, { 'x-device-token': device })
  assert.equal(status, 403)
})

test('a new password, another factor, an administrator and the user forget devices', async () => {
  const ways: Readonly<
    Record<string, (instance: App, secret: string) => Promise<unknown>>
  > = {
    'a new password': async ({ auth }) => {
      const { id } = (await auth.users.find('ada'))!
      await auth.users.setPassword(id, PASSWORD)
    },
    'another factor': async (instance) => {
      const headers = await instance.as('ada')
      const body = { current_password: PASSWORD }
      const { id, secret } = (await instance.post('/auth/totp/', body, headers)).body
      const code = passwordOf(secret, instance)
      await instance.post('/auth/totp/confirm/', { id, code }, headers)
    },
    'the user, one by one': async (instance) => {
      const headers = await instance.as('ada')
      const [device] = (await instance.request('GET', '/auth/devices/', headers)).body
      const path = `/auth/devices/${device.id}/`
      assert.equal((await instance.request('DELETE', path, headers)).status, 204)
      assert.equal((await instance.request('DELETE', path, headers)).status, 404)
    },
    'the user, all': async (instance) => {
      const headers = await instance.as('ada')
      await instance.request('DELETE', '/auth/devices/', headers)
    },
    'the user, with the other sessions': async (instance) => {
      const headers = await instance.as('ada')
      await instance.request('DELETE', '/auth/sessions/', headers)
    },
  }
  for (const [what, forget] of Object.entries(ways)) {
    await using instance = await open()
    const { secret } = await addTotp(instance)
    const device = await remembered(instance, secret)
    assert.equal(await isAsked(instance, device), false, what)
    await forget(instance, secret)
    assert.equal(await isAsked(instance, device), true, what)
  }
})

test('a user signs out everywhere else, and the own device stays', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const [device, other] = [
    await remembered(instance, secret),
    await remembered(instance, secret),
  ]
  const headers = { ...(await instance.as('ada')), 'x-device-token': device }
  const listed = (await instance.request('GET', '/auth/devices/', headers)).body
  const current = listed.map((each: { current: boolean }) => each.current)
  assert.deepEqual(current.toSorted(), [false, true])
  await instance.request('DELETE', '/auth/sessions/', headers)
  assert.equal(await isAsked(instance, device), false)
  assert.equal(await isAsked(instance, other), true)
})

test('another user neither sees nor forgets a device', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  await remembered(instance, secret)
  const own = await instance.as('ada')
  const [device] = (await instance.request('GET', '/auth/devices/', own)).body
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const headers = await instance.as('bob')
  assert.deepEqual((await instance.request('GET', '/auth/devices/', headers)).body, [])
  const path = `/auth/devices/${device.id}/`
  assert.equal((await instance.request('DELETE', path, headers)).status, 404)
})

test('with tokens in cookies the device token is in one, and in no body', async () => {
  await using instance = await open({ tokens: { transport: 'cookie' } })
  const { id } = (await instance.auth.users.find('ada'))!
  const own = { origin: 'https://app.example.com', host: 'app.example.com' }
  const post = (path: string, body: object, headers = {}) =>
    instance.auth.handler(
      new Request(`https://app.example.com${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...own, ...headers },
        body: JSON.stringify(body),
      }),
    )
  const secret = await enrolled(instance, id)
  const { ticket } = (await (await post('/api/token/', CREDENTIALS)).json()) as {
    ticket: string
  }
  const code = passwordOf(secret, instance)
  const answer = await post('/auth/second-factor/', {
    ticket,
    code,
    remember_device: true,
  })
  assert.equal(answer.status, 200)
  assert.equal('device_token' in ((await answer.json()) as object), false)
  const cookie = answer.headers
    .getSetCookie()
    .find((each) => each.startsWith('__Host-watchword-device='))
  assert.match(cookie ?? '', /Path=\/; Max-Age=2592000; SameSite=Lax; HttpOnly; Secure$/)
  const [pair] = (cookie ?? '').split(';')
  const again = await post('/api/token/', CREDENTIALS, { cookie: pair })
  assert.equal(again.status, 200)
})

/** Adds an authenticator for ada, whose session is in cookies: by a program's. */
async function enrolled(instance: App, id: string): Promise<string> {
  const { access } = await instance.auth.signIn(id)
  const headers = { authorization: `Bearer ${access}` }
  const body = { current_password: PASSWORD }
  const made = (await instance.post('/auth/totp/', body, headers)).body
  const code = passwordOf(made.secret, instance)
  await instance.post('/auth/totp/confirm/', { id: made.id, code }, headers)
  instance.clock.advance('30s')
  return made.secret
}

test('a database that cannot say whether a device is known stops the sign-in: 503', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  instance.faults.fail('devices.use')
  assert.equal((await signIn(instance, device)).status, 503)
})

test('the store keeps no device token', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  const headers = await instance.as('ada')
  const listed = await instance.request('GET', '/auth/devices/', headers)
  const log = JSON.stringify([
    instance.log,
    listed.body,
    await instance.auth.events.list(),
  ])
  assert.equal(log.includes(device), false)
})

test('the export of an account has its remembered devices, without their tokens', async () => {
  await using instance = await open()
  const { secret } = await addTotp(instance)
  const device = await remembered(instance, secret)
  const headers = await instance.as('ada')
  const { body } = await instance.request('GET', '/auth/me/export/', headers)
  const [shown, ...others] = body.devices
  assert.deepEqual(Object.keys(shown), [
    'id',
    'created_at',
    'last_used_at',
    'expires_at',
    'address',
    'user_agent',
  ])
  assert.deepEqual(others, [])
  assert.equal(JSON.stringify(body).includes(device), false)
})
