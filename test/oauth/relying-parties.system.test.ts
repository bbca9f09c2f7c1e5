import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import express, {
  type ErrorRequestHandler,
  type Request as Received,
  type RequestHandler,
} from 'express'
import { cleanUp } from '../cleanup.ts'
import { authCore, nextAuth } from '../clients/next-auth.ts'
import { tool, withoutTools } from '../clients/servers/tools.ts'
import { EMAIL } from './code-flow.ts'
import { adasBrowser, served } from './served.ts'

const SECRET = 'a secret of the sessions of applications, which is long enough'
/** The origin of applications that have no server. */
const SITE = 'http://localhost:3000'
const NEEDS = { skip: withoutTools }

const showError: ErrorRequestHandler = (error, _, res, __) =>
  void res.status(500).json(error)

/** Listens with an application. @returns its address, before its routes are there */
async function listening(t: TestContext) {
  const app = express()
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { app, origin: `http://127.0.0.1:${port}` }
}

interface OpenidConnect {
  auth(options: object): RequestHandler
}

interface WithOidc {
  readonly oidc: {
    readonly user?: { readonly sub: string }
    fetchUserInfo(): Promise<object>
    readonly accessToken?: { refresh(): Promise<{ access_token: string }> }
  }
}

test(
  'express-openid-connect signs a user in, refreshes the token, and signs out at the provider',
  NEEDS,
  async (t) => {
    const { register, browser, url, ada, auth } = await served(t)
    const { app, origin } = await listening(t)
    const { id, secret } = await register({
      redirectUris: [`${origin}/callback`],
      postLogoutRedirectUris: [origin],
    })
    const library = await tool<OpenidConnect>('express-openid-connect')
    app.use(
      library.auth({
        issuerBaseURL: url,
        baseURL: origin,
        clientID: id,
        clientSecret: secret,
        secret: SECRET,
        idTokenSigningAlg: 'ES256',
        authRequired: false,
        idpLogout: true,
        authorizationParams: { response_type: 'code', scope: 'openid email posts:read' },
      }),
    )
    const oidcOf = (req: unknown) => (req as WithOidc).oidc
    app.get('/refresh', async (req, res) => {
      const token = await oidcOf(req).accessToken?.refresh()
      res.json(token?.access_token)
    })
    app.get('/info', async (req, res) => void res.json(await oidcOf(req).fetchUserInfo()))
    app.get('/', (req, res) => void res.json(oidcOf(req).user ?? 'no user'))

    await browser.open(`${origin}/login`)
    await browser.agree()
    const user = JSON.parse((await browser.open(origin)).text)
    assert.equal(user.sub, ada.id)
    const info = JSON.parse((await browser.open(`${origin}/info`)).text)
    assert.deepEqual([info.sub, info.email], [ada.id, EMAIL])

    const token = JSON.parse((await browser.open(`${origin}/refresh`)).text)
    const headers = { authorization: `Bearer ${token}` }
    const principal = await auth.require(new Request(url, { headers }), {
      scope: 'posts:read',
    })
    assert.equal(principal.user.username, 'ada')

    await browser.open(`${origin}/logout`)
    assert.equal(browser.page.text, '"no user"')
    assert.match((await browser.open(`${url}/account/`)).heading, /Sign in/)
  },
)

interface Passport {
  use(strategy: object): void
  initialize(): RequestHandler
  session(): RequestHandler
  serializeUser(work: (user: object, done: Done) => void): void
  deserializeUser(work: (user: object, done: Done) => void): void
  authenticate(name: string): RequestHandler
}

type Done = (error: unknown, user?: object) => void

interface Strategy {
  _oauth2: {
    getOAuthAccessToken(code: string, params: object, done: Done): void
  }
  authenticate(request: Received, options?: object): void
  authorizationParams(options: object): object
}

type StrategyClass = new (
  options: object,
  verify: (issuer: string, profile: object, done: Done) => void,
) => Strategy

/** What the library lacks: PKCE. */
const withPkce = (Strategy: StrategyClass): StrategyClass =>
  class extends Strategy {
    override authenticate(request: Received, options: object = {}): void {
      const session = Reflect.get(request, 'session') as { verifier?: string }
      const oauth2 = this._oauth2
      if (request.query.code === undefined)
        session.verifier = randomBytes(32).toString('base64url')
      const { verifier = '' } = session
      this._oauth2 = Object.assign(Object.create(oauth2), {
        getOAuthAccessToken: (code: string, params: object, done: Done) =>
          oauth2.getOAuthAccessToken(code, { ...params, code_verifier: verifier }, done),
      })
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      super.authenticate(request, { ...options, challenge })
    }
    override authorizationParams(options: { readonly challenge?: string }): object {
      const { challenge } = options
      return { code_challenge: challenge, code_challenge_method: 'S256' }
    }
  }

for (const [name, pkce] of [
  ['passport-openidconnect, with PKCE added, signs a user in', withPkce],
  [
    'passport-openidconnect, which has no PKCE, gets the error invalid_request',
    undefined,
  ],
] as const)
  test(name, NEEDS, async (t) => {
    const { register, browser, url, ada } = await served(t)
    const { app, origin } = await listening(t)
    const callbackURL = `${origin}/callback`
    const { id, secret } = await register({ redirectUris: [callbackURL] })
    const { default: passport } = await tool<{ default: Passport }>('passport')
    const { default: session } = await tool<{
      default(options: object): RequestHandler
    }>('express-session')
    const { Strategy } = (
      await tool<{ default: { Strategy: StrategyClass } }>('passport-openidconnect')
    ).default
    const options = {
      issuer: url,
      authorizationURL: `${url}/oauth/authorize`,
      tokenURL: `${url}/oauth/token`,
      userInfoURL: `${url}/oauth/userinfo`,
      clientID: id,
      clientSecret: secret,
      callbackURL,
      scope: ['email'],
      nonce: true,
      skipUserProfile: false,
    }
    const Used = pkce?.(Strategy) ?? Strategy
    passport.use(new Used(options, (_, profile, done) => done(null, profile)))
    passport.serializeUser((user, done) => done(null, user))
    passport.deserializeUser((user, done) => done(null, user))
    app.use(
      session({ secret: SECRET, resave: false, saveUninitialized: false }),
      passport.initialize(),
      passport.session(),
    )
    const authenticate = passport.authenticate('openidconnect')
    app.get('/login', authenticate)
    app.get(
      '/callback',
      authenticate,
      (req, res) => void res.json(Reflect.get(req, 'user')),
    )
    app.use(showError)

    await browser.open(`${origin}/login`)
    if (pkce === undefined) {
      assert.equal(JSON.parse(browser.page.text).code, 'invalid_request')
      return
    }
    const user = JSON.parse((await browser.agree()).text)
    assert.equal(user.id, ada.id)
    assert.deepEqual(user.emails, [{ value: EMAIL }])
  })

interface SimpleOAuth2 {
  readonly AuthorizationCode: new (
    options: object,
  ) => {
    authorizeURL(params: object): string
    getToken(params: object): Promise<SimpleToken>
  }
  readonly ClientCredentials: new (
    options: object,
  ) => {
    getToken(params: object): Promise<SimpleToken>
  }
}

interface SimpleToken {
  readonly token: Readonly<Record<string, string>>
  refresh(): Promise<SimpleToken>
  revokeAll(): Promise<void>
}

test(
  'simple-oauth2 gets tokens for a code and for itself, refreshes and revokes',
  NEEDS,
  async (t) => {
    const { register, url, ada } = await served(t)
    const redirect = `${SITE}/cb`
    const browser = adasBrowser(url, {
      [SITE]: async (request) => new Response(request.url),
    })
    const { AuthorizationCode, ClientCredentials } =
      await tool<SimpleOAuth2>('simple-oauth2')
    const optionsOf = (client: { readonly id: string; readonly secret: string }) => ({
      client,
      auth: {
        tokenHost: url,
        tokenPath: '/oauth/token',
        revokePath: '/oauth/revoke',
      },
    })
    const shop = await register({ redirectUris: [redirect] })
    const options = optionsOf(shop)
    const library = new AuthorizationCode({
      ...options,
      auth: { ...options.auth, authorizePath: '/oauth/authorize' },
    })
    const verifier = randomBytes(32).toString('base64url')
    const asked = {
      redirect_uri: redirect,
      scope: 'openid posts:read',
      state: 'a state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }
    await browser.open(library.authorizeURL(asked))
    const { searchParams } = new URL((await browser.agree()).text)
    const code = searchParams.get('code')
    const given = { code, redirect_uri: redirect, code_verifier: verifier }
    const tokens = await library.getToken(given)
    const next = await tokens.refresh()
    assert.notEqual(next.token.refresh_token, tokens.token.refresh_token)
    const headers = { authorization: `Bearer ${next.token.access_token}` }
    const info = await fetch(`${url}/oauth/userinfo`, { headers })
    assert.equal(Reflect.get((await info.json()) as object, 'sub'), ada.id)
    await next.revokeAll()
    await assert.rejects(next.refresh())

    const machine = await register({ redirectUris: [], scopes: ['posts:read'] })
    const own = await new ClientCredentials(optionsOf(machine)).getToken({
      scope: 'posts:read',
    })
    assert.equal(own.token.scope, 'posts:read')
  },
)

for (const [name, open] of [
  ['next-auth 4', nextAuth],
  ['@auth/core, of next-auth 5', authCore],
] as const)
  test(
    `${name}: a visitor signs in with the instance as OpenID provider`,
    NEEDS,
    async (t) => {
      process.env.NEXTAUTH_URL = SITE
      t.after(() => {
        delete process.env.NEXTAUTH_URL
        // Left by what next-auth 4 was compiled with.
        Reflect.deleteProperty(globalThis, 'regeneratorRuntime')
      })
      const { register, url, ada } = await served(t)
      const { id, secret } = await register({
        redirectUris: [`${SITE}/api/auth/callback/watchword`],
      })
      const frontEnd = await open(() => ({
        secret: SECRET,
        session: { strategy: 'jwt' },
        logger: { error: console.error, warn: () => {}, debug: () => {} },
        providers: [
          {
            id: 'watchword',
            name: 'Watchword',
            // The first is the name of version 4.
            type: open === nextAuth ? 'oauth' : 'oidc',
            issuer: url,
            wellKnown: `${url}/.well-known/openid-configuration`,
            clientId: id,
            clientSecret: secret,
            idToken: true,
            checks: ['pkce', 'state', 'nonce'],
            client: { id_token_signed_response_alg: 'ES256' },
            authorization: { params: { scope: 'openid email' } },
            profile: (claims: { readonly sub: string }) => ({
              ...claims,
              id: claims.sub,
            }),
          },
        ],
        callbacks: {
          jwt: ({ token, profile }: { token: object; profile?: { sub: string } }) => ({
            ...token,
            ...(profile && { sub: profile.sub }),
          }),
          session: ({ session, token }: { session: object; token: { sub: string } }) => ({
            ...session,
            sub: token.sub,
          }),
        },
      }))
      const site = (request: Request): Promise<Response> =>
        new URL(request.url).pathname.startsWith('/api/auth/')
          ? frontEnd.handle(request)
          : Promise.resolve(new Response('home'))
      const browser = adasBrowser(url, { [SITE]: site })
      const { csrfToken } = JSON.parse((await browser.open(`${SITE}/api/auth/csrf`)).text)
      await browser.post(`${SITE}/api/auth/signin/watchword`, {
        csrfToken,
        callbackUrl: SITE,
      })
      await browser.agree()
      const session = JSON.parse((await browser.open(`${SITE}/api/auth/session`)).text)
      assert.equal(session.sub, ada.id)
    },
  )
