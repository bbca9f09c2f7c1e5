import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { hasScope } from '../../src/permissions/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { aFolder } from '../sessions/setup.ts'
import {
  CHALLENGE,
  challengeOf,
  PASSWORD,
  REDIRECT,
  userOf,
  VERIFIER,
  withUser,
} from './consent.ts'
import {
  basicOf,
  claimsOf,
  headerOf,
  OPTIONS,
  PARTNER_API,
  providerOf,
  URL_OF_APP,
} from './setup.ts'

test('a code is exchanged for tokens of the user (OT-09, OT-25)', async (t) => {
  const { shop, agree, exchange, ada, guarded, auth, clock } = await withUser(t)
  const client = await shop()
  const code = (await agree(client, { nonce: 'n-1' })).get('code') ?? ''
  clock.advance(10)
  const { status, body, headers } = await exchange(client, { code })

  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'id_token',
    'refresh_token',
    'scope',
    'token_type',
  ])
  assert.equal(headers.get('cache-control'), 'no-store')
  const access = claimsOf(body.access_token ?? '')
  assert.equal(headerOf(body.access_token ?? '').typ, 'at+jwt')
  assert.deepEqual(
    [access.sub, access.user_id, access.client_id, access.aud, access.scope],
    [ada.id, ada.id, client.id, URL_OF_APP, 'openid posts:read'],
  )
  const { iat, exp, at_hash, sid, ...id } = claimsOf(body.id_token ?? '')
  assert.deepEqual(id, {
    iss: URL_OF_APP,
    sub: ada.id,
    aud: client.id,
    azp: client.id,
    auth_time: clock.now() - 10,
    amr: ['pwd'],
    acr: 'aal1',
    nonce: 'n-1',
  })
  assert.equal(iat, clock.now())
  assert.ok(Number(exp) > Number(iat))
  assert.equal(
    at_hash,
    Buffer.from(challengeOf(body.access_token ?? ''), 'base64url')
      .subarray(0, 16)
      .toString('base64url'),
  )
  assert.equal(sid, access.sid)

  const passed = await guarded(body.access_token ?? '', hasScope('posts:read'))
  assert.equal(passed.principal?.user?.username, 'ada')
  assert.deepEqual(passed.principal?.client, { id: client.id })
  for (const other of [undefined, hasScope('posts:write')])
    assert.equal((await guarded(body.access_token ?? '', other ?? {})).status, 403)
  // An ID token is no access token.
  assert.equal((await guarded(body.id_token ?? '')).status, 401)

  const [consent] = (await auth.sessions.list(ada.id)).filter(({ clientId }) => clientId)
  assert.equal(consent?.id, sid)
  assert.deepEqual(consent?.scopes, ['openid', 'posts:read'])
  assert.deepEqual(consent?.amr, ['pwd'])
  const events = await auth.events.list()
  assert.ok(
    events.some(
      ({ kind, detail }) => kind === 'consent_granted' && detail.client === client.id,
    ),
  )
})

for (const algorithm of ['ES256', 'RS256'] as const)
  test(`an ID token is verified with the published key that it names: ${algorithm} (OT-25)`, async (t) => {
    const app = await withUser(t, { tokens: { algorithm } })
    const { shop, agree, exchange, send, ada, clock } = app
    const client = await shop()
    const code = (await agree(client)).get('code') ?? ''
    const { id_token: token = '' } = (await exchange(client, { code })).body

    const { body } = await send('GET', '/.well-known/jwks.json')
    const keys = createLocalJWKSet(body as unknown as JSONWebKeySet)
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: URL_OF_APP,
      audience: client.id,
      currentDate: new Date(clock.now() * 1000),
    })
    assert.equal(payload.sub, ada.id)
    assert.equal(protectedHeader.alg, algorithm)
    assert.notEqual(protectedHeader.kid, undefined)
  })

// What is checked before spends nothing.
test('a wrong exchange is refused, and the code stays good (OT-10, OT-12)', async (t) => {
  const { shop, agree, exchange } = await withUser(t)
  const client = await shop()
  const other = await shop()
  const code = (await agree(client)).get('code') ?? ''
  for (const [who, fields, status, error, description] of [
    [client, { code, code_verifier: VERIFIER.replace('d', 'e') }, 400, 'invalid_grant'],
    [client, { code, code_verifier: CHALLENGE }, 400, 'invalid_grant'],
    [client, { code, code_verifier: 'short' }, 400, 'invalid_grant'],
    [
      client,
      { code, code_verifier: undefined },
      400,
      'invalid_request',
      'Code verifier required.',
    ],
    [
      client,
      { code, redirect_uri: `${REDIRECT}/` },
      400,
      'invalid_request',
      'Mismatching redirect URI.',
    ],
    [other, { code }, 400, 'invalid_grant'],
    [client, { code: `${code}x` }, 400, 'invalid_grant'],
    [client, { code: undefined }, 400, 'invalid_request', 'Missing code parameter.'],
    [{ ...client, secret: 'x' }, { code }, 401, 'invalid_client'],
  ] as const) {
    const answer = await exchange(who, fields)
    assert.deepEqual([answer.status, answer.body.error], [status, error])
    if (description !== undefined)
      assert.equal(answer.body.error_description, description)
  }
  assert.equal((await exchange(client, { code, redirect_uri: undefined })).status, 200)
})

test('a code that comes again ends what was issued for it (OT-11)', async (t) => {
  const { shop, agree, exchange, refresh, guarded, auth } = await withUser(t)
  const client = await shop()
  const other = await shop()
  const code = (await agree(client)).get('code') ?? ''
  const { body } = await exchange(client, { code })
  // Another application changes nothing.
  assert.equal((await exchange(other, { code })).body.error, 'invalid_grant')
  assert.equal((await guarded(body.access_token ?? '')).status, 200)

  assert.equal((await exchange(client, { code })).body.error, 'invalid_grant')
  assert.equal((await guarded(body.access_token ?? '')).status, 401)
  const after = await refresh(client, body.refresh_token ?? '')
  assert.deepEqual([after.status, after.body.error], [400, 'invalid_grant'])
  const kinds = (await auth.events.list()).map(({ kind }) => kind)
  assert.ok(kinds.includes('reuse_detected'))
})

test('of fifty exchanges of a code at once one succeeds, and the others end its session', async (t) => {
  const { shop, agree, exchange, guarded } = await withUser(t)
  const client = await shop()
  const code = (await agree(client)).get('code') ?? ''
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => exchange(client, { code })),
  )
  const issued = answers.filter(({ status }) => status === 200)
  assert.equal(issued.length, 1)
  assert.ok(
    answers.every(({ status, body }) => status === 200 || body.error === 'invalid_grant'),
  )
  assert.equal((await guarded(issued[0]?.body.access_token ?? '')).status, 401)
})

test('a code expires (OT-12)', async (t) => {
  const { shop, agree, exchange, clock } = await withUser(t)
  const client = await shop()
  const first = (await agree(client)).get('code') ?? ''
  const second = (await agree(client)).get('code') ?? ''
  clock.advance(59)
  assert.equal((await exchange(client, { code: first })).status, 200)
  clock.advance(1)
  assert.equal((await exchange(client, { code: second })).body.error, 'invalid_grant')
})

test('the database has no code, token or secret in clear text (OT-28)', async (t) => {
  const folder = aFolder()
  cleanUp(t, folder.remove)
  const auth = buildWatchword({ ...OPTIONS, database: folder.file })
  cleanUp(t, () => auth.close())
  const app = await userOf(providerOf({ auth }))
  const { shop, agree, exchange, refresh, ownToken, client: machine } = app
  const client = await shop()
  const redeemed = (await agree(client)).get('code') ?? ''
  const first = (await exchange(client, { code: redeemed })).body
  const second = (await refresh(client, first.refresh_token ?? '')).body
  const waiting = (await agree(client)).get('code') ?? ''
  const reports = await machine()
  const tokens = [first, second].flatMap((each) => [
    each.access_token,
    each.refresh_token,
    each.id_token,
  ])
  const secrets = [redeemed, waiting, client.secret, reports.secret, PASSWORD]

  const stored = readdirSync(folder.folder)
    .map((name) => readFileSync(join(folder.folder, name), 'latin1'))
    .join()
  assert.ok(stored.includes(REDIRECT))
  for (const secret of [...secrets, ...tokens, await ownToken(reports)]) {
    // Of a signed token, the signature.
    const text = String(secret).split('.').at(-1) ?? ''
    assert.ok(text.length > 15, text)
    assert.ok(!stored.includes(text), text)
  }
})

test('a code ends with the session, the password and the activity of its user', async (t) => {
  const { shop, agree, exchange, auth, ada, signedIn } = await withUser(t)
  const client = await shop({ skipConsent: true })
  const END: Record<string, () => Promise<unknown>> = {
    session: async () => auth.sessions.revokeAll(ada.id),
    password: async () => auth.users.setPassword(ada.id, 'qhr4-7mzt-w2pd-x9kc'),
    activity: async () => auth.users.change(ada.id, { active: false }),
  }
  for (const [what, end] of Object.entries(END)) {
    await signedIn()
    const code = (await agree(client)).get('code') ?? ''
    assert.notEqual(code, '')
    await end()
    assert.equal((await exchange(client, { code })).body.error, 'invalid_grant', what)
  }
})

test('a refresh token is rotated, and ends its session when it comes again late (OT-17, OT-18, OT-20)', async (t) => {
  const { shop, agree, exchange, refresh, guarded, clock } = await withUser(t)
  const client = await shop()
  const code = (await agree(client)).get('code') ?? ''
  const first = (await exchange(client, { code })).body
  clock.advance(60)

  const wider = await refresh(client, first.refresh_token ?? '', {
    scope: 'posts:read posts:write',
  })
  assert.deepEqual([wider.status, wider.body.error], [400, 'invalid_scope'])
  const target = await refresh(client, first.refresh_token ?? '', {
    resource: PARTNER_API,
  })
  assert.deepEqual([target.status, target.body.error], [400, 'invalid_target'])

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => refresh(client, first.refresh_token ?? '')),
  )
  assert.ok(answers.every(({ status }) => status === 200))
  const successors = new Set(answers.map(({ body }) => body.refresh_token))
  assert.equal(successors.size, 1)
  const [second = ''] = successors

  const narrow = await refresh(client, second, { scope: 'posts:read' })
  assert.equal(narrow.body.scope, 'posts:read')
  assert.equal(claimsOf(narrow.body.access_token ?? '').scope, 'posts:read')
  // The grant stays as it was.
  const whole = await refresh(client, narrow.body.refresh_token ?? '')
  assert.equal(whole.body.scope, 'openid posts:read')
  assert.equal(
    (await guarded(whole.body.access_token ?? '')).principal?.user?.username,
    'ada',
  )

  clock.advance('1h')
  const late = await refresh(client, first.refresh_token ?? '')
  assert.deepEqual([late.status, late.body.error], [400, 'invalid_grant'])
  assert.equal(
    (await refresh(client, whole.body.refresh_token ?? '')).body.error,
    'invalid_grant',
  )
})

// OpenID Connect Core 1.0 §12.2
test('a refresh has an ID token of the same sign-in, without the nonce', async (t) => {
  const { shop, agree, exchange, refresh, clock, ada } = await withUser(t)
  const client = await shop()
  const code = (await agree(client, { nonce: 'n-1' })).get('code') ?? ''
  const first = (await exchange(client, { code })).body
  clock.advance(60)
  const { body } = await refresh(client, first.refresh_token ?? '', {
    scope: 'posts:read',
  })
  const before = claimsOf(first.id_token ?? '')
  const after = claimsOf(body.id_token ?? '')
  assert.equal(before.nonce, 'n-1')
  for (const name of ['iss', 'sub', 'aud', 'azp', 'auth_time', 'amr', 'acr', 'sid'])
    assert.deepEqual(after[name], before[name], name)
  assert.deepEqual([after.sub, after.azp, after.acr], [ada.id, client.id, 'aal1'])
  assert.equal(after.iat, Number(before.iat) + 60)
  assert.equal('nonce' in after, false)
  assert.notEqual(after.at_hash, before.at_hash)
  for (const name of ['resource', 'sign_in'])
    assert.equal(name in claimsOf(body.access_token ?? ''), false, name)

  const plain = (await agree(client, { scope: 'posts:read' })).get('code') ?? ''
  const tokens = (await exchange(client, { code: plain })).body
  const refreshed = await refresh(client, tokens.refresh_token ?? '')
  assert.equal('id_token' in refreshed.body, false)
})

test('a refresh token expires, and a consent ends (OT-19)', async (t) => {
  const { shop, agree, exchange, refresh, clock } = await withUser(t, {
    oauth: { scopes: { 'posts:read': 'Read' }, refresh: '2d', session: '3d' },
  })
  const client = await shop()
  const tokens = async () =>
    (await exchange(client, { code: (await agree(client)).get('code') ?? '' })).body
  const unused = await tokens()
  clock.advance('2d')
  assert.equal(
    (await refresh(client, unused.refresh_token ?? '')).body.error,
    'invalid_grant',
  )
  let { refresh_token: token = '' } = await tokens()
  for (const status of [200, 200, 400]) {
    clock.advance('1d')
    const answer = await refresh(client, token)
    assert.equal(answer.status, status)
    token = answer.body.refresh_token ?? ''
  }
})

test('the tokens of applications and those of users are exchanged at their own endpoints', async (t) => {
  const { shop, agree, exchange, refresh, send, auth, ada } = await withUser(t)
  const client = await shop()
  const other = await shop()
  const code = (await agree(client)).get('code') ?? ''
  const { refresh_token: token = '', access_token: access = '' } = (
    await exchange(client, { code })
  ).body
  const json = (path: string, body: object) =>
    send('POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  assert.equal((await json('/api/token/refresh/', { refresh: token })).status, 401)
  assert.equal((await json('/api/token/blacklist/', { refresh: token })).status, 401)
  const own = await auth.signIn(ada)
  for (const [who, presented] of [
    [client, own.refresh],
    [client, own.access],
    [client, access],
    [other, token],
    [client, 'x'],
  ] as const)
    assert.equal((await refresh(who, presented)).body.error, 'invalid_grant')
  // None of it has spent a token.
  assert.equal((await refresh(client, token)).status, 200)
  assert.equal((await json('/api/token/refresh/', { refresh: own.refresh })).status, 200)
})

test('an application without the grant gets no refresh token', async (t) => {
  const { shop, agree, exchange } = await withUser(t)
  const client = await shop({ grants: ['authorization_code'] })
  const code = (await agree(client, { scope: 'posts:read' })).get('code') ?? ''
  const { body } = await exchange(client, { code })
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'scope',
    'token_type',
  ])
})

test('revoking a token of a user ends the consent, and that of another application stays (OT-21)', async (t) => {
  const { shop, agree, exchange, form, guarded, refresh } = await withUser(t)
  const client = await shop()
  const other = await shop()
  const tokensOf = async (who: typeof client) =>
    (await exchange(who, { code: (await agree(who)).get('code') ?? '' })).body
  const [mine, theirs] = [await tokensOf(client), await tokensOf(other)]
  const revoke = (token: string) =>
    form('/oauth/revoke', { token }, basicOf(client.id, client.secret))

  assert.equal((await revoke(theirs.refresh_token ?? '')).status, 200)
  assert.equal((await guarded(theirs.access_token ?? '')).status, 200)
  assert.equal((await revoke(mine.refresh_token ?? '')).status, 200)
  assert.equal((await guarded(mine.access_token ?? '')).status, 401)
  assert.equal((await refresh(client, mine.refresh_token ?? '')).status, 400)
  const again = await tokensOf(client)
  assert.equal((await revoke(again.access_token ?? '')).status, 200)
  assert.equal((await refresh(client, again.refresh_token ?? '')).status, 400)
})

test('a consent ends with the user, the password and the application', async (t) => {
  const { shop, agree, exchange, guarded, refresh, auth, ada, signedIn } =
    await withUser(t)
  const client = await shop({ skipConsent: true })
  const tokens = async () =>
    (await exchange(client, { code: (await agree(client)).get('code') ?? '' })).body
  await signedIn()
  const first = await tokens()
  await auth.users.setPassword(ada.id, 'qhr4-7mzt-w2pd-x9kc')
  assert.equal((await guarded(first.access_token ?? '')).status, 401)
  assert.equal((await refresh(client, first.refresh_token ?? '')).status, 400)
  await signedIn()
  const second = await tokens()
  await auth.clients.disable(client.id)
  assert.equal((await guarded(second.access_token ?? '')).status, 401)
  assert.equal((await refresh(client, second.refresh_token ?? '')).status, 401)
})

test('userinfo says what the scopes allow', async (t) => {
  const {
    shop,
    agree,
    exchange,
    send,
    ada,
    ownToken,
    client: machine,
  } = await withUser(t)
  const client = await shop()
  const infoFor = async (scope: string) => {
    const code = (await agree(client, { scope })).get('code') ?? ''
    const { access_token: token } = (await exchange(client, { code })).body
    return send('GET', '/oauth/userinfo', {
      headers: { authorization: `Bearer ${token}` },
    })
  }
  assert.deepEqual((await infoFor('openid')).body, { sub: ada.id })
  assert.deepEqual((await infoFor('openid email profile')).body, {
    sub: ada.id,
    preferred_username: 'ada',
    email: 'ada@example.com',
    email_verified: true,
  })
  const without = await infoFor('posts:read')
  assert.equal(without.status, 403)
  assert.match(
    without.headers.get('www-authenticate') ?? '',
    /insufficient_scope.*openid/,
  )
  assert.equal((await send('GET', '/oauth/userinfo')).status, 401)
  const own = await ownToken(await machine())
  const asMachine = await send('GET', '/oauth/userinfo', {
    headers: { authorization: `Bearer ${own}` },
  })
  assert.equal(asMachine.status, 403)
})
