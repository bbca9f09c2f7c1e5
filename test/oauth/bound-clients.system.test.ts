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
import { claimsOf } from './setup.ts'

const REDIRECT = 'http://127.0.0.1/cb'

/** A provider behind a server of this machine, which requires nonces in proofs. */
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
    dpop: { nonces: true },
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
        dpopBoundAccessTokens: true,
        requirePushedAuthorizationRequests: true,
        ...input,
      }),
    async agree(address: URL): Promise<URL> {
      await browser.open(address.href)
      await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
      const page = await browser.submit({ button: 'Allow' }).catch(() => browser.page)
      return new URL(`${REDIRECT}?${answerIn(page)}`)
    },
  }
}

test('openid-client pushes its request, gets bound tokens, uses and refreshes them', async (t) => {
  const { url, register, agree, ada } = await served(t)
  const { client, secret } = await register()
  const config = await openid.discovery(
    new URL(url),
    client.id,
    secret,
    openid.ClientSecretBasic(secret),
    { execute: [openid.allowInsecureRequests] },
  )
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const address = await openid.buildAuthorizationUrlWithPAR(
    config,
    {
      redirect_uri: REDIRECT,
      scope: 'openid email posts:read',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    },
    { DPoP },
  )
  assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri'])

  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await openid.authorizationCodeGrant(
    config,
    await agree(address),
    checks,
    undefined,
    { DPoP },
  )
  assert.equal(tokens.token_type, 'dpop')
  const info = await openid.fetchUserInfo(config, tokens.access_token, ada.id, { DPoP })
  assert.equal(info.email, 'ada@example.com')
  const refresh = tokens.refresh_token ?? ''
  const next = await openid.refreshTokenGrant(config, refresh, {}, { DPoP })
  const again = await openid.fetchUserInfo(config, next.access_token, ada.id, { DPoP })
  assert.equal(again.sub, ada.id)

  const stolen = await fetch(`${url}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${next.access_token}` },
  })
  assert.equal(stolen.status, 401)
  assert.match(
    stolen.headers.get('www-authenticate') ?? '',
    /^DPoP error="invalid_token"/,
  )
})

for (const alg of ['ES256', 'Ed25519', 'PS256'] as const)
  test(`oauth4webapi proves a key of its own, without a secret: ${alg}`, async (t) => {
    const { url, register, agree, ada } = await served(t)
    const { client: app } = await register({ proof: 'none' })
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(url)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, insecure),
    )
    const client: oauth.Client = { client_id: app.id }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg))
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const options = { DPoP, ...insecure }
    /** The first answer brings the nonce. */
    const withNonce = async <T>(ask: () => Promise<T>): Promise<T> => {
      try {
        return await ask()
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error
        return ask()
      }
    }
    const pushed = await withNonce(async () =>
      oauth.processPushedAuthorizationResponse(
        server,
        client,
        await oauth.pushedAuthorizationRequest(
          server,
          client,
          oauth.None(),
          {
            redirect_uri: REDIRECT,
            response_type: 'code',
            scope: 'openid posts:read',
            code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
            code_challenge_method: 'S256',
            state,
          },
          options,
        ),
      ),
    )
    const address = new URL(server.authorization_endpoint ?? '')
    address.searchParams.set('client_id', app.id)
    address.searchParams.set('request_uri', pushed.request_uri)
    const answer = oauth.validateAuthResponse(server, client, await agree(address), state)
    const tokens = await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.None(),
        answer,
        REDIRECT,
        verifier,
        options,
      ),
    )
    assert.equal(tokens.token_type, 'dpop')
    const jkt = await DPoP.calculateThumbprint()
    assert.deepEqual(claimsOf(tokens.access_token).cnf, { jkt })
    assert.deepEqual(claimsOf(tokens.refresh_token ?? '').cnf, { jkt })
    const info = await oauth.processUserInfoResponse(
      server,
      client,
      ada.id,
      await oauth.userInfoRequest(server, client, tokens.access_token, options),
    )
    assert.equal(info.sub, ada.id)

    const refresh = (key: oauth.DPoPHandle) =>
      withNonce(async () =>
        oauth.processRefreshTokenResponse(
          server,
          client,
          await oauth.refreshTokenGrantRequest(
            server,
            client,
            oauth.None(),
            tokens.refresh_token ?? '',
            { DPoP: key, ...insecure },
          ),
        ),
      )
    const thief = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    await assert.rejects(refresh(thief), { error: 'invalid_grant' })
    assert.equal((await refresh(DPoP)).token_type, 'dpop')
  })
