import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { isAuthenticated } from '../../src/permissions/index.ts'
import { socialOAuth2 } from '../../src/presets/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { type Answer, socialApp, withAuthenticator } from '../social/setup.ts'

const ADA = { sub: 'a-1', email: 'ada@example.com', email_verified: true }

const OAUTH = { scopes: { read: 'Read', write: 'Write' } } as const

async function open(t: TestContext, options = {}, providerOptions = {}) {
  const preset = socialOAuth2()
  const app = await socialApp(
    { oauth: OAUTH, authentication: [preset.scheme], presets: [preset], ...options },
    providerOptions,
  )
  cleanUp(t, () => app[Symbol.asyncDispose]())
  const client = async (id: string, more = {}) =>
    app.auth.clients.create({
      name: id,
      id,
      proof: 'none',
      grants: ['refresh_token'],
      scopes: ['read', 'write'],
      skipConsent: true,
      ...more,
    })
  await client('site')
  await client('mobile')
  const post = (
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => app.request('POST', `/auth${path}`, body, headers)
  const convert = (token: string, more: object = {}): Promise<Answer> =>
    post('/convert-token/', {
      grant_type: 'convert_token',
      backend: 'acme',
      client_id: 'site',
      token,
      ...more,
    })
  const refresh = (token: string, id = 'site'): Promise<Answer> =>
    post('/token/', { grant_type: 'refresh_token', refresh_token: token, client_id: id })
  return { ...app, preset, client, post, convert, refresh }
}

const bearer = ({ body }: Answer) => ({ authorization: `Bearer ${body.access_token}` })

test("a provider's token becomes tokens of one account, each time (SO-01, SO-02)", async (t) => {
  const { auth, provider, convert } = await open(t)
  const first = await convert(provider.accessToken(ADA))
  assert.equal(first.status, 200)
  assert.deepEqual(Object.keys(first.body), [
    'access_token',
    'expires_in',
    'token_type',
    'scope',
    'refresh_token',
  ])
  const again = await convert(provider.accessToken(ADA))
  assert.equal(again.status, 200)
  const [user, ...others] = await auth.users.list()
  assert.deepEqual(others, [])
  assert.equal((await auth.identities.list(user?.id ?? '')).length, 1)
})

test('a user with a second factor gets no tokens for a token of a provider alone', async (t) => {
  const app = await open(t, { secondFactors: { rememberDevice: '30d' } })
  const { auth, provider, convert, request, signIn } = app
  const code = await withAuthenticator(app, ADA)
  const refused = await convert(provider.accessToken(ADA))
  assert.deepEqual(
    [refused.status, refused.body],
    [400, { error: 'invalid_grant', error_description: 'User inactive or deleted.' }],
  )

  // Nor on a device that need not show it again.
  const { ticket } = (await signIn({ id_token: provider.idToken(ADA) })).body
  const step = { ticket, code: code(), remember_device: true }
  const { body } = await request('POST', '/auth/second-factor/', step)
  const device = { 'x-device-token': body.device_token }
  const remembered = await signIn({ id_token: provider.idToken(ADA) }, device)
  assert.equal(remembered.status, 200, 'the control')
  const again = await app.post(
    '/convert-token/',
    {
      grant_type: 'convert_token',
      backend: 'acme',
      client_id: 'site',
      token: provider.accessToken(ADA),
    },
    device,
  )
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])

  const user = await auth.users.find({ email: ADA.email })
  const sessions = await auth.sessions.list(user?.id ?? '')
  assert.deepEqual(
    sessions.map(({ clientId }) => clientId),
    [undefined, undefined, undefined],
  )
  await auth.secondFactors.reset(user?.id ?? '')
  assert.equal((await convert(provider.accessToken(ADA))).status, 200)
})

test('a token for another application signs nobody in (SO-03), unless it is trusted', async (t) => {
  const { auth, provider, convert } = await open(t)
  const foreign = await convert(provider.accessToken(ADA, 'other-app'))
  assert.equal(foreign.status, 400)
  assert.deepEqual(foreign.body, {
    error: 'access_denied',
    error_description: "Your credentials aren't allowed",
  })
  assert.deepEqual(await auth.users.list(), [])

  const trusting = await open(t, {}, { trustedAudiences: ['other-app'] })
  const token = trusting.provider.accessToken(ADA, 'other-app')
  assert.equal((await trusting.convert(token)).status, 200)
})

test('an ID token is checked as everywhere (SO-17)', async (t) => {
  const { provider, convert } = await open(t)
  const asIdToken = { token_type: 'id_token' }
  assert.equal((await convert(provider.idToken(ADA), asIdToken)).status, 200)
  const wrong = [
    { iss: 'https://evil.example.com' },
    { aud: 'other-app' },
    { exp: 1 },
    { nonce: 'n-1' },
  ]
  for (const claims of wrong) {
    const { status, body } = await convert(
      provider.idToken({ ...ADA, ...claims }),
      asIdToken,
    )
    assert.deepEqual([status, body.error], [400, 'access_denied'], JSON.stringify(claims))
  }
  const [, payload] = provider.idToken(ADA).split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  assert.equal((await convert(unsigned, asIdToken)).status, 400)
  const right = { ...asIdToken, nonce: 'n-1' }
  assert.equal(
    (await convert(provider.idToken({ ...ADA, nonce: 'n-1' }), right)).status,
    200,
  )
})

test('what is missing or unknown is named (SO-04)', async (t) => {
  const { provider, convert } = await open(t)
  const token = provider.accessToken(ADA)
  for (const [fields, description] of [
    [{ token: undefined }, 'Missing token parameter.'],
    [{ token: '' }, 'Missing token parameter.'],
    [{ backend: undefined }, 'Missing backend parameter.'],
    [{ backend: 'nobook' }, 'Invalid backend parameter.'],
    [{ backend: '__proto__' }, 'Invalid backend parameter.'],
  ] as const) {
    const { status, body } = await convert(token, fields)
    assert.deepEqual(
      [status, body],
      [400, { error: 'invalid_request', error_description: description }],
      JSON.stringify(fields),
    )
  }
  assert.deepEqual(provider.requested, [])
})

test('an application proves who it is before the provider is asked (SO-05)', async (t) => {
  const { auth, provider, convert } = await open(t)
  const { secret } = await auth.clients.create({
    name: 'Server',
    id: 'server',
    grants: ['refresh_token'],
    scopes: ['read'],
    skipConsent: true,
  })
  const statusOf = async (fields: object) => {
    const { status, body } = await convert(provider.accessToken(ADA), fields)
    return [status, body.error]
  }
  const server = { client_id: 'server' }
  assert.deepEqual(await statusOf({ client_id: 'nobody' }), [400, 'invalid_request'])
  for (const fields of [
    server,
    { ...server, client_secret: 'wrong' },
    { client_id: 'site', client_secret: 'wrong' },
  ])
    assert.deepEqual(await statusOf(fields), [401, 'invalid_client'])
  assert.deepEqual(provider.requested, [])
  assert.deepEqual(await statusOf({ client_id: 'site' }), [200, undefined])
  const right = { ...server, client_secret: secret }
  assert.deepEqual(await statusOf(right), [200, undefined])
})

test('tokens are converted by POST alone (SO-16)', async (t) => {
  const { request } = await open(t)
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, headers } = await request(method, '/auth/convert-token/')
    assert.equal(status, 405, method)
    assert.match(headers.get('allow') ?? '', /POST/)
  }
})

test("a provider's refusal is in the log alone (SO-06)", async (t) => {
  const { provider, convert, log } = await open(t)
  provider.faults.set('/me', (response) => {
    response.writeHead(401).end('private words')
  })
  const { status, body } = await convert(provider.accessToken(ADA))
  assert.deepEqual(
    [status, body],
    [
      400,
      {
        error: 'access_denied',
        error_description: "Your credentials aren't allowed",
      },
    ],
  )
  assert.match(JSON.stringify(log), /"acme".*unexpected HTTP status code/)
})

test('a profile without a subject shares no account', async (t) => {
  const { auth, provider, convert } = await open(t)
  const { sub: _, ...nobody } = ADA
  assert.equal((await convert(provider.accessToken(nobody))).status, 400)
  assert.deepEqual(await auth.users.list(), [])
})

test('a provider that does not answer is 503 and no text of it is shown (SO-06, SO-07)', async (t) => {
  const { provider, convert } = await open(t)
  provider.faults.set('/me', (response) => {
    response.writeHead(500).end('secret cause')
  })
  const { status, body, headers } = await convert(provider.accessToken(ADA))
  assert.equal(status, 503)
  assert.equal(body.error, 'temporarily_unavailable')
  assert.doesNotMatch(JSON.stringify(body), /secret cause/)
  assert.notEqual(headers.get('retry-after'), null)
})

test('an inactive account gets no tokens (SO-08)', async (t) => {
  const { auth, provider, convert, refresh } = await open(t)
  const { body } = await convert(provider.accessToken(ADA))
  const [user] = await auth.users.list()
  await auth.users.change(user?.id ?? '', { active: false })
  const again = await convert(provider.accessToken(ADA))
  assert.equal(again.status, 400)
  assert.deepEqual(again.body, {
    error: 'invalid_grant',
    error_description: 'User inactive or deleted.',
  })
  assert.equal((await refresh(body.refresh_token)).status, 400)
})

test("another account's address is not linked (SO-09), but with linkByVerifiedEmail (SO-10, SO-11)", async (t) => {
  const app = await open(t)
  const input = { username: 'ada', email: 'Ada@example.com', emailVerified: true }
  await app.auth.users.create(input)
  const refused = await app.convert(app.provider.accessToken(ADA))
  assert.deepEqual([refused.status, refused.body.error], [400, 'access_denied'])
  assert.equal((await app.auth.users.list()).length, 1)

  const linking = await open(t, {}, { linkByVerifiedEmail: true })
  await linking.auth.users.create(input)
  const token = linking.provider.accessToken(ADA)
  assert.equal((await linking.convert(token)).status, 200)
  assert.equal((await linking.auth.users.list()).length, 1)
  assert.equal((await linking.auth.events.list({ kind: 'identity_linked' })).length, 1)
})

test('only applications of the operator convert tokens', async (t) => {
  const { provider, convert, client } = await open(t)
  await client('partner', { skipConsent: false })
  const answer = await convert(provider.accessToken(ADA), { client_id: 'partner' })
  assert.deepEqual([answer.status, answer.body], [400, { error: 'unauthorized_client' }])
  assert.deepEqual(provider.requested, [])
})

test('a revoked token ends its session (SO-12)', async (t) => {
  const { provider, convert, refresh, post } = await open(t)
  const { body } = await convert(provider.accessToken(ADA))
  const revoked = await post('/revoke-token/', {
    token: body.access_token,
    client_id: 'site',
  })
  assert.equal(revoked.status, 204)
  assert.equal((await refresh(body.refresh_token)).status, 400)
  // What needs a token refuses the revoked one.
  const headers = { authorization: `Bearer ${body.access_token}` }
  const fields = { client_id: 'site' }
  assert.equal((await post('/invalidate-sessions/', fields, headers)).status, 401)
})

for (const path of ['/invalidate-sessions/', '/invalidate-refresh-tokens/'])
  test(`${path} ends the sessions of one application, with their refresh tokens (SO-13)`, async (t) => {
    const { provider, convert, refresh, post } = await open(t)
    const token = () => provider.accessToken(ADA)
    const [one, two] = [await convert(token()), await convert(token())]
    const other = await convert(token(), { client_id: 'mobile' })
    const missing = await post(path, {}, bearer(one))
    assert.deepEqual(
      [missing.status, missing.body],
      [400, { client_id: ['This field is required.'] }],
    )
    const unknown = await post(path, { client_id: 'nobody' }, bearer(one))
    assert.equal(unknown.status, 400)
    assert.match(unknown.body.detail, /could not be found/)

    assert.equal((await post(path, { client_id: 'site' }, bearer(one))).status, 204)

    for (const { body } of [one, two])
      assert.equal((await refresh(body.refresh_token)).status, 400)
    assert.equal((await refresh(other.body.refresh_token, 'mobile')).status, 200)
    assert.equal((await post(path, { client_id: 'site' }, bearer(one))).status, 401)
  })

test('an application that is not the operator’s own ends and disconnects nothing', async (t) => {
  const { auth, provider, convert, post, refresh, client } = await open(t, {
    presets: [socialOAuth2({ passwordGrant: ['partner'] })],
  })
  const { body } = await convert(provider.accessToken(ADA))
  const [user] = await auth.users.list()
  const password = 'qhr4-7mzt-w2pd-x9kc'
  await auth.users.setPassword(user?.id ?? '', password)
  const again = await convert(provider.accessToken(ADA))
  await client('partner', { skipConsent: false })
  const credentials = { username: user?.username, password, client_id: 'partner' }
  const partner = await post('/token/', { grant_type: 'password', ...credentials })
  assert.equal(partner.status, 200, JSON.stringify(partner.body))
  const [identity] = await auth.identities.list(user?.id ?? '')
  const disconnection = { backend: 'acme', association_id: identity?.id }
  for (const [path, fields] of [
    ['/invalidate-sessions/', { client_id: 'site' }],
    ['/disconnect-backend/', disconnection],
  ] as const) {
    assert.equal((await post(path, fields, bearer(partner))).status, 403, path)
  }
  assert.equal((await auth.identities.list(user?.id ?? '')).length, 1)
  assert.equal((await refresh(again.body.refresh_token)).status, 200)
  // The new password has ended it.
  assert.equal((await refresh(body.refresh_token)).status, 400)
})

test('the last way to sign in stays; another one is disconnected (SO-14)', async (t) => {
  const { auth, provider, convert, post } = await open(t)
  const signedIn = await convert(provider.accessToken(ADA))
  const [user] = await auth.users.list()
  const [identity] = await auth.identities.list(user?.id ?? '')
  const fields = { backend: 'acme', association_id: identity?.id }
  const last = await post('/disconnect-backend/', fields, bearer(signedIn))
  assert.equal(last.status, 400)
  const unknown = { ...fields, association_id: 'x' }
  const other = await post('/disconnect-backend/', unknown, bearer(signedIn))
  assert.equal(other.status, 204)
  assert.equal((await auth.identities.list(user?.id ?? '')).length, 1)

  await auth.users.setPassword(user?.id ?? '', 'qhr4-7mzt-w2pd-x9kc')
  const again = await convert(provider.accessToken(ADA))
  const done = await post('/disconnect-backend/', fields, bearer(again))
  assert.equal(done.status, 204)
  assert.deepEqual(await auth.identities.list(user?.id ?? ''), [])
})

test('the header names a provider and its token (SO-15), which is asked once a minute', async (t) => {
  const { auth, provider, clock, preset } = await open(t)
  const guarded = guardOf(auth)(
    { schemes: [preset.scheme, preset.providerScheme], permissions: isAuthenticated },
    () => new Response('ok'),
  )
  const send = async (authorization: string) => {
    const answer = await guarded(
      new Request('http://localhost/', { headers: { authorization } }),
    )
    return [answer.status, await answer.text()] as const
  }
  const token = provider.accessToken(ADA)
  assert.deepEqual(await send(`Bearer acme ${token}`), [200, 'ok'])
  const asked = provider.requested.length
  assert.deepEqual(await send(`Bearer acme ${token}`), [200, 'ok'])
  assert.equal(provider.requested.length, asked)
  clock.advance(60)
  assert.equal((await send(`Bearer acme ${token}`))[0], 200)
  assert.ok(provider.requested.length > asked)
  const alone = guardOf(auth)(
    { schemes: [preset.providerScheme], permissions: isAuthenticated },
    () => new Response('ok'),
  )
  for (const [header, text] of [
    ['Bearer', 'No backend provided.'],
    ['Bearer acme', 'No credentials provided.'],
    [`Bearer acme ${token} x`, 'Token string should not contain spaces.'],
    [`Bearer nobook ${token}`, 'Invalid backend.'],
  ] as const) {
    const headers = { authorization: header }
    const refused = await alone(new Request('http://localhost/', { headers }))
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer backend realm="api"')
    const body = (await refused.json()) as { readonly detail: string }
    assert.equal(body.detail, `Invalid token header. ${text}`)
  }
  const foreign = provider.accessToken(ADA, 'other-app')
  assert.equal((await send(`Bearer acme ${foreign}`))[0], 401)

  const [user] = await auth.users.list()
  await auth.users.change(user?.id ?? '', { active: false })
  assert.equal((await send(`Bearer acme ${token}`))[0], 401)
})

test('the header with a token of a provider does not skip a second factor, also if it was added meanwhile', async (t) => {
  const app = await open(t, { secondFactors: true })
  const { auth, preset, provider } = app
  const guarded = guardOf(auth)(
    { schemes: [preset.providerScheme], permissions: isAuthenticated },
    () => new Response('ok'),
  )
  const authorization = `Bearer acme ${provider.accessToken(ADA)}`
  const status = async (): Promise<number> =>
    (await guarded(new Request('http://localhost/', { headers: { authorization } })))
      .status
  assert.equal(await status(), 200, 'the control')
  await withAuthenticator(app, ADA)
  assert.equal(await status(), 401, 'the provider was asked before')
  app.clock.advance('60s')
  assert.equal(await status(), 401, 'it is asked again')
  const user = await auth.users.find({ email: ADA.email })
  await auth.secondFactors.reset(user?.id ?? '')
  assert.equal(await status(), 200)
})

test('it needs the options oauth and social', () => {
  const presets = [socialOAuth2()]
  const database = 'sqlite::memory:'
  assert.throws(() => buildWatchword({ database, presets }), /needs the option oauth/)
  assert.throws(
    () => buildWatchword({ database, presets, oauth: OAUTH, url: 'https://a.test' }),
    /needs the option social/,
  )
})
