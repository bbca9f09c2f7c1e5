import assert from 'node:assert/strict'
import * as openid from 'openid-client'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { Watchword } from '../../src/watchword.ts'
import { type TestBrowser, testBrowser } from '../pages/site.ts'
import { answerIn, PASSWORD } from './consent.ts'

export const REDIRECT = 'http://127.0.0.1/cb'
export const EMAIL = 'ada@example.com'

/** The options of an instance that the applications of these tests sign in with. */
export const optionsFor = (database: string, url: string) => ({
  database,
  secret: 'a secret of the tests of applications, long enough',
  url,
  oauth: { scopes: { 'posts:read': 'Read your posts' } },
  log: () => {},
})

export const createAda = ({ users }: Pick<Watchword, 'users'>) =>
  users.create({ username: 'ada', email: EMAIL, emailVerified: true, password: PASSWORD })

export const register = (
  { clients }: Pick<Watchword, 'clients'>,
  input: Partial<NewClient> = {},
) =>
  clients.create({
    name: 'Shop',
    redirectUris: [REDIRECT],
    scopes: ['openid', 'email', 'posts:read'],
    ...input,
  })

/** How requests are sent, such as to one process of several. */
export type Send = (request: Request) => Promise<Response>

const directly: Send = (request) => fetch(request, { redirect: 'manual' })

/** A browser without scripts, at the server of an instance. */
export const browserAt = (url: string, send: Send = directly): TestBrowser =>
  testBrowser(
    {
      async handler(request) {
        // The application itself does not run.
        if (new URL(request.url).pathname === '/cb') return new Response('')
        return send(request)
      },
    },
    url,
  )

/** The user signs in if asked, and agrees. @returns the address that the browser is sent back to */
export async function agree(browser: TestBrowser, address: URL): Promise<URL> {
  await browser.open(address.href)
  if (browser.page.heading.includes('Sign in'))
    await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
  if (browser.page.heading.startsWith('Allow')) await browser.submit({ button: 'Allow' })
  return new URL(`${REDIRECT}?${answerIn(browser.page)}`)
}

interface Registered {
  readonly client: { readonly id: string }
  readonly secret?: string | undefined
}

/** openid-client, configured from the metadata of the instance. */
export async function relyingParty(
  url: string,
  { client, secret = '' }: Registered,
  send: Send = directly,
) {
  const customFetch: openid.CustomFetch = (address, init) =>
    send(new Request(address, init as RequestInit))
  const config = await openid.discovery(
    new URL(url),
    client.id,
    secret,
    openid.ClientSecretBasic(secret),
    { execute: [openid.allowInsecureRequests], [openid.customFetch]: customFetch },
  )
  return {
    config,
    /** An authorization request, and how its answer is exchanged. */
    async begin() {
      const verifier = openid.randomPKCECodeVerifier()
      const [state, nonce] = [openid.randomState(), openid.randomNonce()]
      const address = openid.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT,
        scope: 'openid email posts:read',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      })
      const redeem = (answer: URL) =>
        openid.authorizationCodeGrant(config, answer, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
      return { address, redeem }
    },
  }
}

/** A user signs in to an application, which reads the user, refreshes and revokes; a machine gets a token for itself. */
export async function runCodeFlow(
  url: string,
  auth: Pick<Watchword, 'clients'>,
  subject: string,
): Promise<void> {
  const { config, begin } = await relyingParty(url, await register(auth))
  const { address, redeem } = await begin()
  const tokens = await redeem(await agree(browserAt(url), address))
  assert.equal(tokens.claims()?.sub, subject)
  assert.equal(tokens.scope, 'openid email posts:read')

  const info = await openid.fetchUserInfo(config, tokens.access_token, subject)
  assert.equal(info.email, EMAIL)
  const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.notEqual(next.refresh_token, tokens.refresh_token)
  await openid.tokenRevocation(config, next.refresh_token ?? '')
  await assert.rejects(openid.refreshTokenGrant(config, next.refresh_token ?? ''), {
    error: 'invalid_grant',
  })
  await assert.rejects(openid.fetchUserInfo(config, next.access_token, subject))

  const machine = await register(auth, { redirectUris: [], scopes: ['posts:read'] })
  const { config: own } = await relyingParty(url, machine)
  const granted = await openid.clientCredentialsGrant(own, { scope: 'posts:read' })
  assert.equal(granted.token_type, 'bearer')
  await assert.rejects(openid.clientCredentialsGrant(own, { scope: 'email admin' }), {
    error: 'invalid_scope',
  })
}
