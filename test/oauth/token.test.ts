import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiToken, bearer, statelessBearer } from '../../src/authentication.ts'
import { generateKey, importSigningKey, sign } from '../../src/jwt/index.ts'
import {
  allOf,
  allowAny,
  anyOf,
  hasScope,
  isFirstParty,
  not,
} from '../../src/permissions/index.ts'
import {
  basicOf,
  claimsOf,
  headerOf,
  PARTNER_API,
  provider,
  URL_OF_APP,
} from './setup.ts'

const OWN = { grant_type: 'client_credentials' }

test('an application gets a token for itself (OT-01)', async (t) => {
  const { client, form, clock } = provider(t)
  const { id, secret } = await client()

  const { status, body, headers } = await form('/oauth/token', OWN, basicOf(id, secret))

  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'scope',
    'token_type',
  ])
  assert.equal(body.token_type, 'Bearer')
  assert.equal(body.expires_in, 300)
  assert.equal(body.scope, 'posts:read posts:write')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('pragma'), 'no-cache')

  const { typ, alg } = headerOf(body.access_token ?? '')
  assert.deepEqual([typ, alg], ['at+jwt', 'ES256'])
  const { jti, sid, ...claims } = claimsOf(body.access_token ?? '')
  assert.match(String(jti), /^[\da-f]{32}$/)
  assert.match(String(sid), /^[\da-f]{32}$/)
  assert.deepEqual(claims, {
    token_type: 'access',
    iss: URL_OF_APP,
    aud: URL_OF_APP,
    sub: id,
    client_id: id,
    scope: 'posts:read posts:write',
    iat: clock.now(),
    exp: clock.now() + 300,
  })
})

test('a token for an application writes nothing: all have the session of the application', async (t) => {
  const { client, ownToken, auth } = provider(t)
  const credentials = await client()
  const before = (await auth.events.list()).length
  const tokens = await Promise.all([1, 2, 3].map(() => ownToken(credentials)))
  assert.equal(new Set(tokens.map((token) => claimsOf(token).sid)).size, 1)
  assert.equal(new Set(tokens.map((token) => claimsOf(token).jti)).size, 3)
  assert.equal((await auth.events.list()).length, before)
})

test('a wrong secret, an unknown application and a disabled one get the same answer (OT-02)', async (t) => {
  const { client, form, auth } = provider(t)
  const { id, secret } = await client()
  const off = await client()
  await auth.clients.disable(off.id)
  const app = await client({
    proof: 'none',
    redirectUris: ['https://a.example/cb'],
    grants: ['authorization_code'],
  })
  const body = {
    error: 'invalid_client',
    error_description: 'The application could not be authenticated.',
  }
  for (const authorization of [
    basicOf(id, `${secret}x`),
    basicOf(id, ''),
    basicOf('nobody', secret),
    basicOf(off.id, off.secret),
    basicOf(app.id, ''),
    `Bearer ${secret}`,
    'Basic',
    'Basic !',
    `Basic ${btoa('no colon')}`,
    `Basic ${btoa('%zz:x')}`,
    `Basic ${Buffer.from([0xff, 0x3a]).toString('base64')}`,
  ]) {
    const answer = await form('/oauth/token', OWN, authorization)
    assert.equal(answer.status, 401, authorization)
    assert.deepEqual(answer.body, body)
    assert.equal(answer.headers.get('www-authenticate'), 'Basic realm="oauth"')
  }
  for (const fields of [
    {},
    { client_id: id },
    { client_id: id, client_secret: 'x' },
    { client_id: 'nobody' },
    { client_secret: secret },
    { client_id: '\u0000' },
  ]) {
    const answer = await form('/oauth/token', { ...OWN, ...fields })
    assert.ok([400, 401].includes(answer.status), JSON.stringify(fields))
    assert.notEqual(answer.status, 200)
  }
})

test('the name of the scheme is read in any letter case (OT-02)', async (t) => {
  const { client, form } = provider(t)
  const { id, secret } = await client()
  for (const scheme of ['basic', 'BASIC'])
    assert.equal(
      (await form('/oauth/token', OWN, basicOf(id, secret, scheme))).status,
      200,
    )
})

test('id and secret in the header are percent-encoded (OT-03)', async (t) => {
  const { client, form, auth } = provider(t)
  const id = 'a+b%2F'
  const { secret } = await client({ id })
  assert.ok(await auth.clients.find(id))
  assert.equal((await form('/oauth/token', OWN, basicOf(id, secret))).status, 200)
  const plain = `Basic ${btoa(`${id}:${secret}`)}`
  assert.equal((await form('/oauth/token', OWN, plain)).status, 401)
  // Any character may be encoded, and a space may be a plus.
  const percent = (text: string) =>
    `%${Buffer.from(text).toString('hex').match(/../g)?.join('%')}`
  const encoded = `Basic ${btoa(`${percent(id)}:${percent(secret)}`)}`
  assert.equal((await form('/oauth/token', OWN, encoded)).status, 200)
})

test('an application proves in one way who it is (OT-04)', async (t) => {
  const { client, form } = provider(t)
  const { id, secret } = await client()
  const inBody = { ...OWN, client_id: id, client_secret: secret }

  assert.equal((await form('/oauth/token', inBody)).status, 200)
  const both = await form('/oauth/token', inBody, basicOf(id, secret))
  assert.equal(both.status, 400)
  assert.equal(both.body.error, 'invalid_request')
  const named = { ...OWN, client_id: id }
  assert.equal((await form('/oauth/token', named, basicOf(id, secret))).status, 200)
  const other = { ...OWN, client_id: 'other' }
  assert.equal((await form('/oauth/token', other, basicOf(id, secret))).status, 400)
})

test('the grant type must be known, and allowed to the application (OT-05, OT-07)', async (t) => {
  const { client, form, send } = provider(t)
  const { id, secret } = await client()
  const shop = await client({ redirectUris: ['https://shop.example/cb'] })
  const errorOf = async (fields: Record<string, string>, who = { id, secret }) => {
    const { status, body } = await form(
      '/oauth/token',
      fields,
      basicOf(who.id, who.secret),
    )
    return [status, body.error]
  }
  assert.deepEqual(await errorOf({}), [400, 'invalid_request'])
  assert.deepEqual(await errorOf({ grant_type: '' }), [400, 'invalid_request'])
  assert.deepEqual(await errorOf({ grant_type: 'password' }), [
    400,
    'unsupported_grant_type',
  ])
  assert.deepEqual(await errorOf({ grant_type: '__proto__' }), [
    400,
    'unsupported_grant_type',
  ])
  assert.deepEqual(await errorOf(OWN, shop), [400, 'unauthorized_client'])
  assert.deepEqual(await errorOf({ grant_type: 'refresh_token' }), [
    400,
    'unauthorized_client',
  ])
  const asJson = await send('POST', '/oauth/token', {
    headers: { 'content-type': 'application/json', authorization: basicOf(id, secret) },
    body: JSON.stringify(OWN),
  })
  assert.deepEqual([asJson.status, asJson.body.error], [400, 'invalid_request'])
  const get = await send('GET', '/oauth/token')
  assert.deepEqual([get.status, get.body.error], [405, 'invalid_request'])
})

test('a parameter may be sent once, and none in the address', async (t) => {
  const { client, form } = provider(t)
  const { id, secret } = await client()
  const twice = new URLSearchParams([
    ['grant_type', 'client_credentials'],
    ['scope', 'posts:read'],
    ['scope', 'posts:write'],
  ])
  const repeated = await form('/oauth/token', twice, basicOf(id, secret))
  assert.deepEqual(repeated.body, {
    error: 'invalid_request',
    error_description: 'Duplicate scope parameter.',
  })
  const inUrl = await form('/oauth/token?scope=x', OWN, basicOf(id, secret))
  assert.equal(inUrl.status, 400)
})

test('scopes are those of the application, or fewer (OT-06)', async (t) => {
  const { client, form } = provider(t)
  const { id, secret } = await client({ scopes: ['posts:read', 'unknown', 'openid'] })
  const scopeOf = async (scope?: string) => {
    const fields = scope === undefined ? OWN : { ...OWN, scope }
    const { body } = await form('/oauth/token', fields, basicOf(id, secret))
    return body.error ?? body.scope
  }
  assert.equal(await scopeOf(), 'posts:read')
  assert.equal(await scopeOf('posts:read'), 'posts:read')
  assert.equal(await scopeOf('posts:read posts:read'), 'posts:read')
  for (const scope of [
    'posts:write',
    'unknown',
    'posts:read  posts:read',
    ' posts:read',
    'posts:read"',
    'x'.repeat(2000),
  ])
    assert.equal(await scopeOf(scope), 'invalid_scope', scope)
})

test('a token is for the instance, or for the service that it was asked for', async (t) => {
  const { client, form, ownToken, guarded } = provider(t)
  const credentials = await client({
    resources: [PARTNER_API, 'https://unknown.example'],
  })
  const own = await ownToken(credentials)
  const partner = await ownToken(credentials, { resource: PARTNER_API })
  assert.equal(claimsOf(own).aud, URL_OF_APP)
  assert.equal(claimsOf(partner).aud, PARTNER_API)

  const requirement = { scope: 'posts:read', clients: true }
  assert.equal((await guarded(own, requirement)).status, 200)
  assert.equal((await guarded(partner, requirement)).status, 401)

  const { id, secret } = credentials
  for (const resource of ['https://unknown.example', 'https://evil.example', 'x']) {
    const answer = await form('/oauth/token', { ...OWN, resource }, basicOf(id, secret))
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_target'])
  }
  const both = new URLSearchParams([
    ...Object.entries(OWN),
    ['resource', PARTNER_API],
    ['resource', URL_OF_APP],
  ])
  const answer = await form('/oauth/token', both, basicOf(id, secret))
  assert.deepEqual(claimsOf(answer.body.access_token ?? '').aud, [
    PARTNER_API,
    URL_OF_APP,
  ])
})

test('a token of an application passes only guards that name a scope (OT-23)', async (t) => {
  const { client, ownToken, guarded, clock } = provider(t)
  const token = await ownToken(await client({ scopes: ['posts:read'] }))
  const clients = true

  const passing = await guarded(token, { scope: 'posts:read', clients })
  assert.equal(passing.status, 200)
  assert.equal(passing.principal?.user, undefined)
  assert.deepEqual(passing.principal?.client, { id: claimsOf(token).client_id })
  assert.equal(passing.principal?.can('posts.change'), false)
  for (const permissions of [
    allOf(hasScope('posts:read'), () => ({ granted: true })),
    anyOf(hasScope('posts:read'), isFirstParty),
    [() => ({ granted: true }), hasScope('posts:read')],
  ])
    assert.equal((await guarded(token, { permissions, clients })).status, 200)

  const challenge = (scope: string) =>
    `Bearer realm="api", error="insufficient_scope"${scope}`
  for (const [requirement, scope] of [
    [{ clients }, ''],
    [{ permissions: () => ({ granted: true }), clients }, ''],
    [{ permissions: not(hasScope('x')), clients }, ''],
    [
      { permissions: anyOf(hasScope('posts:read'), () => ({ granted: true })), clients },
      '',
    ],
    [{ permissions: isFirstParty, clients }, ''],
    [{ scope: 'posts:write', clients }, ', scope="posts:write"'],
    [
      { scope: ['posts:read', 'posts:write'], clients },
      ', scope="posts:read posts:write"',
    ],
  ] as const) {
    const refused = await guarded(token, requirement)
    assert.equal(refused.status, 403)
    assert.equal(refused.challenge, challenge(scope))
  }
  clock.advance(300)
  const expired = await guarded(token, { scope: 'posts:read', clients })
  assert.equal(expired.status, 401)
  assert.match(expired.challenge ?? '', /^Bearer realm="api", error="invalid_token"/)
})

test('an application without a user passes only guards with clients: true', async (t) => {
  const { client, ownToken, guarded } = provider(t)
  const token = await ownToken(await client())
  assert.equal((await guarded(token, hasScope('posts:read'))).status, 403)
  const stateless = { schemes: [statelessBearer()], scope: 'posts:read' }
  assert.equal((await guarded(token, stateless)).status, 403)
  assert.equal((await guarded(token, { ...stateless, clients: true })).status, 200)
})

test('auth.authenticate refuses the token of an application, which no scope was named for', async (t) => {
  const { client, ownToken, auth } = provider(t)
  const token = await ownToken(await client())
  const request = new Request(URL_OF_APP, {
    headers: { authorization: `Bearer ${token}` },
  })
  await assert.rejects(auth.authenticate(request), { code: 'insufficient_scope' })
})

test('the endpoints of the user refuse tokens of applications', async (t) => {
  const { client, ownToken, send } = provider(t, {
    accounts: true,
    authentication: [bearer(), apiToken()],
  })
  const token = await ownToken(await client())
  const headers = { authorization: `Bearer ${token}` }
  for (const path of ['/auth/me/', '/auth/sessions/', '/auth/me/export/'])
    assert.equal((await send('GET', path, { headers })).status, 403, path)
  const verify = await send('POST', '/api/token/verify/', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  assert.equal(verify.status, 401)
})

test('an operator who ends the session of an application ends its tokens, and not the application', async (t) => {
  const { auth, client, clock, ownToken, guarded } = provider(t)
  const shop = await client()
  const requirement = { permissions: hasScope('posts:read'), clients: true }
  const status = async (token: string) => (await guarded(token, requirement)).status
  const before = await ownToken(shop)
  assert.equal(await status(before), 200)

  await auth.sessions.revoke(String(claimsOf(before).sid))

  assert.equal(await status(before), 401)
  const after = await ownToken(shop)
  assert.equal(await status(after), 200)
  clock.advance(1)
  assert.equal(claimsOf(await ownToken(shop)).sid, claimsOf(after).sid)
})

test('a refusal of an application without a user can be explained', async (t) => {
  const { client, ownToken, send } = provider(t, {
    accounts: true,
    browsableApi: { production: true, explain: allowAny },
  })
  const token = await ownToken(await client())
  const headers = { authorization: `Bearer ${token}`, 'watchword-explain': '1' }
  for (const path of ['/auth/me/', '/oauth/userinfo'])
    assert.equal((await send('GET', path, { headers })).status, 403, path)
})

// A service that was sent the token could end all tokens of the application, for good: its new ones have the same session.
test('signing out does not end the session of an application', async (t) => {
  const { client, ownToken, send } = provider(t)
  const shop = await client()
  const access = await ownToken(shop)
  const out = await send('POST', '/api/token/blacklist/', {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${access}` },
    body: '{}',
  })
  assert.equal(out.status, 401, JSON.stringify(out.body))
  const headers = { authorization: `Bearer ${await ownToken(shop)}` }
  assert.notEqual((await send('GET', '/auth/me/', { headers })).status, 401)
})

test('a token ends with its secret, its application and its session', async (t) => {
  const { client, ownToken, guarded, auth } = provider(t)
  const requirement = { scope: 'posts:read', clients: true }
  const credentials = await client()
  const first = await ownToken(credentials)
  const rotated = await auth.clients.rotateSecret(credentials.id)
  assert.equal((await guarded(first, requirement)).status, 401)
  // The previous secret is accepted for a day.
  const second = await ownToken(credentials)
  const third = await ownToken({ ...credentials, secret: rotated?.secret ?? '' })
  assert.equal((await guarded(second, requirement)).status, 200)
  assert.equal((await guarded(third, requirement)).status, 200)
  await auth.clients.disable(credentials.id)
  assert.equal((await guarded(third, requirement)).status, 401)
  assert.equal(await ownToken(credentials), '')
})

test('a token expires', async (t) => {
  const { client, ownToken, guarded, clock } = provider(t, {
    oauth: { scopes: { 'posts:read': 'x' }, access: '10m' },
  })
  const token = await ownToken(await client())
  const requirement = { scope: 'posts:read', clients: true }
  clock.advance(599)
  assert.equal((await guarded(token, requirement)).status, 200)
  clock.advance(1)
  const expired = await guarded(token, requirement)
  assert.equal(expired.status, 401)
  assert.match(expired.challenge ?? '', /error="invalid_token"/)
})

// Rule A6.
test('an application proves who it is by a token that it signs, once', async (t) => {
  const { client, form, clock } = provider(t)
  const generated = generateKey('ES256')
  const key = importSigningKey('ES256', generated.privatePem)
  const other = importSigningKey('ES256', generateKey('ES256').privatePem)
  const { id } = await client({ keys: [generated.publicJwk] })
  let n = 0
  const claims = (more: object = {}) => ({
    iss: id,
    sub: id,
    aud: URL_OF_APP,
    jti: `jti-${++n}`,
    iat: clock.now(),
    exp: clock.now() + 60,
    ...more,
  })
  const ask = async (assertion: string, more: Record<string, string> = {}) => {
    const { status } = await form('/oauth/token', {
      ...OWN,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...more,
    })
    return status
  }
  const assertion = sign(claims(), key)
  assert.equal(await ask(assertion), 200)
  assert.equal(await ask(assertion), 401)
  assert.equal(await ask(sign(claims(), key), { client_id: id }), 200)
  const raced = sign(claims(), key)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(raced)))
  assert.equal(answers.filter((status) => status === 200).length, 1)

  for (const [what, wrong] of Object.entries({
    key: sign(claims(), other),
    aud: sign(claims({ aud: `${URL_OF_APP}/oauth/token` }), key),
    'list of aud': sign(claims({ aud: [URL_OF_APP] }), key),
    'no aud': sign(claims({ aud: undefined }), key),
    iss: sign(claims({ iss: 'other' }), key),
    sub: sign(claims({ sub: 'other' }), key),
    'no jti': sign(claims({ jti: undefined }), key),
    expired: sign(claims({ exp: clock.now() - 1 }), key),
    'too long': sign(claims({ exp: clock.now() + 3600 }), key),
    'no exp': sign(claims({ exp: undefined }), key),
    'not yet': sign(claims({ nbf: clock.now() + 60 }), key),
    garbage: 'a.b.c',
    'no token': 'x',
  }))
    assert.equal(await ask(wrong), 401, what)
  assert.equal(await ask(sign(claims(), key), { client_assertion_type: 'saml' }), 401)
  assert.equal(await ask(sign(claims(), key), { client_id: 'other' }), 401)
  // Its id alone proves nothing.
  assert.equal((await form('/oauth/token', { ...OWN, client_id: id })).status, 401)
})

test('an application ends its own tokens, and no others (OT-21)', async (t) => {
  const { client, form, ownToken, guarded } = provider(t)
  const mine = await client()
  const other = await client()
  const requirement = { scope: 'posts:read', clients: true }
  const [token, foreign] = [await ownToken(mine), await ownToken(other)]
  const revoke = async (fields: Record<string, string>) => {
    const { status, body } = await form(
      '/oauth/revoke',
      fields,
      basicOf(mine.id, mine.secret),
    )
    return [status, body]
  }

  assert.deepEqual(await revoke({ token: foreign }), [200, {}])
  assert.equal((await guarded(foreign, requirement)).status, 200)
  assert.deepEqual(await revoke({ token, token_type_hint: 'unknown' }), [200, {}])
  assert.equal((await guarded(token, requirement)).status, 401)
  assert.deepEqual(await revoke({ token }), [200, {}])
  assert.deepEqual(await revoke({ token: 'unknown' }), [200, {}])
  assert.equal((await revoke({}))[0], 400)
  assert.equal((await form('/oauth/revoke', { token })).status, 401)
  // The application gets tokens as before.
  assert.equal((await guarded(await ownToken(mine), requirement)).status, 200)
})

test('a service learns of tokens that are for it (OT-22)', async (t) => {
  const { client, form, ownToken, clock, auth } = provider(t)
  const credentials = await client({ resources: [PARTNER_API] })
  const service = await client({ audiences: [PARTNER_API] })
  const token = await ownToken(credentials, {
    resource: PARTNER_API,
    scope: 'posts:read',
  })
  const ask = async (presented: string, who = service) => {
    const { status, body } = await form(
      '/oauth/introspect',
      { token: presented },
      basicOf(who.id, who.secret),
    )
    return [status, body] as const
  }
  const { sid: _, token_type: __, ...claims } = claimsOf(token)
  const expected = { active: true, token_type: 'Bearer', ...claims }
  assert.deepEqual(await ask(token), [200, expected])

  const inactive = [200, { active: false }]
  assert.deepEqual(await ask(token, credentials), inactive)
  assert.deepEqual(await ask(await ownToken(credentials)), inactive)
  assert.deepEqual(await ask('unknown'), inactive)
  const user = await auth.users.create({ username: 'ada' })
  assert.deepEqual(await ask((await auth.signIn(user)).access), inactive)
  assert.equal((await form('/oauth/introspect', { token })).status, 401)
  const nothing = await form('/oauth/introspect', {}, basicOf(service.id, service.secret))
  assert.deepEqual([nothing.status, nothing.body.error], [400, 'invalid_request'])
  const app = await client({
    proof: 'none',
    redirectUris: ['https://a.example/cb'],
    audiences: [PARTNER_API],
  })
  const asPublic = await form('/oauth/introspect', { token, client_id: app.id })
  assert.equal(asPublic.status, 401)

  clock.advance(300)
  assert.deepEqual(await ask(token), inactive)
  const fresh = await ownToken(credentials, { resource: PARTNER_API })
  await auth.clients.disable(credentials.id)
  assert.deepEqual(await ask(fresh), inactive)
})

test('the metadata names endpoints that exist, on the host of the option url alone (OT-24)', async (t) => {
  const { send } = provider(t)
  const found = await send('GET', 'https://evil.example/.well-known/openid-configuration')
  const { body } = await send('GET', '/.well-known/oauth-authorization-server')
  assert.deepEqual(found.body, body)
  assert.equal(body.issuer, URL_OF_APP)
  assert.deepEqual(body.grant_types_supported, [
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
  for (const [name, url] of Object.entries(body)) {
    if (!/_endpoint$|_uri$/.test(name)) continue
    assert.ok(String(url).startsWith(`${URL_OF_APP}/`), name)
    assert.notEqual((await send('GET', url)).status, 404, name)
  }
  assert.equal(found.headers.get('access-control-allow-origin'), '*')
})

test('without the option there are no endpoints', async (t) => {
  const { send } = provider(t, { oauth: false })
  for (const path of ['/oauth/token', '/.well-known/openid-configuration'])
    assert.equal((await send('POST', path)).status, 404)
})

test('without the public address, a key pair or one name of the issuer, the start fails', async (t) => {
  for (const options of [
    { url: undefined },
    { tokens: { sessions: false } },
    { tokens: { issuer: 'https://other.example.com' } },
    { tokens: { algorithm: 'HS256', signingKey: 'kQ3v9s0dJ2mX7bT1yZ5cR8fW4gN6hL0p' } },
  ] as const) {
    const { auth } = provider(t, options as object)
    await assert.rejects(auth.users.list(), { code: 'invalid_config' })
  }
})
