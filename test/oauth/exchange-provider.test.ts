import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import type { TestOptions } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { type Answer, socialApp, withAuthenticator } from '../social/setup.ts'
import { ACCESS_TOKEN, SCOPES } from './exchange.ts'
import { basicOf, claimsOf } from './setup.ts'

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

const ADA = { sub: 'a-1', email: 'ada@example.com', email_verified: true }

async function open(t: TestContext, options: TestOptions = {}) {
  const app = await socialApp({ oauth: { scopes: SCOPES }, ...options })
  cleanUp(t, () => app[Symbol.asyncDispose]())
  const { client, secret = '' } = await app.auth.clients.create({
    name: 'Phone',
    grants: [EXCHANGE_GRANT],
    scopes: ['openid', 'posts:read'],
    skipConsent: true,
  })
  return {
    ...app,
    id: client.id,
    async exchange(
      subject: string,
      more: Record<string, string> = {},
      by = { id: client.id, secret },
    ) {
      const fields = {
        grant_type: EXCHANGE_GRANT,
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        subject_issuer: 'acme',
        ...more,
      }
      const answer = await app.auth.handler(
        new Request('https://app.example.com/oauth/token', {
          method: 'POST',
          headers: { authorization: basicOf(by.id, by.secret) },
          body: new URLSearchParams(fields),
        }),
      )
      const body: Answer['body'] = await answer.json()
      return { status: answer.status, body }
    },
  }
}

test("an application of the operator's own signs a person in with the token of a provider", async (t) => {
  const { auth, exchange, id, provider } = await open(t)
  const first = await exchange(provider.accessToken(ADA))
  assert.equal(first.status, 200, JSON.stringify(first.body))
  const { access_token: access, id_token: idToken, ...others } = first.body
  assert.deepEqual(others, {
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'openid posts:read',
    issued_token_type: ACCESS_TOKEN,
  })
  const user = await auth.users.find({ email: ADA.email })
  assert.deepEqual([claimsOf(access).sub, claimsOf(access).client_id], [user?.id, id])
  assert.equal(claimsOf(idToken).sub, user?.id)
  const [event] = await auth.events.list({ kind: 'signed_in' })
  assert.equal(event?.userId, user?.id)
  assert.deepEqual(event?.detail, {
    methods: ['social'],
    client: id,
    scopes: ['openid', 'posts:read'],
    audiences: ['https://app.example.com'],
    provider: 'acme',
  })
  const again = await exchange(provider.idToken(ADA), { subject_token_type: ID_TOKEN })
  assert.equal(claimsOf(again.body.access_token).sub, user?.id)

  await auth.clients.update(id, { grants: [EXCHANGE_GRANT, 'refresh_token'] })
  const lasting = await exchange(provider.accessToken(ADA))
  assert.equal(claimsOf(lasting.body.refresh_token).client_id, id)
})

test('the second factor of a user is not skipped by the token of a provider', async (t) => {
  const app = await open(t, { secondFactors: true })
  const { auth, exchange, provider } = app
  await withAuthenticator(app, ADA)
  for (const [token, type] of [
    [provider.accessToken(ADA), ACCESS_TOKEN],
    [provider.idToken(ADA), ID_TOKEN],
  ] as const) {
    const { status, body } = await exchange(token, { subject_token_type: type })
    assert.deepEqual([status, body.error], [400, 'invalid_request'])
    assert.equal(body.access_token, undefined)
  }
  const user = await auth.users.find({ email: ADA.email })
  assert.equal((await auth.sessions.list(user?.id ?? '')).length, 1, 'its own sign-in')
  await auth.secondFactors.reset(user?.id ?? '')
  assert.equal((await exchange(provider.accessToken(ADA))).status, 200)
})

test('the token of a provider is refused with the errors of RFC 8693', async (t) => {
  const { auth, exchange, provider } = await open(t)
  const good = provider.accessToken(ADA)
  const cases: Record<string, [string, Record<string, string>, string]> = {
    'a token that was issued for another application': [
      provider.accessToken(ADA, 'other'),
      {},
      'invalid_request',
    ],
    'a token that the provider does not know': ['x', {}, 'invalid_request'],
    'another provider': [good, { subject_issuer: 'unknown' }, 'invalid_request'],
    'an expired ID token': [
      provider.idToken({ ...ADA, exp: 1 }),
      { subject_token_type: ID_TOKEN },
      'invalid_request',
    ],
    'an ID token for another application': [
      provider.idToken({ ...ADA, aud: 'other' }),
      { subject_token_type: ID_TOKEN },
      'invalid_request',
    ],
    'an actor': [
      good,
      { actor_token: good, actor_token_type: ACCESS_TOKEN },
      'invalid_request',
    ],
    'a wider scope': [good, { scope: 'posts:write' }, 'invalid_scope'],
    'an unknown service': [good, { resource: 'https://evil.example' }, 'invalid_target'],
    'a token of a provider as one of the instance': [
      good,
      { subject_issuer: '' },
      'invalid_request',
    ],
  }
  for (const [name, [token, more, error]] of Object.entries(cases)) {
    const { status, body } = await exchange(token, more)
    assert.deepEqual([status, body.error], [400, error], name)
  }
  assert.equal((await exchange(good)).status, 200, 'the control')

  const { client, secret = '' } = await auth.clients.create({
    name: 'Partner',
    grants: [EXCHANGE_GRANT],
    scopes: ['posts:read'],
  })
  const foreign = await exchange(good, {}, { id: client.id, secret })
  assert.deepEqual([foreign.status, foreign.body.error], [400, 'unauthorized_client'])

  const user = await auth.users.find({ email: ADA.email })
  await auth.users.change(user?.id ?? '', { active: false })
  const inactive = await exchange(good)
  assert.deepEqual([inactive.status, inactive.body.error], [400, 'invalid_request'])
})

test('a provider that cannot be reached is a 503', async (t) => {
  const { exchange, provider } = await open(t)
  const token = provider.accessToken(ADA)
  provider.faults.set('/introspect', (response) => response.destroy())
  provider.faults.set('/.well-known/openid-configuration', (response) =>
    response.destroy(),
  )
  const { status, body } = await exchange(token)
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
})
