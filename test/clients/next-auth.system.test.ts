import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClock } from '../../src/testing/clock.ts'
import { ADA, startBackEnd } from './back-end.ts'
import {
  authCore,
  type Config,
  type FrontEnd,
  nextAuth,
  type Provider,
} from './next-auth.ts'
import { withoutTools } from './servers/tools.ts'

const SECRET = 'a secret of the sessions of the front end, which is long enough'
const SITE = 'http://localhost:3000'

/** What its documentation calls the token: what the callbacks keep in the cookie of a session. */
interface Kept {
  readonly access?: string | undefined
  readonly refresh?: string | undefined
  readonly error?: string | undefined
}

interface Session extends Kept {
  readonly user?: { readonly name?: string }
}

/** The configuration that their documentation has for a back end with refresh tokens. */
const configFor =
  (backEnd: string, clock: TestClock) =>
  (credentials: Provider): Config => ({
    secret: SECRET,
    session: { strategy: 'jwt' },
    logger: { error: () => {}, warn: () => {}, debug: () => {} },
    providers: [
      credentials({
        credentials: { username: {}, password: {} },
        async authorize(given: Readonly<Record<string, string>>) {
          const { username, password } = given
          const answer = await post(`${backEnd}/api/token/`, { username, password })
          if (!answer.ok) return null
          return { id: username, name: username, ...((await answer.json()) as Kept) }
        },
      }),
    ],
    callbacks: {
      async jwt({ token, user }: { token: Kept; user?: Kept }): Promise<Kept> {
        if (user !== undefined)
          return { ...token, access: user.access, refresh: user.refresh }
        if (expiryOf(token.access) > clock.now()) return token
        const answer = await post(`${backEnd}/api/token/refresh/`, {
          refresh: token.refresh,
        })
        if (!answer.ok) return { ...token, error: 'RefreshAccessTokenError' }
        return { ...token, ...((await answer.json()) as Kept) }
      },
      session: ({ session, token }: { session: Session; token: Kept }): Session => ({
        ...session,
        access: token.access,
        error: token.error,
      }),
    },
  })

const expiryOf = (token = ''): number =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** A browser on the site of the front end. */
class Visitor {
  readonly #cookies = new Map<string, string>()
  readonly #frontEnd: FrontEnd

  constructor(frontEnd: FrontEnd) {
    this.#frontEnd = frontEnd
  }

  async #ask(path: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const cookie = [...this.#cookies]
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
    const response = await this.#frontEnd.handle(
      new Request(`${SITE}/api/auth/${path}`, {
        method: form === undefined ? 'GET' : 'POST',
        headers: { cookie, host: 'localhost:3000' },
        ...(form && { body: new URLSearchParams(form) }),
      }),
    )
    for (const each of response.headers.getSetCookie()) {
      const [pair = ''] = each.split(';')
      const equals = pair.indexOf('=')
      this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    return response
  }

  async signIn(password: string): Promise<void> {
    const { csrfToken } = (await (await this.#ask('csrf')).json()) as {
      csrfToken: string
    }
    const given = { ...ADA, password, csrfToken, callbackUrl: SITE, json: 'true' }
    await this.#ask('callback/credentials', given)
  }

  async session(): Promise<Session> {
    return ((await (await this.#ask('session')).json()) ?? {}) as Session
  }
}

for (const [name, open] of [
  ['next-auth 4', nextAuth],
  ['@auth/core, of next-auth 5', authCore],
] as const)
  test(`${name}: a visitor signs in with credentials, and six pages at once that find the token expired go on in one session`, {
    skip: withoutTools,
  }, async (t) => {
    const { auth, id, clock, whoHas, url } = await startBackEnd(t)
    process.env.NEXTAUTH_URL = SITE
    t.after(() => {
      delete process.env.NEXTAUTH_URL
      // Left by what next-auth 4 was compiled with.
      Reflect.deleteProperty(globalThis, 'regeneratorRuntime')
    })
    const visitor = new Visitor(await open(configFor(url, clock)))
    await visitor.signIn('wrong')
    assert.equal((await visitor.session()).access, undefined)

    await visitor.signIn(ADA.password)
    const first = await visitor.session()
    assert.equal(first.user?.name, 'ada')
    assert.equal(await whoHas(first.access), 'ada')

    for (let round = 0; round < 3; round++) {
      clock.advance('6m')
      // Each finds the same refresh token in the cookie, and the last answer's cookie stays.
      const sessions = await Promise.all(
        Array.from({ length: 6 }, () => visitor.session()),
      )
      for (const session of sessions) {
        assert.equal(session.error, undefined)
        assert.equal(await whoHas(session.access), 'ada')
      }
    }
    assert.equal((await auth.sessions.list(id)).length, 1)

    await auth.sessions.revokeAll(id)
    clock.advance('6m')
    assert.equal((await visitor.session()).error, 'RefreshAccessTokenError')
  })
