import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import { hasScope } from '../../src/permissions/index.ts'
import { proofKeyPair } from '../proofs/key.ts'
import { ACCESS_TOKEN, exchanging, STOCK_API } from './exchange.ts'
import {
  type Answered,
  basicOf,
  claimsOf,
  headerOf,
  PARTNER_API,
  URL_OF_APP,
} from './setup.ts'

const errorOf = ({ status, body }: Answered) => [status, body.error]

test('a service exchanges the token of a user for one of the service that it calls', async (t) => {
  const { ada, ask, partner, shopTokens, stock, clock } = await exchanging(t)
  const client = await partner()
  const { access } = await shopTokens()
  const answer = await ask(client, access, stock)
  assert.equal(answer.status, 200, answer.text)
  const { access_token: token = '', ...others } = answer.body
  assert.deepEqual(others, {
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'posts:read',
    issued_token_type: ACCESS_TOKEN,
  })
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(headerOf(token).typ, 'at+jwt')
  const before = claimsOf(access)
  const { aud, sub, client_id: id, scope, iss, sid, act, exp } = claimsOf(token)
  assert.deepEqual(
    { aud, sub, id, scope, iss, sid, act, exp },
    {
      aud: STOCK_API,
      sub: ada.id,
      id: client.id,
      scope: 'posts:read',
      iss: URL_OF_APP,
      sid: before.sid,
      act: undefined,
      exp: Math.floor(clock.now()) + 300,
    },
  )
})

test('each exchange is in the audit log: the user, the application, who acts, the scopes and the services', async (t) => {
  const { ada, ask, auth, ownToken, partner, shopTokens, stock } = await exchanging(t)
  const client = await partner()
  const { access } = await shopTokens()
  await ask(client, access, stock)
  const actor = { actor_token: await ownToken(client), actor_token_type: ACCESS_TOKEN }
  await ask(client, access, actor)
  await ask(client, access, { ...stock, scope: 'posts:write' })
  const { sid } = claimsOf(access)
  const [second, first, ...others] = await auth.events.list({ kind: 'token_exchanged' })
  assert.deepEqual(
    [first, second].map((event) => [event?.userId, event?.sessionId, event?.detail]),
    [
      [
        ada.id,
        sid,
        { client: client.id, scopes: ['posts:read'], audiences: [STOCK_API] },
      ],
      [
        ada.id,
        sid,
        {
          client: client.id,
          scopes: ['posts:read'],
          audiences: [URL_OF_APP],
          actor: client.id,
        },
      ],
    ],
  )
  assert.deepEqual(others, [], 'a refused exchange is none')
  const log = JSON.stringify(await auth.events.list())
  for (const secret of [access, actor.actor_token, client.secret])
    assert.ok(!log.includes(secret))
})

test('without a target the token is for the instance, and opens its guards by its scopes', async (t) => {
  const { ada, ask, guarded, partner, shopTokens } = await exchanging(t)
  const client = await partner()
  const { access } = await shopTokens()
  assert.equal((await guarded(access)).status, 401)
  const token = (await ask(client, access)).body.access_token ?? ''
  const { principal } = await guarded(token)
  assert.equal(principal?.user?.id, ada.id)
  assert.deepEqual(principal?.client, { id: client.id })
  assert.equal((await guarded(token, hasScope('posts:write'))).status, 403)
})

test('the target is named by audience as well as by resource, several times', async (t) => {
  const { ask, partner, shopTokens } = await exchanging(t)
  const client = await partner()
  const { access } = await shopTokens()
  const both = new URLSearchParams([
    ['audience', STOCK_API],
    ['audience', URL_OF_APP],
    ['resource', STOCK_API],
  ])
  const token = (await ask(client, access, both)).body.access_token ?? ''
  assert.deepEqual(claimsOf(token).aud, [STOCK_API, URL_OF_APP])
})

test('an exchange is refused with the errors of RFC 8693', async (t) => {
  const app = await exchanging(t)
  const { ask, partner, shopTokens, stock, auth, ada } = app
  const client = await partner()
  const { access, refresh, body } = await shopTokens()
  const { access: own } = await auth.signIn(ada.id)
  const machine = await app.ownToken(client, stock)
  const forged = `${access.slice(0, -4)}AAAA`
  const cases: Record<string, [string, Record<string, string>, string]> = {
    'no token at all': ['', {}, 'invalid_request'],
    'a token that is none': ['x.y.z', {}, 'invalid_request'],
    'a forged token': [forged, {}, 'invalid_request'],
    'a refresh token as access token': [refresh, {}, 'invalid_request'],
    'an ID token as access token': [String(body.id_token), {}, 'invalid_request'],
    'a token of the sign-in of a user': [own, {}, 'invalid_request'],
    'a token without a user': [machine, {}, 'invalid_request'],
    'a token type that is not supported': [
      access,
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      'invalid_request',
    ],
    'a requested type that is not supported': [
      access,
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    'an actor type without its token': [
      access,
      { actor_token_type: ACCESS_TOKEN },
      'invalid_request',
    ],
    'an actor token without its type': [
      access,
      { actor_token: machine },
      'invalid_request',
    ],
    'an unknown service': [
      access,
      { resource: 'https://evil.example' },
      'invalid_target',
    ],
    'an unknown audience': [access, { audience: 'client_x' }, 'invalid_target'],
    'a service that it may not call': [
      access,
      { resource: PARTNER_API },
      'invalid_target',
    ],
    'a wider scope': [access, { scope: 'posts:read posts:write' }, 'invalid_scope'],
    'a scope that the application lacks': [access, { scope: 'openid' }, 'invalid_scope'],
    'a malformed scope': [access, { scope: 'posts:read  x' }, 'invalid_scope'],
    'an ID token without its provider': [
      String(body.id_token),
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
  }
  for (const [name, [subject, more, error]] of Object.entries(cases)) {
    const fields = new URLSearchParams({
      grant_type: EXCHANGE_GRANT,
      subject_token: subject,
      subject_token_type: ACCESS_TOKEN,
      ...more,
    })
    const answer = await app.form(
      '/oauth/token',
      fields,
      basicOf(client.id, client.secret),
    )
    assert.deepEqual(errorOf(answer), [400, error], name)
  }
  assert.equal((await ask(client, access, stock)).status, 200, 'the control')
})

test('only an application that is registered with the grant exchanges tokens, and none without a secret', async (t) => {
  const { ask, auth, client, partner, shopTokens } = await exchanging(t)
  const { access } = await shopTokens()
  const without = await client({ audiences: [PARTNER_API] })
  assert.deepEqual(errorOf(await ask(without, access)), [400, 'unauthorized_client'])
  const own = await partner()
  const wrong = { ...own, secret: 'wrong' }
  assert.deepEqual(errorOf(await ask(wrong, access)), [401, 'invalid_client'])
  await assert.rejects(
    auth.clients.create({ name: 'App', proof: 'none', grants: [EXCHANGE_GRANT] }),
    { code: 'invalid' },
  )
})

test('a service exchanges no token that is for another service; an application its own', async (t) => {
  const { ask, auth, client, partner, shopTokens, shopClient } = await exchanging(t)
  const other = await partner({ audiences: [STOCK_API] })
  const { access, refresh } = await shopTokens()
  const foreign = await ask(other, access)
  assert.deepEqual(errorOf(foreign), [400, 'invalid_request'])
  assert.equal(
    foreign.body.error_description,
    'The subject_token is not valid, or not for this application.',
  )
  const stranger = await client({ grants: [EXCHANGE_GRANT], scopes: ['posts:read'] })
  assert.deepEqual(errorOf(await ask(stranger, access)), [400, 'invalid_request'])

  await auth.clients.update(shopClient.id, {
    grants: ['authorization_code', 'refresh_token', EXCHANGE_GRANT],
  })
  const asAccess = await ask(shopClient, refresh, { scope: 'posts:read' })
  assert.deepEqual(errorOf(asAccess), [400, 'invalid_request'], 'its refresh token')
  const narrowed = await ask(shopClient, access, { scope: 'posts:read' })
  assert.equal(narrowed.body.scope, 'posts:read')
  assert.equal(claimsOf(narrowed.body.access_token ?? '').aud, URL_OF_APP)
})

test('the new token lasts no longer than the subject token', async (t) => {
  const { ask, clock, partner, shopTokens, stock } = await exchanging(t)
  const client = await partner()
  const { access } = await shopTokens()
  clock.advance('200s')
  const { body } = await ask(client, access, stock)
  assert.equal(body.expires_in, 100)
  assert.equal(claimsOf(body.access_token ?? '').exp, claimsOf(access).exp)
  const again = await ask(
    await partner({ audiences: [STOCK_API] }),
    body.access_token ?? '',
  )
  assert.equal(claimsOf(again.body.access_token ?? '').exp, claimsOf(access).exp)
  clock.advance('101s')
  assert.deepEqual(errorOf(await ask(client, access, stock)), [400, 'invalid_request'])
})

test('the token ends with the session of the subject, the user, and the application', async (t) => {
  const app = await exchanging(t)
  const { ada, ask, auth, form, guarded, partner, shopTokens, stock } = app
  const reader = await partner({ audiences: [STOCK_API] })
  const ends: Record<string, (client: { id: string }, sid: string) => Promise<unknown>> =
    {
      'the session is revoked': (_, sid) => auth.sessions.revoke(sid),
      'the application is disabled': ({ id }) => auth.clients.disable(id),
      'the application is deleted': ({ id }) => auth.clients.delete(id),
      'its secret is replaced': ({ id }) => auth.clients.rotateSecret(id),
      'the grant is removed': ({ id }) =>
        auth.clients.update(id, { grants: ['client_credentials'] }),
      'the user is deactivated': () => auth.users.change(ada.id, { active: false }),
    }
  for (const [name, end] of Object.entries(ends)) {
    const client = await partner()
    const { access } = await shopTokens()
    const sid = String(claimsOf(access).sid)
    const own = (await ask(client, access)).body.access_token ?? ''
    const other = (await ask(client, access, stock)).body.access_token ?? ''
    const described = () =>
      form('/oauth/introspect', { token: other }, basicOf(reader.id, reader.secret))
    assert.equal((await guarded(own)).status, 200, name)
    const { active, client_id: id, sub } = (await described()).body
    assert.deepEqual(
      { active, id, sub },
      { active: true, id: client.id, sub: ada.id },
      name,
    )
    await end(client, sid)
    assert.equal((await guarded(own)).status, 401, name)
    assert.deepEqual((await described()).body, { active: false }, name)
    const isOver = name === 'the session is revoked' || name === 'the user is deactivated'
    if (isOver)
      assert.deepEqual(
        errorOf(await ask(client, access, stock)),
        [400, 'invalid_request'],
        name,
      )
  }
})

test('an exchanged token cannot be revoked by itself: that would end the session of the user', async (t) => {
  const { ask, form, guarded, partner, shopTokens } = await exchanging(t)
  const client = await partner()
  const { access, refresh } = await shopTokens()
  const token = (await ask(client, access)).body.access_token ?? ''
  const authorization = basicOf(client.id, client.secret)
  const answer = await form('/oauth/revoke', { token }, authorization)
  assert.deepEqual(errorOf(answer), [400, 'unsupported_token_type'])
  assert.equal(
    (await form('/oauth/revoke', { token: refresh }, authorization)).status,
    200,
  )
  assert.equal((await guarded(token)).status, 200)
})

test('the tokens of sign-ins are exchanged by an own application that is the instance', async (t) => {
  const { ada, ask, auth, guarded, partner } = await exchanging(t)
  const { access } = await auth.signIn(ada.id)
  const instance = { audiences: [URL_OF_APP] }
  const others = await partner(instance)
  assert.deepEqual(errorOf(await ask(others, access)), [400, 'unauthorized_client'])
  const gateway = await partner({ ...instance, skipConsent: true })
  const { body } = await ask(gateway, access, { scope: 'posts:read' })
  assert.equal(body.scope, 'posts:read')
  const token = body.access_token ?? ''
  assert.equal((await guarded(token)).principal?.user?.id, ada.id)
  await auth.sessions.revokeAll(ada.id)
  assert.equal((await guarded(token)).status, 401)
})

test('an actor token names who acts, and those before it', async (t) => {
  const { ask, ownToken, partner, shopTokens, stock, ada } = await exchanging(t)
  const first = await partner()
  const second = await partner({ audiences: [STOCK_API] })
  const { access } = await shopTokens()
  const actor = async (client: typeof first) => ({
    actor_token: await ownToken(client),
    actor_token_type: ACCESS_TOKEN,
  })
  const { body } = await ask(first, access, { ...stock, ...(await actor(first)) })
  const token = body.access_token ?? ''
  assert.deepEqual(claimsOf(token).act, { sub: first.id })
  assert.equal(claimsOf(token).sub, ada.id)
  const next = await ask(second, token, await actor(second))
  const chain = { sub: second.id, act: { sub: first.id } }
  assert.deepEqual(claimsOf(next.body.access_token ?? '').act, chain)
  const silent = await ask(second, token)
  assert.deepEqual(claimsOf(silent.body.access_token ?? '').act, { sub: first.id })

  const foreign = await ask(first, access, { ...stock, ...(await actor(second)) })
  assert.deepEqual(errorOf(foreign), [400, 'invalid_request'])
})

test('services that call each other in a circle do not make an endless chain of actors', async (t) => {
  const { ask, ownToken, partner, shopTokens } = await exchanging(t)
  const audiences = [PARTNER_API, STOCK_API]
  const services = [await partner({ audiences }), await partner({ audiences })] as const
  let token = (await shopTokens()).access
  let status = 200
  let exchanges = 0
  while (status === 200 && exchanges < 20) {
    const client = services[exchanges % 2] ?? services[0]
    const actor = { actor_token: await ownToken(client), actor_token_type: ACCESS_TOKEN }
    const answer = await ask(client, token, { resource: STOCK_API, ...actor })
    status = answer.status
    token = answer.body.access_token ?? ''
    exchanges++
  }
  assert.deepEqual([status, exchanges], [400, 6])
})

test('may_act limits who may act', async (t) => {
  const allowed = { current: {} as object | string | null }
  const { ada, ask, auth, ownToken, partner } = await exchanging(t, {
    tokens: { claims: () => ({ may_act: allowed.current }) },
  })
  const own = { audiences: [URL_OF_APP], skipConsent: true }
  const named = await partner(own)
  const other = await partner(own)
  const actor = async (client: typeof named) => ({
    actor_token: await ownToken(client),
    actor_token_type: ACCESS_TOKEN,
  })
  const exchangedBy = async (client: typeof named, isNamed: boolean) => {
    const { access } = await auth.signIn(ada.id)
    return ask(client, access, isNamed ? await actor(client) : {})
  }
  allowed.current = { sub: named.id, iss: URL_OF_APP }
  for (const isNamed of [true, false]) {
    const answer = await exchangedBy(named, isNamed)
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(claimsOf(answer.body.access_token ?? '').may_act, allowed.current)
    assert.deepEqual(errorOf(await exchangedBy(other, isNamed)), [400, 'invalid_request'])
  }
  for (const wrong of [{ sub: named.id, iss: 'https://other.example' }, {}, 'x', null]) {
    allowed.current = wrong
    const answer = await exchangedBy(named, true)
    assert.deepEqual(errorOf(answer), [400, 'invalid_request'], JSON.stringify(wrong))
  }
})

test('a bound subject token needs a proof of its key, to which the new one is bound', async (t) => {
  const { ask, auth, clock, partner, shopClient, shopTokens } = await exchanging(t)
  await auth.clients.update(shopClient.id, {
    grants: ['authorization_code', 'refresh_token', EXCHANGE_GRANT],
  })
  const key = proofKeyPair()
  const proof = (by = key) => ({
    dpop: by.proof({ url: `${URL_OF_APP}/oauth/token`, now: clock.now() }),
  })
  const { access } = await shopTokens({}, proof().dpop)
  assert.deepEqual(claimsOf(access).cnf, { jkt: key.jkt })
  const missing = await ask(shopClient, access)
  assert.deepEqual(errorOf(missing), [400, 'invalid_dpop_proof'])
  const wrong = await ask(shopClient, access, {}, proof(proofKeyPair()))
  assert.deepEqual(errorOf(wrong), [400, 'invalid_request'])
  const { body } = await ask(shopClient, access, {}, proof())
  assert.equal(body.token_type, 'DPoP')
  assert.deepEqual(claimsOf(body.access_token ?? '').cnf, { jkt: key.jkt })

  const plain = (await shopTokens()).access
  const bound = await ask(await partner(), plain, {}, proof())
  assert.deepEqual(claimsOf(bound.body.access_token ?? '').cnf, { jkt: key.jkt })
})

test('the metadata names the grant', async (t) => {
  const { send } = await exchanging(t)
  const { body } = await send('GET', '/.well-known/oauth-authorization-server')
  assert.ok(
    (body.grant_types_supported as string[] | undefined)?.includes(EXCHANGE_GRANT),
  )
})
