import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, basic, bearer, session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { Mail } from '../../src/features/mail/message.ts'
import { FEATURE_LIST } from '../../src/features.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { djoser, djRestAuth, knox, passwordless } from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import type { SignInAttempt } from '../../src/sign-in/complete-sign-in.ts'
import type { UserId } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { until } from '../time.ts'

const SECRET = 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const CREDENTIALS = { username: 'ada', password: PASSWORD }

const PRESETS = [
  knox({ credentials: 'body' }),
  djRestAuth({ passwordReset: false }),
  djoser({ prefix: '/dj' }),
]

/** What `djoser()` needs. */
const ACCOUNTS = {
  accounts: { requireActivation: false },
  mail: () => {},
  url: 'https://app.example.com',
} as const

/** The endpoints that sign in with a password, by the names of the features and presets. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  obtain: '/api/token/',
  slidingObtain: '/api/token/sliding/',
  login: '/auth/login/',
  apiToken: '/api-token-auth/',
  'knox.login': '/knox/login/',
  'djRestAuth.login': '/dj-rest-auth/login/',
  'djoser.tokenLogin': '/dj/token/login/',
  'djoser.jwtCreate': '/dj/jwt/create/',
}

/** One that signs in with a mailed code. */
const REDEEM_CODE = { name: 'redeemCode', path: '/auth/code/redeem/' }

/** The same of a preset, which starts no session. */
const PASSWORDLESS = passwordless({ prefix: '/passwordless' })

/** Second steps, which the first has stopped: test/second-factors. */
const SECOND_STEPS = [
  'secondFactor',
  'enrollTotpConfirm',
  'secondFactorPasskey',
  'enrollPasskey',
]

/** One that needs an authenticator: test/passkeys. */
const PASSKEY = 'passkeySignIn'

/** Those that need a provider: gate-of-social.test.ts. */
const SOCIAL = ['socialSignIn', 'djoser.social', 'djRestAuth.social.acme']

const SOCIAL_PRESETS = [
  djRestAuth({ social: { acme: 'acme' } }),
  djoser({ social: true }),
]

/** The paths of those that start no session. */
const STARTS_TOKEN = ['/api-token-auth/', '/knox/login/', '/dj/token/login/']

interface Gate extends AsyncDisposable {
  readonly auth: Watchword
  /** What the check was asked. */
  readonly asked: SignInAttempt[]
  /** Switches the check on. */
  stop(): void
  /** How many errors it has made. */
  tickets(): number
  readonly hooks: { readonly methods: readonly string[] }[]
}

function gate(options: Options = {}): Gate {
  const asked: SignInAttempt[] = []
  const hooks: Gate['hooks'] = []
  let isStopping = false
  let tickets = 0
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: SECRET,
    authentication: [bearer(), session(), apiToken(), basic()],
    endpoints: { slidingObtain: true },
    presets: PRESETS,
    ...ACCOUNTS,
    on: { signedIn: (event) => void hooks.push(event) },
    ...options,
    signInChecks: [
      (_, attempt) => {
        // It is asked again once the session is opened.
        if (!asked.includes(attempt)) asked.push(attempt)
        if (!isStopping) return undefined
        return () => {
          const body = {
            code: 'mfa_required',
            ticket: `t-${++tickets}`,
            methods: ['otp'],
          }
          return new AuthError('mfa_required', undefined, { body })
        }
      },
    ],
  })
  return {
    auth,
    asked,
    hooks,
    tickets: () => tickets,
    stop() {
      isStopping = true
    },
    [Symbol.asyncDispose]: () => auth.close(),
  }
}

const post = (auth: Watchword, path: string, body: object = CREDENTIALS) =>
  auth.handler(
    new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )

const withBasic = ({ username, password } = CREDENTIALS): Request =>
  new Request('http://localhost/', {
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
  })

async function errorOf(work: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason) => reason,
  )
  assert.ok(error instanceof AuthError)
  return error
}

test('every endpoint that signs in is among those that are tested here', () => {
  const ofFeatures = FEATURE_LIST.flatMap(({ endpoints = {} }) =>
    Object.entries(endpoints),
  )
  const ofPresets = [...PRESETS, PASSWORDLESS, ...SOCIAL_PRESETS].flatMap(
    ({ name, endpoints }) =>
      Object.entries(endpoints).map(([key, each]) => [`${name}.${key}`, each] as const),
  )
  const signingIn = [...ofFeatures, ...ofPresets]
    .filter(([, { span }]) => span === 'watchword.sign_in')
    .map(([name]) => name)

  const tested = [
    ...Object.keys(ENDPOINTS),
    REDEEM_CODE.name,
    'passwordless.token',
    ...SECOND_STEPS,
    PASSKEY,
    ...SOCIAL,
  ]
  assert.deepEqual([...new Set(signingIn)].toSorted(), tested.toSorted())
})

for (const path of Object.values(ENDPOINTS)) {
  test(`a check that stops a sign-in at ${path} leaves nothing behind`, async () => {
    await using app = gate({ users: { updateLastLogin: true } })
    const { auth } = app
    const { id } = await auth.users.create(CREDENTIALS)
    app.stop()

    const response = await post(auth, path)

    assert.equal(response.status, 403)
    assert.deepEqual(await response.json(), {
      code: 'mfa_required',
      ticket: 't-1',
      methods: ['otp'],
    })
    assert.deepEqual(response.headers.getSetCookie(), [])
    assert.deepEqual(await auth.sessions.list(id), [])
    assert.deepEqual(await auth.apiTokens.list(id), [])
    assert.deepEqual(await auth.events.list({ kind: 'signed_in' }), [])
    assert.deepEqual(app.hooks, [])
    assert.equal((await auth.users.find({ id }))?.lastLoginAt, undefined)
  })

  test(`a wrong password at ${path} does not reach the check`, async () => {
    await using app = gate()
    await app.auth.users.create(CREDENTIALS)
    app.stop()
    const wrong = { username: 'ada', password: 'wrong' }
    const statuses = [400, 401]

    assert.ok(statuses.includes((await post(app.auth, path, wrong)).status))
    assert.deepEqual(app.asked, [])
  })

  test(`a sign-in at ${path} is recorded and passed to on.signedIn once, with its methods`, async () => {
    await using app = gate()
    const { auth } = app
    const { id } = await auth.users.create(CREDENTIALS)

    assert.equal((await post(auth, path)).status, 200)

    const events = await auth.events.list({ kind: 'signed_in' })
    const [session] = await auth.sessions.list(id)
    assert.deepEqual(
      events.map(({ userId, sessionId }) => [userId, sessionId]),
      [[id, session?.id]],
    )
    assert.deepEqual(events[0]?.detail.methods, ['pwd'])
    assert.deepEqual(
      app.hooks.map(({ methods }) => methods),
      [['pwd']],
    )
    const starts = STARTS_TOKEN.includes(path) ? 'api token' : 'session'
    assert.deepEqual(
      app.asked.map((attempt) => [attempt.methods, attempt.starts]),
      [[['pwd'], starts]],
    )
    assert.equal(app.asked[0]?.request?.url, path)
  })

  test(`an inactive account and one that the rule refuses are rejected at ${path} as a wrong password is`, async () => {
    await using app = gate({ users: { rule: (user) => user?.staff === false } })
    const { auth } = app
    const { id } = await auth.users.create({ ...CREDENTIALS, active: false })
    await auth.users.create({ ...CREDENTIALS, username: 'eve', staff: true })
    await auth.users.create({ ...CREDENTIALS, username: 'bob' })
    const answers: (readonly [number, string])[] = []
    for (const username of ['eve', 'nobody']) {
      const response = await post(auth, path, { ...CREDENTIALS, username })
      answers.push([response.status, await response.text()])
    }
    const wrong = await post(auth, path, { username: 'bob', password: 'wrong' })

    for (const answer of answers)
      assert.deepEqual(answer, [wrong.status, await wrong.clone().text()])
    assert.deepEqual(await auth.sessions.list(id), [])
  })
}

test('a check stops a sign-in with a mailed link, which is used up then', async () => {
  const mails: Mail[] = []
  await using app = gate({
    url: 'https://app.example.com',
    accounts: { signInCodes: true, requireActivation: false },
    mail: (mail: Mail) => void mails.push(mail),
    codes: { resendAfter: 0 },
  })
  const { auth } = app
  const email = 'ada@example.org'
  const { id } = await auth.users.create({ ...CREDENTIALS, email })
  const mailedToken = async (nth: number): Promise<string> => {
    assert.equal((await post(auth, '/auth/code/', { email })).status, 202)
    await until(() => mails.length === nth)
    return /token=([\w-]+)/.exec(mails.at(-1)?.text ?? '')?.[1] ?? ''
  }
  const redeem = (token: string) => post(auth, REDEEM_CODE.path, { token })

  assert.equal((await redeem(await mailedToken(1))).status, 200)
  assert.deepEqual(app.asked.at(-1)?.methods, ['link'])
  app.stop()
  const token = await mailedToken(2)
  assert.equal((await redeem(token)).status, 403)
  assert.equal((await redeem(token)).status, 400)
  assert.equal((await auth.sessions.list(id)).length, 1)
  assert.equal((await auth.events.list({ kind: 'signed_in' })).length, 1)
})

test('a check stops a sign-in of passwordless(), whose code is used up then', async () => {
  const mails: Mail[] = []
  await using app = gate({
    presets: [PASSWORDLESS],
    mail: (mail: Mail) => void mails.push(mail),
    codes: { resendAfter: 0 },
    users: { updateLastLogin: true },
  })
  const { auth } = app
  const email = 'ada@example.org'
  const { id } = await auth.users.create({ username: 'ada', email })
  app.stop()
  assert.equal((await post(auth, '/passwordless/email/', { email })).status, 200)
  await until(() => mails.length === 1)
  const token = /\b\d{6}\b/.exec(mails[0]?.text ?? '')?.[0] ?? ''
  const redeem = () => post(auth, '/passwordless/token/', { email, token })

  const response = await redeem()

  assert.equal(response.status, 403)
  assert.deepEqual(await response.json(), {
    code: 'mfa_required',
    ticket: 't-1',
    methods: ['otp'],
  })
  assert.deepEqual(
    app.asked.map(({ methods, starts }) => [methods, starts]),
    [[['link'], 'api token']],
  )
  assert.equal((await redeem()).status, 400)
  assert.deepEqual(await auth.apiTokens.list(id), [])
  assert.deepEqual(await auth.events.list({ kind: 'signed_in' }), [])
  assert.equal((await auth.users.find({ id }))?.lastLoginAt, undefined)
})

test('without stored sessions a sign-in is recorded once, too', async () => {
  await using app = gate({
    tokens: { sessions: false },
    authentication: [bearer()],
    presets: [],
  })
  const { id } = await app.auth.users.create(CREDENTIALS)

  assert.equal((await post(app.auth, '/api/token/')).status, 200)

  const events = await app.auth.events.list({ kind: 'signed_in' })
  assert.deepEqual(
    events.map(({ userId, detail }) => [userId, detail]),
    [[id, { methods: ['pwd'] }]],
  )
})

test('Basic credentials of an account that a check stops get the answer of wrong ones, and no ticket', async () => {
  await using app = gate()
  const { auth } = app
  await auth.users.create(CREDENTIALS)
  assert.equal((await auth.require(withBasic())).user.username, 'ada')
  app.stop()
  const answerTo = async (request: Request) => {
    const response = (await errorOf(auth.require(request))).toResponse()
    return [response.status, [...response.headers], await response.text()]
  }

  const wrong = await answerTo(withBasic({ username: 'ada', password: 'wrong' }))
  assert.deepEqual(await answerTo(withBasic()), wrong)
  assert.equal(app.tickets(), 0)
  assert.deepEqual(app.asked.at(-1)?.starts, 'nothing')
  const failures = await auth.events.list({ kind: 'sign_in_failed' })
  assert.equal(failures.length, 2)
})

test('Basic credentials that a check stops count as failures of the throttle', async () => {
  await using app = gate({ throttle: { login: '2/hour' } })
  await app.auth.users.create(CREDENTIALS)
  app.stop()
  const status = async () => (await errorOf(app.auth.require(withBasic()))).status

  assert.deepEqual([await status(), await status(), await status()], [401, 401, 429])
})

test('a check that stops sign-ins stops neither API tokens nor sessions that exist', async () => {
  await using app = gate()
  const { auth } = app
  const { id } = await auth.users.create(CREDENTIALS)
  const { token } = await auth.apiTokens.create(id)
  const { access, refresh } = await auth.signIn(id)
  app.stop()

  for (const authorization of [`Token ${token}`, `Bearer ${access}`]) {
    const request = new Request('http://localhost/', { headers: { authorization } })
    assert.equal((await auth.require(request)).user.username, 'ada')
  }
  assert.equal((await post(auth, '/api/token/refresh/', { refresh })).status, 200)
})

test('a check stops auth.signIn, whose error is the answer', async () => {
  await using app = gate()
  const { auth } = app
  const { id } = await auth.users.create(CREDENTIALS)
  await auth.signIn(id)
  assert.deepEqual(
    app.hooks.map(({ methods }) => methods),
    [[]],
  )
  app.stop()

  assert.equal((await errorOf(auth.signIn(id))).toResponse().status, 403)
  assert.equal((await auth.sessions.list(id)).length, 1)
})

test('an account that may not sign in is refused however it has proved who it is', async () => {
  const open = (rule?: (user: { staff: boolean } | undefined) => boolean) =>
    openInstance(
      parseSettings(
        {
          database: 'sqlite::memory:',
          secret: SECRET,
          log: () => {},
          users: rule ? { rule } : {},
        },
        {},
      ),
    )
  for (const rule of [undefined, (user?: { staff: boolean }) => user?.staff === true]) {
    const { core, deps, close } = await open(rule)
    try {
      const { id } = await deps.createUser('ada')
      if (rule === undefined) await core.users.change(id as UserId, { active: false })
      const account = await core.users.find('id', id)
      assert.ok(account)
      const options = { methods: ['link'], request: undefined }
      await assert.rejects(core.completeSignIn(account, options), {
        code: 'no_active_account',
      })
    } finally {
      await close()
    }
  }
})

test('if the check cannot know, no way of signing in succeeds', async () => {
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: SECRET,
    authentication: [bearer(), session(), apiToken(), basic()],
    endpoints: { slidingObtain: true },
    presets: PRESETS,
    ...ACCOUNTS,
    signInChecks: [() => Promise.reject(new AuthError('store_unavailable'))],
  })
  try {
    const { id } = await auth.users.create(CREDENTIALS)
    for (const path of Object.values(ENDPOINTS))
      assert.equal((await post(auth, path)).status, 503, path)
    await assert.rejects(auth.require(withBasic()), { code: 'store_unavailable' })
    await assert.rejects(auth.signIn(id), { code: 'store_unavailable' })
    assert.deepEqual(await auth.sessions.list(id), [])
  } finally {
    await auth.close()
  }
})
