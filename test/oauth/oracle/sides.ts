import { createPrivateKey } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { TestContext } from 'node:test'
import Provider from 'oidc-provider'
import { mount } from '../../../src/adapters/node.ts'
import { generateKey } from '../../../src/jwt/index.ts'
import { buildWatchword } from '../../build-watchword.ts'
import { cleanUp } from '../../cleanup.ts'
import { testBrowser } from '../../pages/site.ts'
import { freePort } from '../../services/free-port.ts'
import { createAda, optionsFor } from '../code-flow.ts'
import { CHALLENGE, PASSWORD } from '../consent.ts'

export const REDIRECT = 'https://shop.example.com/cb'
const SCOPES = ['openid', 'email', 'posts:read', 'posts:write']

/** An application as both providers have it registered. */
interface Application {
  readonly id: string
  readonly isPublic?: true
  readonly grants: readonly (
    | 'authorization_code'
    | 'refresh_token'
    | 'client_credentials'
  )[]
  readonly redirectUris: readonly string[]
  readonly scopes: readonly string[]
}

const CODE = ['authorization_code', 'refresh_token'] as const

export const SHOP: Application = {
  id: 'shop',
  grants: CODE,
  redirectUris: [REDIRECT],
  scopes: ['openid', 'email', 'posts:read'],
}
export const OTHER: Application = { ...SHOP, id: 'other' }
export const BROWSER: Application = {
  id: 'browser',
  isPublic: true,
  grants: CODE,
  redirectUris: [REDIRECT, 'https://shop.example.com/second'],
  scopes: ['openid', 'posts:read'],
}
export const DESKTOP: Application = {
  id: 'desktop',
  isPublic: true,
  grants: CODE,
  redirectUris: ['http://127.0.0.1/cb'],
  scopes: ['openid'],
}
export const MACHINE: Application = {
  id: 'machine',
  grants: ['client_credentials'],
  redirectUris: [],
  scopes: ['posts:read', 'posts:write'],
}
const APPLICATIONS = [SHOP, OTHER, BROWSER, DESKTOP, MACHINE]

/** A provider under comparison. */
export interface Side {
  readonly url: string
  readonly paths: Readonly<Record<Place, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** The cookies of a browser whose user has signed in. */
  readonly cookie: string
  /** The path of the page to which users are sent to sign in. */
  readonly signIn: RegExp
}

type Place = 'authorize' | 'token' | 'revoke' | 'introspect' | 'userinfo'

async function listen(t: TestContext, server: Server): Promise<string> {
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}

const cookieOf = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

/** An instance of ours. */
export async function ours(t: TestContext): Promise<Side> {
  const server = createServer()
  const url = await listen(t, server)
  const scopes = { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' }
  const auth = buildWatchword({
    ...optionsFor('sqlite::memory:', url),
    oauth: { scopes },
  })
  cleanUp(t, () => auth.close())
  mount(server, auth)
  await createAda(auth)
  const secrets: Record<string, string> = {}
  for (const { isPublic, ...application } of APPLICATIONS) {
    const { id } = application
    const proof = isPublic ? 'none' : 'secret'
    const input = { ...application, name: id, proof, skipConsent: true } as const
    secrets[id] = (await auth.clients.create(input)).secret ?? ''
  }
  const handler = (request: Request) => fetch(request, { redirect: 'manual' })
  const browser = testBrowser({ handler }, url)
  await browser.open('/account/sign-in/?next=/account/')
  await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  return {
    url,
    paths: {
      authorize: '/oauth/authorize',
      token: '/oauth/token',
      revoke: '/oauth/revoke',
      introspect: '/oauth/introspect',
      userinfo: '/oauth/userinfo',
    },
    secrets,
    cookie: cookieOf(browser.cookies),
    signIn: /^\/account\/sign-in\//,
  }
}

/** oidc-provider, whose users agree to everything. */
export async function theirs(t: TestContext): Promise<Side> {
  const server = createServer()
  const url = await listen(t, server)
  const secrets = Object.fromEntries(
    APPLICATIONS.map(({ id }) => [id, `secret of ${id}`]),
  )
  const { privatePem, kid } = generateKey('ES256')
  const jwk = createPrivateKey(privatePem).export({ format: 'jwk' })
  const provider = new Provider(url, {
    clients: APPLICATIONS.map((each) => registrationOf(each, secrets[each.id])),
    jwks: { keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] },
    scopes: SCOPES,
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    rotateRefreshToken: true,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
    async loadExistingGrant({ oidc: { client, session } }) {
      const accountId = session?.accountId ?? ''
      const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId })
      grant.addOIDCScope(SCOPES.join(' '))
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    const isInteraction = request.url?.startsWith('/interaction/') === true
    if (!isInteraction) return void answer(request, response)
    const login = { accountId: 'ada' }
    void provider.interactionFinished(request, response, { login })
  })
  const handler = async (request: Request): Promise<Response> =>
    request.url.startsWith(url) ? fetch(request, { redirect: 'manual' }) : new Response()
  const browser = testBrowser({ handler }, url)
  await browser.open(`/auth?${new URLSearchParams(REQUEST)}`)
  return {
    url,
    paths: {
      authorize: '/auth',
      token: '/token',
      revoke: '/token/revocation',
      introspect: '/token/introspection',
      userinfo: '/me',
    },
    secrets,
    cookie: cookieOf(browser.cookies),
    signIn: /^\/interaction\//,
  }
}

const registrationOf = (
  { id, isPublic, grants, redirectUris, scopes }: Application,
  secret: string | undefined,
): object => ({
  client_id: id,
  ...(!isPublic && { client_secret: secret }),
  token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
  application_type: redirectUris.some((uri) => uri.startsWith('http:'))
    ? 'native'
    : 'web',
  grant_types: grants,
  response_types: redirectUris.length > 0 ? ['code'] : [],
  redirect_uris: redirectUris,
  scope: scopes.join(' '),
  id_token_signed_response_alg: 'ES256',
})

/** An authorization request without faults. */
export const REQUEST = {
  response_type: 'code',
  client_id: SHOP.id,
  redirect_uri: REDIRECT,
  scope: 'openid posts:read',
  state: 'a state',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
