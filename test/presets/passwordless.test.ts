import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { accessCookie, apiToken } from '../../src/authentication.ts'
import { issueCode } from '../../src/features/codes/issue.ts'
import type { CodePurpose } from '../../src/features/codes/purposes.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { lazily } from '../../src/instance/lazy-instance.ts'
import { type PasswordlessOptions, passwordless } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import {
  type StoreVerb,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'
import { watchword, watchwordOf } from '../../src/watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { sqliteStore } from '../stores/open.ts'
import { until } from '../time.ts'

const ADA = 'ada@example.org'
const PHONE = '+351912345678'
const WRONG = { status: 400, body: { token: ["The token you entered isn't valid."] } }
const SENT = {
  status: 200,
  body: { detail: 'A login token has been sent to your email.' },
}
const TEXTED = { status: 200, body: { detail: 'We texted you a login code.' } }

/** An instance with the preset, ada, and a client. */
async function setUp(
  t: TestContext,
  options: PasswordlessOptions = {},
  others: TestOptions = {},
) {
  const app = testInstance({
    authentication: [apiToken()],
    presets: [passwordless({ types: ['email', 'mobile'], ...options })],
    codes: { resendAfter: 0, perTarget: null, perClient: null },
    ...others,
  })
  const { auth } = app
  cleanUp(t, () => auth.close())
  const ada = await auth.users.create({ username: 'ada', email: ADA, phone: PHONE })
  const post = async (path: string, body: object, token?: string) => {
    const response = await auth.handler(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Token ${token}` }),
        },
        body: JSON.stringify(body),
      }),
    )
    // biome-ignore lint/suspicious/noExplicitAny: bodies are compared
    const answered: any = await response.json()
    return { status: response.status, body: answered }
  }
  const codeIn = (text = ''): string => /\b\d{6}\b/.exec(text)?.[0] ?? ''
  const mailedCode = async () => codeIn((await app.mail()).at(-1)?.text)
  const askForCode = async (email = ADA) => {
    assert.deepEqual(await post('/auth/email/', { email }), SENT)
    return mailedCode()
  }
  const redeem = (token: string, email = ADA) => post('/auth/token/', { email, token })
  return {
    ...app,
    ada,
    post,
    mailedCode,
    textedCode: async () => codeIn((await app.sms()).at(-1)?.text),
    askForCode,
    redeem,
    /** A key of the user. */
    signIn: async () => (await redeem(await askForCode())).body.token as string,
    /** The status of a request with a key to a guarded route. */
    userOf: async (token: string) => {
      const headers = { authorization: `Token ${token}` }
      return (await auth.require(new Request('http://localhost/', { headers }))).user
    },
  }
}

/** Digits that are not these. */
const otherThan = (code: string, n = 1): string =>
  String((Number(code) + n) % 1_000_000).padStart(6, '0')

test('a mailed code is exchanged once for the API token of the user, the same at each sign-in', async (t) => {
  const { auth, ada, askForCode, redeem, userOf } = await setUp(t)
  const code = await askForCode()

  const { status, body } = await redeem(code)

  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), ['token'])
  assert.match(body.token, /^[0-9a-f]{40}$/)
  assert.equal((await userOf(body.token)).id, ada.id)
  assert.deepEqual(await redeem(code), WRONG)
  assert.deepEqual((await redeem(await askForCode())).body, body)
  const events = await auth.events.list({ kind: 'signed_in' })
  assert.deepEqual(
    events.map(({ detail }) => detail.methods),
    [['link'], ['link']],
  )
})

test('a texted code signs in for its number, and verifies it', async (t) => {
  const { auth, ada, post, textedCode, mail } = await setUp(t)
  assert.deepEqual(await post('/auth/mobile/', { mobile: PHONE }), TEXTED)
  const token = await textedCode()
  assert.deepEqual(await post('/auth/token/', { email: ADA, token }), WRONG)

  assert.equal((await post('/auth/token/', { mobile: PHONE, token })).status, 200)

  const user = await auth.users.find({ id: ada.id })
  assert.notEqual(user?.phoneVerifiedAt, undefined)
  assert.equal(user?.emailVerifiedAt, undefined)
  assert.deepEqual(await mail(), [])
})

for (const [what, email] of [
  ['a user', ADA],
  ['an address that had no account', 'new@example.org'],
] as const)
  test(`of 50 concurrent redemptions of a code of ${what} one signs in`, async (t) => {
    const { auth, askForCode, redeem } = await setUp(t)
    const code = await askForCode(email)

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => redeem(code, email)),
    )

    const right = answers.filter(({ status }) => status === 200)
    assert.equal(right.length, 1)
    for (const answer of answers)
      if (answer.status !== 200) assert.ok([400, 429].includes(answer.status))
    const events = await auth.events.list({ kind: 'signed_in' })
    assert.equal(events.length, 1)
    const user = await auth.users.find({ email })
    assert.equal(events[0]?.userId, user?.id)
  })

test('an account is created when the code is redeemed, and its address is verified', async (t) => {
  const { auth, post, askForCode, redeem, textedCode, userOf } = await setUp(t)
  const code = await askForCode('New@Example.org')
  assert.equal(await auth.users.find({ email: 'new@example.org' }), undefined)

  const { body } = await redeem(code, 'new@example.org')

  const user = await userOf(body.token)
  assert.equal(user.email, 'New@example.org')
  assert.match(user.username, /^[0-9a-f]{32}$/)
  assert.notEqual((await auth.users.find({ id: user.id }))?.emailVerifiedAt, undefined)
  const [created] = await auth.events.list({ kind: 'user_created', userId: user.id })
  assert.equal(created?.detail.by, 'sign-up')

  const mobile = '+351911111111'
  await post('/auth/mobile/', { mobile })
  const texted = await post('/auth/token/', { mobile, token: await textedCode() })
  const byPhone = await auth.users.find({
    id: (await userOf(texted.body.token)).id,
  })
  assert.equal(byPhone?.phone, mobile)
  assert.notEqual(byPhone?.phoneVerifiedAt, undefined)
})

test('a code for an address that somebody else has got by now creates no account, and signs nobody in', async (t) => {
  const { auth, askForCode, redeem } = await setUp(t)
  const email = 'new@example.org'
  const code = await askForCode(email)
  const { id } = await auth.users.create({ username: 'eve', email })

  assert.deepEqual(await redeem(code, email), WRONG)
  assert.deepEqual(await auth.apiTokens.list(id), [])
  assert.equal((await auth.users.find({ id }))?.emailVerifiedAt, undefined)
})

const STORE_VERBS = Object.entries(sqliteStore({ file: ':memory:' }).ports)
  .flatMap(([port, verbs]) => Object.keys(verbs).map((verb) => `${port}.${verb}`))
  .filter((verb) => verb !== 'users.version') as StoreVerb[]

for (const register of [true, false])
  test(`unknown, inactive and known addresses have the same answers after the same work (register: ${register})`, async (t) => {
    const { auth, post, redeem, mail, sms, faults, mailedCode } = await setUp(t, {
      register,
    })
    const gone = 'gone@example.org'
    const goneNumber = '+351913333333'
    await auth.users.create({
      username: 'gone',
      email: gone,
      phone: goneNumber,
      active: false,
    })
    const emails = [ADA, 'nobody@example.org', gone]
    const mobiles = [PHONE, '+351914444444', goneNumber]

    for (const email of emails)
      assert.deepEqual(await post('/auth/email/', { email }), SENT)
    for (const mobile of mobiles)
      assert.deepEqual(await post('/auth/mobile/', { mobile }), TEXTED)
    const sent = register ? 2 : 1
    assert.deepEqual([(await mail()).length, (await sms()).length], [sent, sent])
    const code = otherThan(await mailedCode())
    for (const email of emails) assert.deepEqual(await redeem(code, email), WRONG)

    const needed: string[] = []
    for (const verb of STORE_VERBS) {
      faults.fail(verb)
      const answers = []
      for (const email of emails) answers.push(await post('/auth/email/', { email }))
      for (const email of emails) answers.push(await redeem('1', email))
      faults.clear()
      const [known, unknown, inactive] = answers
      assert.deepEqual([unknown, inactive], [known, known], verb)
      if (known?.status === 503) needed.push(verb)
    }
    assert.ok(
      needed.includes('codes.issue') && needed.includes('users.read'),
      `${needed}`,
    )
  })

test('five wrong codes void the right one, and ten an hour are the limit of an address', async (t) => {
  const { askForCode, redeem, post } = await setUp(t)
  const code = await askForCode()
  for (let n = 1; n <= 5; n++) assert.deepEqual(await redeem(otherThan(code, n)), WRONG)
  assert.deepEqual(await redeem(code), WRONG)

  const statuses: number[] = []
  const second = await askForCode()
  for (let n = 1; n <= 6; n++) statuses.push((await redeem(otherThan(second, n))).status)
  assert.deepEqual(statuses, [400, 400, 400, 400, 429, 429])
  assert.equal((await post('/auth/token/', { mobile: PHONE, token: code })).status, 400)
})

test('a sixth code in an hour, or a second one in 30 seconds, is a 429 and is not sent', async (t) => {
  const { auth, clock, mail, post } = await setUp(t, {}, { codes: {} })
  const status = async (email: string) => (await post('/auth/email/', { email })).status
  for (const email of [ADA, 'nobody@example.org']) {
    const before = (await mail()).length
    assert.deepEqual([await status(email), await status(email)], [200, 429])
    for (let n = 2; n <= 5; n++) {
      clock.advance(31)
      assert.equal(await status(email), 200)
    }
    clock.advance(31)
    assert.equal(await status(email), 429)
    assert.equal((await mail()).length - before, 5)
  }
  assert.equal((await auth.events.list({ kind: 'code_issued' })).length, 5)
})

test('a code works for its lifetime, and until the user changes', async (t) => {
  const { auth, ada, clock, askForCode, redeem } = await setUp(t, { lifetime: '2m' })
  const late = await askForCode()
  clock.advance(121)
  assert.deepEqual(await redeem(late), WRONG)

  const voided = await askForCode()
  await auth.users.change(ada.id, { email: 'moved@example.org' })
  assert.deepEqual(await redeem(voided), WRONG)
  assert.deepEqual(await redeem(voided, 'moved@example.org'), WRONG)

  const before = await askForCode('moved@example.org')
  await auth.users.change(ada.id, { active: false })
  assert.deepEqual(await redeem(before, 'moved@example.org'), WRONG)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
})

test('a code signs in a user who has a password, which stays', async (t) => {
  const { auth, signIn } = await setUp(t)
  const password = 'qhr4-7mzt-w2pd-x9kc'
  const ada = await auth.users.find('ada')
  await auth.users.setPassword(ada?.id ?? '', password)

  await signIn()

  assert.ok(await auth.users.checkPassword(ada?.id ?? '', password))
})

test('a user verifies the own address or number, once, and no other', async (t) => {
  const { auth, ada, post, signIn, mailedCode, textedCode } = await setUp(t)
  const key = await signIn()
  await auth.users.change(ada.id, { emailVerified: false })
  const bob = await auth.users.create({ username: 'bob', email: 'bob@example.org' })
  const { token: his } = await auth.apiTokens.create(bob.id)
  assert.deepEqual(await post('/auth/verify/email/', {}, key), {
    status: 200,
    body: { detail: 'A verification token has been sent to your email.' },
  })
  const proof = { email: 'ADA@example.org', token: await mailedCode() }

  const notHis = { non_field_errors: ['We could not verify this alias.'] }
  assert.deepEqual((await post('/auth/verify/', proof, his)).body, notHis)
  assert.equal((await post('/auth/verify/', proof)).status, 401)
  assert.deepEqual(await post('/auth/token/', proof), WRONG)
  const verified = { status: 200, body: { detail: 'Alias verified.' } }
  assert.deepEqual(await post('/auth/verify/', proof, key), verified)
  assert.deepEqual(await post('/auth/verify/', proof, key), WRONG)

  assert.equal((await post('/auth/verify/mobile/', {}, key)).status, 200)
  const texted = { mobile: PHONE, token: await textedCode() }
  assert.deepEqual(await post('/auth/verify/', texted, key), verified)
  const user = await auth.users.find({ id: ada.id })
  assert.notEqual(user?.emailVerifiedAt, undefined)
  assert.notEqual(user?.phoneVerifiedAt, undefined)
  assert.equal((await auth.users.find({ id: bob.id }))?.emailVerifiedAt, undefined)
  for (const kind of ['email_verified', 'phone_verified'] as const)
    await until(
      async () => (await auth.events.list({ kind, userId: ada.id })).length === 1,
    )
})

test('a token that is limited to scopes verifies nothing', async (t) => {
  const { auth, ada, post } = await setUp(t)
  const { token } = await auth.apiTokens.create(ada.id, { scopes: ['posts.read'] })

  assert.equal((await post('/auth/verify/email/', {}, token)).status, 403)
  const proof = { email: ADA, token: '123456' }
  assert.equal((await post('/auth/verify/', proof, token)).status, 403)
})

test("issues: a refresh token and an access token, a token of one's own, or none", async (t) => {
  const pair = await setUp(t, { issues: 'pair' })
  const { status, body } = await pair.redeem(await pair.askForCode())
  assert.deepEqual([status, Object.keys(body)], [200, ['refresh', 'access']])
  assert.equal((await pair.auth.sessions.list(pair.ada.id)).length, 1)

  const own = await setUp(t, {
    issues: ({ user }) => `own-${user.username}`,
    response: ({ token }, { user, request }) =>
      Response.json({ key: token, id: user.id, by: request.method }, { status: 201 }),
  })
  assert.deepEqual(await own.redeem(await own.askForCode()), {
    status: 201,
    body: { key: 'own-ada', id: own.ada.id, by: 'POST' },
  })

  const none = await setUp(t, { issues: () => undefined })
  assert.deepEqual(await none.redeem(await none.askForCode()), {
    status: 400,
    body: { detail: "Couldn't log you in. Try again later." },
  })
  assert.deepEqual(await none.auth.events.list({ kind: 'signed_in' }), [])
})

test('a pair in cookies is not in the body, and a page of another site can neither sign in nor use the code up', async (t) => {
  const { auth, askForCode } = await setUp(
    t,
    { issues: 'pair' },
    { authentication: [apiToken(), accessCookie()], tokens: { transport: 'cookie' } },
  )
  const token = await askForCode()
  const send = (headers: Record<string, string>) =>
    auth.handler(
      new Request('https://localhost/auth/token/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ email: ADA, token }),
      }),
    )
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  assert.equal((await send(evil)).status, 403)

  const response = await send({
    origin: 'https://localhost',
    'sec-fetch-site': 'same-origin',
  })

  assert.equal(response.status, 200)
  const body = await response.json()
  assert.ok(!JSON.stringify(body).includes('eyJ'), JSON.stringify(body))
  const cookies = response.headers.getSetCookie().join()
  assert.match(cookies, /access=eyJ.*refresh=eyJ/s)
})

test('prefixes and types decide which paths there are', async (t) => {
  const { auth } = await setUp(t, {
    prefix: '/door',
    verifyPrefix: '/proof',
    types: ['mobile'],
  })
  const statuses = await Promise.all(
    [
      '/door/email/',
      '/door/mobile/',
      '/door/token/',
      '/proof/email/',
      '/proof/mobile/',
      '/proof/',
      '/door/verify/',
    ].map(async (path) => {
      const init = { method: 'POST', body: new URLSearchParams() }
      const { status } = await auth.handler(new Request(`http://localhost${path}`, init))
      return status
    }),
  )
  assert.deepEqual(statuses, [404, 400, 400, 404, 401, 401, 404])
})

for (const [options, message] of [
  [{ types: [] }, /^passwordless\(\{ types \}\) /],
  [{ types: ['sms'] }, /^passwordless\(\{ types/],
  [{ lifetime: '2h' }, /^passwordless\(\{ lifetime \}\) must be from 30 to 3600 seconds/],
  [
    { issues: 'jwt' },
    /^passwordless\(\{ issues \}\) must be "apiToken", "pair" or a function/,
  ],
  [{ lifetme: '5m' }, /lifetime/],
  [{ PASSWORDLESS_TOKEN_EXPIRE_TIME: 900 }, /Use passwordless\(\{ lifetime \}\) instead/],
  [
    { PASSWORDLESS_DEMO_USERS: { 1: '123456' } },
    /Use passwordless\(\{ demoUsers \}\) instead/,
  ],
  [{ demoUsers: { 'a@example.org': '12' } }, /must be a code of 6 to 8 digits/],
] as const)
  test(`passwordless() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => passwordless(options as PasswordlessOptions), {
      code: 'invalid_config',
      message,
    })
  })

for (const [options, others, message] of [
  [{}, {}, /types: \["email"\] \}\) sends mails: set mail/],
  [{ types: ['mobile'] }, {}, /sends text messages: set sms/],
  [
    {},
    { mail: () => {}, url: 'https://app.example.com', accounts: { signUp: 'off' } },
    /accounts\.signUp is "off": set register to false/,
  ],
] as const)
  test(`an instance does not start: ${message}`, () => {
    assert.throws(
      () =>
        watchword({
          database: 'sqlite::memory:',
          presets: [passwordless(options as PasswordlessOptions)],
          ...(others as Options),
        }),
      { code: 'invalid_config', message },
    )
  })

test('a code that belongs to nobody, because nothing was sent, signs nobody up and verifies nothing', async (t) => {
  const settings = parseSettings(
    {
      database: 'sqlite::memory:',
      secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
      authentication: [apiToken()],
      presets: [passwordless()],
      mail: () => {},
      log: () => {},
    },
    {},
  )
  const instance = lazily(() => openInstance(settings, {}))
  const auth = watchwordOf(settings, instance)
  cleanUp(t, () => auth.close())
  const { core } = await instance.open()
  const { id } = await auth.users.create({ username: 'ada', email: ADA })
  const { token: key } = await auth.apiTokens.create(id)
  const post = async (path: string, body: object) => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Token ${key}`,
    }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await auth.handler(new Request(`http://localhost${path}`, init))).status
  }
  const target = 'new@example.org'
  const codeFor = (purpose: CodePurpose, email: string) =>
    issueCode({ purpose, form: 'digits', target: email, payload: { email } }, core)

  const signIn = await codeFor('sign_in', target)
  const body = { email: target, token: signIn.secret }
  assert.equal(await post('/auth/token/', body), 400)
  const proof = await codeFor('verify_email', ADA)
  assert.equal(await post('/auth/verify/', { email: ADA, token: proof.secret }), 400)

  assert.equal((await auth.events.list({ kind: 'code_redeemed' })).length, 2)
  assert.equal(await auth.users.find({ email: target }), undefined)
  assert.equal((await auth.users.find({ id }))?.emailVerifiedAt, undefined)
})

const DEMO = { email: ADA, token: '123456' }
const DEMONSTRATION = { demoUsers: { [ADA]: '123456' }, demoUsersInProduction: true }

test('a user of a demonstration signs in with a code that never changes, and goes through the same checks', async (t) => {
  const { auth, ada, post } = await setUp(t, DEMONSTRATION)
  for (let i = 0; i < 2; i++) assert.equal((await post('/auth/token/', DEMO)).status, 200)
  const upper = { ...DEMO, email: ADA.toUpperCase() }
  assert.equal((await post('/auth/token/', upper)).status, 200)
  const other = { email: 'bob@example.org', token: '123456' }
  assert.deepEqual(await post('/auth/token/', other), WRONG)
  await auth.users.change(ada.id, { active: false })
  assert.deepEqual(await post('/auth/token/', DEMO), WRONG)
})

test('wrong codes of a demonstration are limited', async (t) => {
  const { post } = await setUp(t, DEMONSTRATION)
  for (let i = 0; i < 10; i++)
    assert.deepEqual(await post('/auth/token/', { ...DEMO, token: '000000' }), WRONG)
  assert.equal((await post('/auth/token/', DEMO)).status, 429)
})

test('without demoUsersInProduction the codes are right for requests of this machine alone', async (t) => {
  const { auth } = await setUp(t, { demoUsers: { [ADA]: '123456' } })
  const from = (address: string, headers: Readonly<Record<string, string>> = {}) =>
    auth.handler(
      new Request('http://localhost/auth/token/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(DEMO),
      }),
      { address },
    )
  assert.equal((await from('127.0.0.1')).status, 200)
  assert.equal((await from('192.0.2.7')).status, 400)
  const forwarded = { 'x-forwarded-for': '192.0.2.7' }
  assert.equal((await from('127.0.0.1', forwarded)).status, 400)
})

test('an instance in production does not start with users of a demonstration', async (t) => {
  const demoUsers = { [ADA]: '123456' }
  const open = (options: PasswordlessOptions, others: TestOptions) =>
    setUp(t, { ...options, demoUsers }, others)
  await assert.rejects(open({}, { proxies: 1 }), {
    code: 'invalid_config',
    message: /leave demoUsers out, or add demoUsersInProduction: true/,
  })
  await open({ demoUsersInProduction: true }, { proxies: 1 })
  const { NODE_ENV } = process.env
  t.after(() => restore(NODE_ENV))
  process.env.NODE_ENV = 'production'
  const start = () =>
    watchword({
      authentication: [apiToken()],
      mail: async () => {},
      presets: [passwordless({ demoUsers })],
    })
  assert.throws(start, /leave demoUsers out/)
})

function restore(value: string | undefined): void {
  if (value === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = value
}
