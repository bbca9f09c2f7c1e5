import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, session } from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import { oidc } from '../../src/index.ts'
import { djoser, djRestAuth } from '../../src/presets/index.ts'
import type { SignInAttempt } from '../../src/sign-in/complete-sign-in.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { CLIENT, type FakeProvider, fakeProvider } from '../social/provider.ts'

const BACK = 'https://app.example.com/done'
const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

interface Gate extends AsyncDisposable {
  readonly auth: Watchword
  readonly provider: FakeProvider
  readonly asked: SignInAttempt[]
  readonly hooks: { readonly methods: readonly string[] }[]
  /** What the check answers from now on. */
  check: () => Promise<(() => AuthError) | undefined>
}

/** An instance with sue, whom `acme` signs in. */
async function gate(): Promise<Gate & { readonly id: string }> {
  const provider = await fakeProvider(() => Date.now() / 1000)
  const hooks: Gate['hooks'] = []
  const asked: SignInAttempt[] = []
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
    url: 'https://app.example.com',
    mail: () => {},
    accounts: { requireActivation: false },
    authentication: [bearer(), session()],
    social: { acme: oidc(provider.issuer, { ...CLIENT, redirectUris: [BACK] }) },
    presets: [
      djoser({ prefix: '/dj', social: true }),
      djRestAuth({ social: { acme: 'acme' } }),
    ],
    users: { updateLastLogin: true },
    on: { signedIn: (event) => void hooks.push(event) },
    signInChecks: [
      (_, attempt) => {
        // It is asked again once the session is opened.
        if (!asked.includes(attempt)) asked.push(attempt)
        return app.check()
      },
    ],
  })
  const { id } = await auth.users.create({ username: 'sue', email: SUE.email })
  await auth.identities.link(id, { provider: 'acme', subject: SUE.sub })
  const app: Gate & { readonly id: string } = {
    auth,
    provider,
    asked,
    hooks,
    id,
    check: async () => undefined,
    async [Symbol.asyncDispose]() {
      await auth.close()
      await provider[Symbol.asyncDispose]()
    },
  }
  return app
}

interface Sent {
  readonly body?: object
  readonly cookie?: string
}

const send = ({ auth }: Gate, method: string, path: string, { body, cookie }: Sent) =>
  auth.handler(
    new Request(`http://127.0.0.1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      ...(body && { body: JSON.stringify(body) }),
    }),
  )

/** Sue agrees. @returns the parameters that her browser comes back with, and its cookie */
async function agreed(app: Gate, path: string) {
  const begun = await send(app, 'GET', path, {})
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { authorization_url: url } =
    begun.status === 302
      ? { authorization_url: begun.headers.get('location') ?? '' }
      : ((await begun.json()) as { authorization_url: string })
  const { searchParams } = app.provider.agree(url, SUE)
  return { body: Object.fromEntries(searchParams), cookie }
}

const WITH_BACK = `?redirect_uri=${encodeURIComponent(BACK)}`

interface Way {
  readonly signIn: (app: Gate) => Promise<Response>
  /** The status of a sign-in that succeeds. Default: 200 */
  readonly done?: number
  /** Of one whose account is not active. Default: 401 */
  readonly refused?: number
}

const WAYS: Readonly<Record<string, Way>> = {
  socialSignIn: {
    async signIn(app) {
      const path = '/auth/social/acme/'
      return send(app, 'POST', path, await agreed(app, path + WITH_BACK))
    },
  },
  'social.callback': {
    async signIn(app) {
      const { body, cookie } = await agreed(app, '/auth/social/acme/')
      const path = `/auth/social/acme/callback/?${new URLSearchParams(body)}`
      return send(app, 'GET', path, { cookie })
    },
    done: 302,
  },
  'djoser.social': {
    async signIn(app) {
      return send(
        app,
        'POST',
        '/dj/o/acme/',
        await agreed(app, `/dj/o/acme/${WITH_BACK}`),
      )
    },
    done: 201,
  },
  'djRestAuth.social.acme': {
    async signIn(app) {
      const body = { id_token: app.provider.idToken(SUE) }
      return send(app, 'POST', '/dj-rest-auth/acme/', { body })
    },
    refused: 400,
  },
}

const SESSION_COOKIE = /sessionid|access|refresh/

async function nothingStarted(
  { auth, id, hooks }: Gate & { id: string },
  answer: Response,
) {
  const cookies = answer.headers.getSetCookie()
  assert.deepEqual(
    cookies.filter((each) => SESSION_COOKIE.test(each)),
    [],
  )
  assert.deepEqual(await auth.sessions.list(id), [])
  assert.deepEqual(await auth.apiTokens.list(id), [])
  assert.deepEqual(await auth.events.list({ kind: 'signed_in' }), [])
  assert.deepEqual(hooks, [])
  assert.equal((await auth.users.find({ id }))?.lastLoginAt, undefined)
}

for (const [name, { signIn, done = 200, refused = 401 }] of Object.entries(WAYS)) {
  test(`a check that stops a sign-in through ${name} leaves nothing behind`, async () => {
    await using app = await gate()
    const body = { code: 'mfa_required', ticket: 't-1', methods: ['otp'] }
    app.check = async () => () => new AuthError('mfa_required', undefined, { body })

    const answer = await signIn(app)

    assert.equal(answer.status, 403)
    assert.deepEqual(await answer.json(), body)
    await nothingStarted(app, answer)
  })

  test(`a sign-in through ${name} is asked for, recorded and passed to on.signedIn once, with its methods`, async () => {
    await using app = await gate()

    const answer = await signIn(app)

    assert.equal(answer.status, done)
    const { auth, id, asked, hooks } = app
    const events = await auth.events.list({ kind: 'signed_in' })
    const [started] = await auth.sessions.list(id)
    assert.deepEqual(
      events.map(({ userId, sessionId, detail }) => [userId, sessionId, detail.methods]),
      [[id, started?.id, ['social']]],
    )
    assert.deepEqual(
      asked.map(({ methods, starts }) => [methods, starts]),
      [[['social'], 'session']],
    )
    assert.deepEqual(
      hooks.map(({ methods }) => methods),
      [['social']],
    )
    assert.notEqual((await auth.users.find({ id }))?.lastLoginAt, undefined)
  })

  test(`an inactive account is refused through ${name} (UM-01)`, async () => {
    await using app = await gate()
    await app.auth.users.change(app.id, { active: false })

    const answer = await signIn(app)

    assert.equal(answer.status, refused, await answer.clone().text())
    assert.deepEqual(app.asked, [])
    await nothingStarted(app, answer)
    const [identity] = await app.auth.identities.list(app.id)
    assert.equal(identity?.lastUsedAt, undefined)
  })

  test(`if the check cannot know, no sign-in through ${name} succeeds`, async () => {
    await using app = await gate()
    app.check = () => Promise.reject(new AuthError('store_unavailable'))

    const answer = await signIn(app)

    assert.equal(answer.status, 503)
    await nothingStarted(app, answer)
  })
}
