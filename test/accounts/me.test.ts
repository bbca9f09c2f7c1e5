import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer } from '../../src/authentication.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { accountsApp, PASSWORD } from './setup.ts'

const FIELDS = {
  nickname: 'string?',
  age: 'number',
  newsletter: 'boolean?',
  born: 'date?',
} as const

async function signedIn(t: Parameters<typeof accountsApp>[0], options: TestOptions = {}) {
  const app = accountsApp(t, options)
  const { auth } = app
  const user = await auth.users.create({
    username: 'ada',
    email: 'ada@example.org',
    emailVerified: true,
    password: PASSWORD,
    ...(options.user && { attributes: { age: 36 } }),
  })
  return { ...app, user, headers: await app.as('ada') }
}

test('GET /auth/me/ shows the own account, and needs a sign-in', async (t) => {
  const { send, headers, user } = await signedIn(t, { user: FIELDS })

  const { status, body } = await send('GET', '/auth/me/', undefined, headers)

  assert.equal(status, 200)
  assert.deepEqual(
    { ...body, joined_at: undefined },
    {
      id: user.id,
      username: 'ada',
      email: 'ada@example.org',
      email_verified: true,
      phone: null,
      phone_verified: false,
      staff: false,
      superuser: false,
      roles: [],
      joined_at: undefined,
      nickname: null,
      age: 36,
      newsletter: null,
      born: null,
    },
  )
  assert.equal((await send('GET', '/auth/me/')).status, 401)
})

test('PATCH /auth/me/ changes fields of the option user, each with its type, and no other field', async (t) => {
  const { auth, send, headers, user } = await signedIn(t, {
    user: FIELDS,
    accounts: { fields: ['nickname', 'newsletter', 'born'] },
  })
  const patch = (body: object) => send('PATCH', '/auth/me/', body, headers)

  const changed = await patch({
    nickname: 'Countess',
    newsletter: true,
    born: '1815-12-10',
    age: 17,
    staff: true,
    superuser: true,
    roles: ['admin'],
  })
  assert.equal(changed.status, 200)
  const stored = await auth.users.find({ id: user.id })
  assert.deepEqual(stored?.attributes, {
    age: 36,
    nickname: 'Countess',
    newsletter: true,
    born: '1815-12-10',
  })
  assert.deepEqual([stored?.staff, stored?.superuser, stored?.roles], [false, false, []])
  assert.equal((await patch({ nickname: null })).body.nickname, null)

  for (const [wrong, field] of [
    [{ newsletter: 'perhaps' }, 'newsletter'],
    [{ born: '1815-02-30' }, 'born'],
    [{ nickname: {} }, 'nickname'],
    [{ nickname: 'a\u0000b' }, 'nickname'],
    [{ nickname: 'x'.repeat(1001) }, 'nickname'],
    [{ email: 'eve@example.org' }, 'email'],
    [{ phone: '+351912345678' }, 'phone'],
    [{ password: 'another' }, 'password'],
    [{ username: 'a b' }, 'username'],
  ] as const) {
    const { status, body } = await patch(wrong)
    assert.equal(status, 400, JSON.stringify(wrong))
    assert.deepEqual(Object.keys(body), [field])
  }
})

test('concurrent changes of different fields are all kept', async (t) => {
  const { auth, send, headers, user } = await signedIn(t, { user: FIELDS })

  const answers = await Promise.all([
    send('PATCH', '/auth/me/', { nickname: 'Countess' }, headers),
    send('PATCH', '/auth/me/', { age: 37 }, headers),
    send('PATCH', '/auth/me/', { newsletter: false }, headers),
  ])

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  const stored = await auth.users.find({ id: user.id })
  assert.deepEqual(stored?.attributes, {
    age: 37,
    nickname: 'Countess',
    newsletter: false,
  })
})

test('a sign-up sets fields of the option user, and must set those that are required', async (t) => {
  const { auth, post } = accountsApp(t, { user: FIELDS })
  const ada = { username: 'ada', email: 'ada@example.org', password: PASSWORD }

  const missing = await post('/auth/users/', ada)
  assert.deepEqual(missing.body, { age: ['This field is required.'] })
  const wrong = await post('/auth/users/', { ...ada, age: 'old', born: 'today' })
  assert.deepEqual(Object.keys(wrong.body), ['age', 'born'])
  assert.equal(
    (await post('/auth/users/', { ...ada, age: 36.5, staff: true })).status,
    202,
  )
  const user = await auth.users.find('ada')
  assert.deepEqual([user?.attributes, user?.staff], [{ age: 36.5 }, false])
})

test('programs get messages for attributes that the option user does not allow', async (t) => {
  const { auth } = accountsApp(t, { user: FIELDS })
  for (const attributes of [
    {},
    { age: '36' },
    { age: 36, nick: 'x' },
    { age: 36, born: 'x' },
  ])
    await assert.rejects(auth.users.create({ username: 'ada', attributes } as never), {
      code: 'invalid',
      status: 400,
    })
  const { id } = await auth.users.create({ username: 'ada', attributes: { age: 36 } })
  await assert.rejects(auth.users.change(id, { attributes: { age: true } } as never), {
    code: 'invalid',
  })
})

test('a name that is taken is told, and changes of names are limited', async (t) => {
  const { auth, send, headers } = await signedIn(t, { codes: {} })
  await auth.users.create({ username: 'eve' })
  const rename = (username: string) => send('PATCH', '/auth/me/', { username }, headers)

  assert.equal((await rename('Eve')).status, 400)
  assert.equal((await rename('ada2')).status, 429)
})

test('DELETE /auth/me/ needs a fresh sign-in or the current password', async (t) => {
  const { auth, send, headers, clock, user } = await signedIn(t, {
    tokens: { access: '1h' },
  })
  clock.advance(600)
  const fresh = await auth.signIn(user.id, { methods: ['pwd'] })
  const remove = (body: object, given = headers) =>
    send('DELETE', '/auth/me/', body, given)

  const stale = await remove({})
  assert.equal(stale.status, 401)
  assert.equal(stale.body.code, 'insufficient_user_authentication')
  assert.equal(stale.body.max_age, 600)
  const wrong = await remove({ current_password: 'wrong' })
  assert.equal(wrong.status, 400)
  assert.deepEqual(wrong.body, { current_password: ['Invalid password.'] })
  assert.equal(await auth.users.count(), 1)
  assert.equal(
    (await remove({}, { authorization: `Bearer ${fresh.access}` })).status,
    204,
  )
  assert.equal(await auth.users.count(), 0)
  assert.equal((await send('GET', '/auth/me/', undefined, headers)).status, 401)
})

test('the current password is enough for an old sign-in, and wrong ones are throttled', async (t) => {
  const { auth, send, headers, clock } = await signedIn(t, { tokens: { access: '1h' } })
  clock.advance(1200)
  const remove = (current_password: string) =>
    send('DELETE', '/auth/me/', { current_password }, headers)
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) statuses.push((await remove(`wrong ${n}`)).status)

  assert.ok(statuses.includes(429), statuses.join())
  clock.advance(900)
  assert.equal((await remove(PASSWORD)).status, 204)
  assert.equal(await auth.users.count(), 0)
})

test('an API token with scopes cannot touch the account, and one without needs the password', async (t) => {
  const { auth, send, user } = await signedIn(t, {
    authentication: [bearer(), apiToken(), basic()],
  })
  const limited = await auth.apiTokens.create(user.id, { scopes: ['posts:read'] })
  const whole = await auth.apiTokens.create(user.id)
  const by = (token: string) => ({ authorization: `Token ${token}` })

  assert.equal((await send('GET', '/auth/me/', undefined, by(limited.token))).status, 403)
  assert.equal((await send('GET', '/auth/me/', undefined, by(whole.token))).status, 200)
  assert.equal((await send('DELETE', '/auth/me/', {}, by(whole.token))).status, 403)
  const basicHeader = { authorization: `Basic ${btoa(`ada:${PASSWORD}`)}` }
  assert.equal((await send('DELETE', '/auth/me/', {}, basicHeader)).status, 204)
})

test('the export has all that is stored of the user, and no secret', async (t) => {
  const { auth, send, headers, user, clock } = await signedIn(t, {
    user: FIELDS,
    tokens: { access: '1h' },
  })
  const { token } = await auth.apiTokens.create(user.id, { name: 'nightly' })

  const { status, body } = await send('GET', '/auth/me/export/', undefined, headers)

  assert.equal(status, 200)
  assert.equal(body.user.username, 'ada')
  assert.equal(body.sessions.length, 1)
  assert.equal(body.api_tokens[0].name, 'nightly')
  assert.ok(body.events.length > 0)
  const text = JSON.stringify(body)
  assert.ok(!text.includes(token) && !/digest|"hash"|jti/.test(text), text.slice(0, 400))
  clock.advance(601)
  const later = await send('GET', '/auth/me/export/', undefined, headers)
  assert.equal(later.status, 401)
  assert.equal(later.body.code, 'insufficient_user_authentication')
})

test('the name of a sign-up is taken for other users, too, whether or not its address was', async (t) => {
  const { auth, post, send, as } = accountsApp(t)
  for (const [username, email] of [
    ['ada', 'ada@example.com'],
    ['eve', 'eve@example.com'],
  ] as const)
    await auth.users.create({ username, email, emailVerified: true, password: PASSWORD })
  for (const [username, email] of [
    ['one', 'ada@example.com'],
    ['two', 'free@example.com'],
  ])
    await post('/auth/users/', { username, email, password: PASSWORD })
  const headers = await as('eve')
  const rename = (username: string) => send('PATCH', '/auth/me/', { username }, headers)
  const answers = [await rename('one'), await rename('ONE'), await rename('two')]
  const taken = { username: ['A user with that username already exists.'] }
  for (const answer of answers) assert.deepEqual(answer, { status: 400, body: taken })
  assert.equal((await rename('Eve')).status, 200)
})
