import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ScopeOptions, verifier } from '../../src/verify/index.ts'
import { exchanging, STOCK_API } from '../oauth/exchange.ts'
import { PARTNER_API, provider, URL_OF_APP } from '../oauth/setup.ts'

/** A provider, and the service of a partner that verifies its tokens. */
function setUp(t: TestContext) {
  const app = provider(t)
  const tokens = verifier({
    issuer: URL_OF_APP,
    audience: PARTNER_API,
    fetch: (url, init) => app.auth.handler(new Request(String(url), init)),
    clock: app.clock.now,
  })
  const codeOf = (token: string, required?: ScopeOptions) =>
    tokens.check(token, required).then(
      () => 'accepted',
      (error) => error.code,
    )
  return { ...app, tokens, codeOf }
}

test('a service accepts the token of an application only for a scope that it names', async (t) => {
  const { client, ownToken, tokens, codeOf } = setUp(t)
  const credentials = await client({ resources: [PARTNER_API], scopes: ['posts:read'] })
  const token = await ownToken(credentials, { resource: PARTNER_API })
  const clients = true

  assert.equal(await codeOf(token, { scope: 'posts:read', clients }), 'accepted')
  assert.equal(await codeOf(token), 'insufficient_scope')
  assert.equal(await codeOf(token, { clients }), 'insufficient_scope')
  assert.equal(await codeOf(token, { scope: 'posts:read' }), 'permission_denied')
  const both = ['posts:read', 'posts:write']
  assert.equal(await codeOf(token, { scope: both, clients }), 'insufficient_scope')
  assert.equal(await codeOf(await ownToken(credentials)), 'wrong_audience')

  const request = new Request(PARTNER_API, {
    headers: { authorization: `Bearer ${token}` },
  })
  const claims = await tokens.require(request, { scope: 'posts:read', clients })
  assert.equal(claims.client_id, credentials.id)
  const refused = await tokens.require(request, { scope: 'posts:write', clients }).then(
    () => undefined,
    (error) => error.toResponse() as Response,
  )
  assert.equal(refused?.status, 403)
  assert.equal(
    refused?.headers.get('www-authenticate'),
    'Bearer realm="api", error="insufficient_scope", scope="posts:write"',
  )
  await assert.rejects(tokens.authenticate(request), { code: 'insufficient_scope' })
})

test("a user's own token has no scopes, and needs none if none is named", async (t) => {
  const app = provider(t, { tokens: { issuer: URL_OF_APP, audience: PARTNER_API } })
  const tokens = verifier({
    issuer: URL_OF_APP,
    audience: PARTNER_API,
    fetch: (url, init) => app.auth.handler(new Request(String(url), init)),
    clock: app.clock.now,
  })
  const { access } = await app.auth.signIn(
    await app.auth.users.create({ username: 'ada' }),
  )
  await tokens.check(access)
  await assert.rejects(tokens.check(access, { scope: 'posts:read' }), {
    code: 'permission_denied',
  })
})

test('a token that was exchanged is refused once the application that has it is disabled', async (t) => {
  const { ask, auth, partner, shopTokens, clock, stock } = await exchanging(t, {
    endpoints: { revocations: true },
  })
  let later = 0
  const tokens = verifier({
    issuer: URL_OF_APP,
    audience: STOCK_API,
    revocations: true,
    fetch: (url, init) => auth.handler(new Request(String(url), init)),
    clock: clock.now,
    elapsed: () => later,
  })
  const { access } = await shopTokens()
  const tokenOf = async (client: { id: string; secret: string }) =>
    (await ask(client, access, stock)).body.access_token ?? ''
  const [one, other] = [await partner(), await partner()]
  const [first, second] = [await tokenOf(one), await tokenOf(other)]
  const scope = { scope: 'posts:read' }
  assert.equal((await tokens.check(first, scope)).client_id, one.id)
  await auth.clients.disable(one.id)
  later += 60
  await assert.rejects(tokens.check(first, scope), { code: 'revoked' })
  assert.equal((await tokens.check(second, scope)).client_id, other.id)
})
