import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { apiToken, bearer } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { isStaff } from '../../src/permissions/index.ts'
import { type DjoserOptions, djoser } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { buildWatchword } from '../build-watchword.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const ANOTHER = 'v8sk-2nqe-r6mz-t4hb'

const page = 'https://app.example.com'

const ACCOUNTS = {
  links: {
    activate: `${page}/activate/{uid}/{token}`,
    verify: `${page}/activate/{uid}/{token}`,
    changeEmail: `${page}/activate/{uid}/{token}`,
    resetPassword: `${page}/password/{uid}/{token}`,
    resetUsername: `${page}/username/{uid}/{token}`,
    resetEmail: `${page}/email/{uid}/{token}`,
  },
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** An instance with the preset, and ada, whose address is confirmed. */
async function program(
  t: TestContext,
  options: DjoserOptions = {},
  others: Options = {},
) {
  const here = testInstance({
    authentication: [bearer(), apiToken()],
    accounts: ACCOUNTS,
    url: page,
    codes: { resendAfter: 0 },
    endpoints: { signUp: false },
    presets: [djoser(options)],
    ...others,
  })
  const { auth, mail } = here
  t.after(() => auth.close())
  const userNamed = (username: string, more: object = {}) =>
    auth.users.create({
      username,
      password: PASSWORD,
      email: `${username}@example.org`,
      emailVerified: true,
      ...more,
    })
  const ada = await userNamed('ada')
  const send = async (
    method: string,
    path: string,
    body?: object,
    authorization?: string,
  ): Promise<Answer> => {
    const reply = await auth.handler(
      new Request(`http://test/auth${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
    const text = await reply.text()
    return { status: reply.status, body: JSON.parse(text || '{}') }
  }
  const post = (path: string, body: object = {}, authorization?: string) =>
    send('POST', path, body, authorization)
  const logIn = async (username = 'ada'): Promise<string> => {
    const { body } = await post('/token/login/', { username, password: PASSWORD })
    return `Token ${body.auth_token}`
  }
  /** The fields of the link in the last mail to an address. */
  const link = async (to: string) => {
    const letter = (await mail()).filter((each) => each.to === to).at(-1)
    const [, uid, token] =
      /example\.com\/\w+\/([\w-]+)\/([\w-]+)/.exec(letter?.text ?? '') ?? []
    assert.ok(uid && token, letter?.text)
    return { uid, token }
  }
  return { ...here, ada, userNamed, send, post, logIn, link }
}

const NEW = { username: 'bea', email: 'bea@example.org', password: PASSWORD }
const INVALID = { token: ['Invalid token for given user.'] }

test('DJ-02, 06, 07: a new user signs in after the link of the mail was opened, which works once', async (t) => {
  const { post, link } = await program(t)
  const login = { username: 'bea', password: PASSWORD }

  const created = await post('/users/', NEW)
  assert.equal(created.status, 201)
  assert.deepEqual(Object.keys(created.body).sort(), ['email', 'id', 'username'])
  assert.equal((await post('/token/login/', login)).status, 400)
  const fields = await link(NEW.email)
  assert.equal(Buffer.from(fields.uid, 'base64url').toString(), created.body.id)
  assert.equal((await post('/users/activation/', fields)).status, 204)
  assert.equal((await post('/token/login/', login)).status, 200)
  assert.deepEqual(await post('/users/activation/', fields), {
    status: 403,
    body: { detail: 'Stale token for given user.' },
  })
})

test('a sign-up with an address that is taken is answered as one with a free address', async (t) => {
  const { post, auth, mail } = await program(t)

  const free = await post('/users/', NEW)
  const taken = await post('/users/', {
    ...NEW,
    username: 'eve',
    email: 'ADA@example.org',
  })

  assert.equal(taken.status, free.status)
  assert.deepEqual(Object.keys(taken.body), Object.keys(free.body))
  assert.match(String(taken.body.id), /^[\da-f]{32}$/)
  assert.equal(await auth.users.find('eve'), undefined)
  assert.match((await mail()).at(-1)?.subject ?? '', /already have an account/)
})

test('DJ-08, 09: a link works for its own user and its own purpose', async (t) => {
  const { post, link, userNamed } = await program(t)
  const bob = await userNamed('bob')
  await post('/users/', NEW)
  const activation = await link(NEW.email)
  await post('/users/reset_password/', { email: 'ada@example.org' })
  const reset = await link('ada@example.org')
  const word = { new_password: ANOTHER }

  const anothers = { ...reset, uid: Buffer.from(bob.id).toString('base64url') }
  assert.deepEqual(
    (await post('/users/reset_password_confirm/', { ...anothers, ...word })).body,
    INVALID,
  )
  assert.deepEqual(
    (await post('/users/reset_password_confirm/', { ...activation, ...word })).body,
    INVALID,
  )
  assert.deepEqual((await post('/users/activation/', reset)).body, INVALID)
  const name = { ...reset, new_username: 'ada2' }
  assert.deepEqual((await post('/users/reset_username_confirm/', name)).body, INVALID)
  const garbage = await post('/users/activation/', { ...activation, uid: '***' })
  assert.deepEqual(garbage.body, { uid: ["Invalid user id or user doesn't exist."] })
  assert.equal(
    (await post('/users/reset_password_confirm/', { ...reset, ...word })).status,
    204,
  )
  assert.deepEqual(
    (await post('/users/reset_password_confirm/', { ...reset, ...word })).body,
    INVALID,
  )
})

test('of 20 simultaneous resets with one link exactly one succeeds', async (t) => {
  const { post, link } = await program(t)
  await post('/users/reset_password/', { email: 'ada@example.org' })
  const fields = { ...(await link('ada@example.org')), new_password: ANOTHER }

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post('/users/reset_password_confirm/', fields)),
  )

  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 204).length, 1, String(statuses))
  assert.equal(statuses.filter((status) => status === 400).length, 19, String(statuses))
})

test('DJ-22: a link for a new username works once, and a taken name does not cost it', async (t) => {
  const { post, link, userNamed, auth } = await program(t)
  await userNamed('bob')
  await post('/users/reset_username/', { email: 'ada@example.org' })
  const fields = await link('ada@example.org')
  const named = (new_username: string) =>
    post('/users/reset_username_confirm/', { ...fields, new_username })

  assert.deepEqual((await named('BOB')).body, {
    new_username: ['A user with that username already exists.'],
  })
  assert.equal((await named('lovelace')).status, 204)
  assert.deepEqual((await named('augusta')).body, INVALID)
  assert.equal((await auth.users.find('lovelace'))?.email, 'ada@example.org')
})

test('a user without a password gets another address by two links, each of which works once', async (t) => {
  const { post, link, userNamed, ada, auth } = await program(t)
  const bob = await userNamed('bob')
  const asked = await post('/users/reset_email/', { email: 'ada@example.org' })
  assert.equal(asked.status, 204)
  const unknown = await post('/users/reset_email/', { email: 'nobody@example.org' })
  assert.deepEqual(unknown, asked)
  const fields = await link('ada@example.org')
  const moved = (new_email: string, others = {}) =>
    post('/users/reset_email_confirm/', { ...fields, new_email, ...others })

  const foreign = { uid: Buffer.from(bob.id).toString('base64url') }
  assert.deepEqual((await moved('ada@example.com', foreign)).body, INVALID)
  assert.deepEqual((await moved('no address')).body, {
    new_email: ['Enter a valid email address.'],
  })
  assert.equal((await moved('ada@example.com')).status, 204)
  assert.deepEqual((await moved('eve@example.com')).body, INVALID)
  assert.equal((await auth.users.find({ id: ada.id }))?.email, 'ada@example.org')

  const activation = await link('ada@example.com')
  assert.equal((await post('/users/activation/', activation)).status, 204)
  assert.equal((await auth.users.find({ id: ada.id }))?.email, 'ada@example.com')
})

test('DJ-23: a new address is in force after the link there was opened, at users/activation/', async (t) => {
  const { send, post, logIn, link, auth, ada, mail } = await program(t)
  const authorization = await logIn()

  const asked = await send(
    'PATCH',
    '/users/me/',
    { email: 'new@example.org' },
    authorization,
  )
  assert.deepEqual([asked.status, asked.body.email], [200, 'ada@example.org'])
  assert.equal((await send('GET', '/users/me/', undefined, authorization)).status, 200)
  const sent = (await mail()).map(({ to }) => to)
  assert.deepEqual(sent, ['new@example.org', 'ada@example.org'])
  assert.equal(
    (await post('/users/activation/', await link('new@example.org'))).status,
    204,
  )
  const user = await auth.users.find({ id: ada.id })
  assert.equal(user?.email, 'new@example.org')
  assert.notEqual(user?.emailVerifiedAt, undefined)
})

test('hidden users, and those who do not exist, get one answer', async (t) => {
  const { send, logIn, userNamed } = await program(t)
  const bob = await userNamed('bob')
  const authorization = await logIn()
  const body = { current_password: PASSWORD }

  for (const [method, fields] of [['GET'], ['PATCH', {}], ['DELETE', body]] as const) {
    const hidden = await send(method, `/users/${bob.id}/`, fields, authorization)
    assert.deepEqual(hidden, { status: 404, body: { detail: 'Not found.' } }, method)
    assert.deepEqual(await send(method, '/users/nobody/', fields, authorization), hidden)
  }
})

test('staff may neither delete a superuser nor replace the address of one', async (t) => {
  const { send, logIn, userNamed, auth } = await program(t)
  const root = await userNamed('root', { staff: true, superuser: true })
  await userNamed('carol', { staff: true })
  const authorization = await logIn('carol')
  const path = `/users/${root.id}/`

  const current = { current_password: PASSWORD }
  assert.equal((await send('DELETE', path, current, authorization)).status, 403)
  const mine = { email: 'carol2@example.org' }
  assert.equal((await send('PATCH', path, mine, authorization)).status, 403)
  assert.equal((await auth.users.find('root'))?.email, 'root@example.org')
})

test('credentials that are limited to scopes reach no account', async (t) => {
  const { send, post, auth, ada } = await program(t)
  const { token } = await auth.apiTokens.create(ada.id, { scopes: ['notes'] })
  const authorization = `Token ${token}`
  const current = { current_password: PASSWORD }

  const answers = [
    await send('PATCH', '/users/me/', {}, authorization),
    await send('DELETE', '/users/me/', current, authorization),
    await post(
      '/users/set_password/',
      { ...current, new_password: ANOTHER },
      authorization,
    ),
    await post('/users/set_username/', { ...current, new_username: 'x' }, authorization),
    await post(
      '/users/set_email/',
      { ...current, new_email: 'x@example.org' },
      authorization,
    ),
    await post('/token/logout/', {}, authorization),
  ]

  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403, 403, 403, 403],
  )
})

test('DJ-12: signing out revokes the token of the sign-in, whichever credentials ask for it', async (t) => {
  const { send, post, logIn } = await program(t)
  const authorization = await logIn()
  const { body } = await post('/jwt/create/', { username: 'ada', password: PASSWORD })

  assert.equal((await post('/token/logout/', {}, `Bearer ${body.access}`)).status, 204)
  assert.equal((await send('GET', '/users/me/', undefined, authorization)).status, 401)
})

test('wrong current passwords are counted before they are hashed', async (t) => {
  const { post, logIn } = await program(t)
  const authorization = await logIn()
  const wrong = { current_password: 'wrong', new_username: 'lovelace' }

  for (let i = 0; i < 5; i++)
    assert.equal((await post('/users/set_username/', wrong, authorization)).status, 400)
  const right = { ...wrong, current_password: PASSWORD }
  assert.equal((await post('/users/set_username/', right, authorization)).status, 429)
})

test('messages, permissions, the shown user and repeated fields are as the options say', async (t) => {
  const { send, post, logIn } = await program(t, {
    messages: { invalidPassword: 'No.', passwordMismatch: 'Differ.' },
    permissions: { userCreate: isStaff },
    retype: ['setPassword'],
    user: ({ username }) => ({ name: username }),
  })
  const authorization = await logIn()
  const fields = { current_password: 'wrong', new_password: ANOTHER }

  assert.equal((await post('/users/', NEW)).status, 401)
  assert.deepEqual((await send('GET', '/users/me/', undefined, authorization)).body, {
    name: 'ada',
  })
  const differing = { ...fields, re_new_password: PASSWORD }
  assert.deepEqual((await post('/users/set_password/', differing, authorization)).body, {
    non_field_errors: ['Differ.'],
  })
  const same = { ...fields, re_new_password: ANOTHER }
  assert.deepEqual((await post('/users/set_password/', same, authorization)).body, {
    current_password: ['No.'],
  })
})

test('DJ-15: whether an address is known is told if the option says so, and else not', async (t) => {
  const unknown = { email: 'nobody@example.org' }
  const silent = await program(t)
  assert.equal((await silent.post('/users/reset_password/', unknown)).status, 204)
  const { post } = await program(t, { showEmailNotFound: true })

  const answer = await post('/users/reset_username/', unknown)

  assert.deepEqual(answer, {
    status: 400,
    body: ['User with given email does not exist.'],
  })
  assert.equal(
    (await post('/users/reset_username/', { email: 'ada@example.org' })).status,
    204,
  )
})

test('fields of the option user are set at the sign-up and by their users', async (t) => {
  const { send, post, logIn, link } = await program(t, {}, { user: { city: 'string?' } })

  const { body } = await post('/users/', { ...NEW, city: 'Lisboa' })
  assert.equal(body.city, 'Lisboa')
  await post('/users/activation/', await link(NEW.email))
  const changed = await send('PATCH', '/users/me/', { city: 'Porto' }, await logIn('bea'))
  assert.equal(changed.body.city, 'Porto')
})

for (const [what, options, message] of [
  ['accounts is missing', { accounts: false }, /^djoser\(\) needs the option accounts: /],
  ['mail is missing', { accounts: true }, /^djoser\(\) sends mails: set mail: /],
  [
    'mails have digits',
    { accounts: { form: 'digits' }, mail: () => {} },
    /^djoser\(\) mails links: /,
  ],
] as const) {
  test(`the start is refused if ${what}`, () => {
    assert.throws(
      () =>
        buildWatchword({
          database: 'sqlite::memory:',
          endpoints: { signUp: false },
          url: page,
          presets: [djoser()],
          ...options,
        }),
      (error) => error instanceof AuthError && message.test(error.message),
    )
  })
}

test('settings of Djoser get the name of ours', () => {
  assert.throws(() => djoser({ HIDE_USERS: false } as DjoserOptions), {
    message:
      'There is no option "djoser({ HIDE_USERS })". Use djoser({ hideUsers }) instead.',
  })
})

test('confirmationMail: an activated user gets a mail, and without it none', async (t) => {
  for (const confirmationMail of [true, false]) {
    const { post, link, mail } = await program(t, { confirmationMail })
    await post('/users/', NEW)
    const sent = (await mail()).length
    const { status } = await post('/users/activation/', await link(NEW.email))
    assert.equal(status, 204)
    const subjects = (await mail()).slice(sent).map(({ subject }) => subject)
    const expected = confirmationMail ? ['Your account at watchword is activated'] : []
    assert.deepEqual(subjects, expected)
  }
})
