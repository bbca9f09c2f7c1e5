import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { mount } from '../../src/adapters/node.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { testBrowser } from '../pages/site.ts'
import { answerIn, PASSWORD } from './consent.ts'

const REDIRECT = 'http://127.0.0.1/cb'

/** A provider behind a server of this machine. */
async function served(t: TestContext) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'a secret of the tests of applications, long enough',
    url,
    oauth: { scopes: { 'posts:read': 'Read your posts' } },
    log: () => {},
  })
  mount(server, auth)
  cleanUp(t, () => auth.close())
  cleanUp(t, () => new Promise((resolve) => server.close(resolve)))
  const ada = await auth.users.create({
    username: 'ada',
    email: 'ada@example.com',
    password: PASSWORD,
  })
  const handler = async (request: Request): Promise<Response> => {
    // The application itself does not run.
    if (new URL(request.url).pathname === '/cb') return new Response('')
    return fetch(request, { redirect: 'manual' })
  }
  const browser = testBrowser({ handler }, url)
  return {
    auth,
    url,
    ada,
    register: (input: Partial<NewClient> = {}) =>
      auth.clients.create({
        name: 'Shop',
        redirectUris: [REDIRECT],
        scopes: ['openid', 'email', 'posts:read'],
        ...input,
      }),
    /** What a browser does with the address of an application. @returns where it ends */
    async agree(address: URL): Promise<URL> {
      await browser.open(address.href)
      await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
      const page = await browser.submit({ button: 'Allow' }).catch(() => browser.page)
      const answer = answerIn(page)
      return new URL(`${REDIRECT}?${answer}`)
    },
  }
}

test('openid-client signs a user in, refreshes, reads the user and revokes', async (t) => {
  const { url, register, agree, ada } = await served(t)
  const { client, secret } = await register()
  const insecure = { execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(
    new URL(url),
    client.id,
    secret,
    openid.ClientSecretBasic(secret),
    insecure,
  )
  const verifier = openid.randomPKCECodeVerifier()
  const [state, nonce] = [openid.randomState(), openid.randomNonce()]
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid email posts:read',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '600',
  })
  const answer = await agree(address)
  const tokens = await openid.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
    maxAge: 600,
  })
  assert.equal(tokens.claims()?.sub, ada.id)

  const info = await openid.fetchUserInfo(config, tokens.access_token, ada.id)
  assert.equal(info.email, 'ada@example.com')
  const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.notEqual(next.refresh_token, tokens.refresh_token)
  await openid.tokenRevocation(config, next.refresh_token ?? '')
  await assert.rejects(openid.refreshTokenGrant(config, next.refresh_token ?? ''), {
    error: 'invalid_grant',
  })
})

test('oauth4webapi runs the code flow without a secret, and client credentials with a signed token', async (t) => {
  const { url, register, agree, auth } = await served(t)
  const { client: app } = await register({ proof: 'none' })
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(url)
  const discovered = await oauth.discoveryRequest(issuer, {
    algorithm: 'oauth2',
    ...insecure,
  })
  const server = await oauth.processDiscoveryResponse(issuer, discovered)
  const client: oauth.Client = { client_id: app.id }
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const address = new URL(server.authorization_endpoint ?? '')
  address.search = String(
    new URLSearchParams({
      client_id: app.id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'posts:read',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    }),
  )
  const parameters = oauth.validateAuthResponse(
    server,
    client,
    await agree(address),
    state,
  )
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    REDIRECT,
    verifier,
    insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
  const request = new Request(url, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  const principal = await auth.require(request, { scope: 'posts:read' })
  assert.equal(principal.user.username, 'ada')
  const claims = await oauth.validateJwtAccessToken(server, request, url, insecure)
  assert.equal(claims.client_id, app.id)

  const pair = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const { kty, crv, x, y } = jwk
  const { client: machine } = await register({
    redirectUris: [],
    scopes: ['posts:read'],
    keys: [{ kty, crv, x, y }],
  })
  const own = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: machine.id },
    oauth.PrivateKeyJwt(pair.privateKey),
    {},
    insecure,
  )
  const issued = await oauth.processClientCredentialsResponse(
    server,
    { client_id: machine.id },
    own,
  )
  assert.equal(issued.scope, 'posts:read')
})
