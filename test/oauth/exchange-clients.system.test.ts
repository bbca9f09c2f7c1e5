import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import { agree, browserAt, relyingParty } from './code-flow.ts'
import { ACCESS_TOKEN } from './exchange.ts'
import { served } from './served.ts'
import { claimsOf } from './setup.ts'

/** A service of the instance, and the token of a user that another application has sent to it. */
async function called(t: Parameters<typeof served>[0]) {
  const app = await served(t)
  const shop = await app.register({})
  const { begin } = await relyingParty(app.url, {
    client: shop,
    secret: shop.secret,
  })
  const { address, redeem } = await begin()
  const { access_token: subject } = await redeem(await agree(browserAt(app.url), address))
  const service = await app.register({
    redirectUris: [],
    grants: [EXCHANGE_GRANT, 'client_credentials'],
    audiences: [app.url],
  })
  return { ...app, service, subject }
}

test('openid-client exchanges a token, in its own name and for the user', async (t) => {
  const { ada, service, subject, url } = await called(t)
  const { config } = await relyingParty(url, { client: service, secret: service.secret })
  const own = await openid.clientCredentialsGrant(config, { scope: 'posts:read' })
  const answer = await openid.genericGrantRequest(config, EXCHANGE_GRANT, {
    subject_token: subject,
    subject_token_type: ACCESS_TOKEN,
    actor_token: own.access_token,
    actor_token_type: ACCESS_TOKEN,
    scope: 'posts:read',
  })
  assert.equal(answer.issued_token_type, ACCESS_TOKEN)
  const { sub, act, client_id: id, scope } = claimsOf(answer.access_token)
  assert.deepEqual(
    { sub, act, id, scope },
    { sub: ada.id, act: { sub: service.id }, id: service.id, scope: 'posts:read' },
  )
  await assert.rejects(
    openid.genericGrantRequest(config, EXCHANGE_GRANT, {
      subject_token: 'x.y.z',
      subject_token_type: ACCESS_TOKEN,
    }),
    { error: 'invalid_request' },
  )
})

test('oauth4webapi exchanges a token for one that is bound to its key', async (t) => {
  const { ada, service, subject, url } = await called(t)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(url)
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, insecure),
  )
  const client: oauth.Client = { client_id: service.id }
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.ClientSecretBasic(service.secret),
    EXCHANGE_GRANT,
    { subject_token: subject, subject_token_type: ACCESS_TOKEN, scope: 'openid email' },
    { DPoP, ...insecure },
  )
  const tokens = await oauth.processGenericTokenEndpointResponse(server, client, response)
  assert.equal(tokens.token_type, 'dpop')
  const info = await oauth.processUserInfoResponse(
    server,
    client,
    ada.id,
    await oauth.userInfoRequest(server, client, tokens.access_token, {
      DPoP,
      ...insecure,
    }),
  )
  assert.equal(info.email, 'ada@example.com')
})
