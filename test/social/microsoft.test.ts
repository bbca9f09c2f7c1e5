import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { CLIENT, fakeProvider } from './provider.ts'

const TENANT = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'
const OTHER = '11111111-2b34-4da1-9baa-8bc8c9d6a490'
/** Of personal accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad'

const SUE = { sub: 's-1', email: 'sue@contoso.example', email_verified: true }

/**
 * An instance whose users sign in with a stand-in for Microsoft, as "OpenID Connect on the Microsoft identity platform" describes it:
 * the discovery document of several tenants has a placeholder for their ids.
 */
async function microsoftApp(tenant?: string) {
  const clock = { now: () => 0 }
  const provider = await fakeProvider(() => clock.now())
  const of = (id: string): string => `${provider.issuer}/${id}/v2.0`
  const named = tenant ?? 'common'
  const ids: Readonly<Record<string, string>> = {
    common: '{tenantid}',
    organizations: '{tenantid}',
    consumers: CONSUMERS,
  }
  provider.faults.set(
    `/${named}/v2.0/.well-known/openid-configuration`,
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          issuer: of(ids[named] ?? named),
          authorization_endpoint: `${provider.issuer}/authorize`,
          token_endpoint: `${provider.issuer}/token`,
          jwks_uri: `${provider.issuer}/jwks`,
          userinfo_endpoint: `${provider.issuer}/me`,
          id_token_signing_alg_values_supported: ['ES256'],
        }),
      )
    },
  )
  const instance = testInstance({
    url: 'https://app.example.com',
    social: {
      microsoft: { ...CLIENT, issuer: of(named), ...(tenant && { tenant }) },
    },
  })
  clock.now = () => instance.clock.now()
  return {
    ...instance,
    of,
    /** Signs in with an ID token. @returns the status */
    async signIn(claims: object): Promise<number> {
      const id_token = provider.idToken({ ...SUE, ...claims })
      const response = await instance.auth.handler(
        new Request('https://app.example.com/auth/social/microsoft/', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ id_token }),
        }),
      )
      return response.status
    },
    [Symbol.asyncDispose]: async () => {
      await instance[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

type App = Awaited<ReturnType<typeof microsoftApp>>

/** A token of a tenant. */
const from = (app: App, tid: string) => ({ tid, iss: app.of(tid) })

test('Microsoft: without a tenant, people of every tenant sign in, each with the issuer of their own', async () => {
  await using app = await microsoftApp()
  assert.equal(await app.signIn(from(app, TENANT)), 200)
  assert.equal(
    await app.signIn({ ...from(app, OTHER), sub: 's-2', email: 'b@x.example' }),
    200,
  )
  assert.equal(
    await app.signIn({ ...from(app, CONSUMERS), sub: 's-3', email: 'c@x.example' }),
    200,
  )
  for (const claims of [
    { tid: TENANT, iss: app.of(OTHER) },
    { tid: TENANT, iss: app.of('{tenantid}') },
    { tid: '{tenantid}', iss: app.of(TENANT) },
    { tid: undefined, iss: app.of('undefined') },
    { tid: 7, iss: app.of('7') },
    { tid: TENANT, iss: 'https://evil.example.com' },
    { tid: TENANT, iss: `https://evil.example.com/${TENANT}/v2.0` },
  ])
    assert.equal(await app.signIn(claims), 400, JSON.stringify(claims))
})

test('Microsoft: with a tenant, people of others do not sign in', async () => {
  await using app = await microsoftApp(TENANT)
  assert.equal(await app.signIn(from(app, TENANT)), 200)
  for (const tid of [OTHER, CONSUMERS])
    assert.equal(await app.signIn(from(app, tid)), 400)
  assert.equal(await app.signIn({ tid: TENANT, iss: app.of(OTHER) }), 400)
})

test('Microsoft: organizations are all tenants but that of personal accounts, consumers are that alone', async () => {
  await using organizations = await microsoftApp('organizations')
  assert.equal(await organizations.signIn(from(organizations, TENANT)), 200)
  assert.equal(await organizations.signIn(from(organizations, CONSUMERS)), 400)
  await using consumers = await microsoftApp('consumers')
  assert.equal(await consumers.signIn(from(consumers, CONSUMERS)), 200)
  assert.equal(await consumers.signIn(from(consumers, TENANT)), 400)
})

test('Microsoft: an address counts as verified only with xms_edov, since administrators set addresses', async () => {
  for (const [claims, isVerified] of [
    [{}, false],
    [{ xms_edov: false }, false],
    [{ xms_edov: 'yes' }, false],
    [{ xms_edov: true }, true],
    [{ xms_edov: '1' }, true],
  ] as const) {
    await using app = await microsoftApp()
    assert.equal(await app.signIn({ ...from(app, TENANT), ...claims }), 200)
    const user = await app.auth.users.find({ email: SUE.email })
    assert.equal(user?.emailVerifiedAt !== undefined, isVerified, JSON.stringify(claims))
  }
})
