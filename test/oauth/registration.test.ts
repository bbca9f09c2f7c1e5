import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { userOf } from './consent.ts'
import { provider, URL_OF_APP } from './setup.ts'

const SCOPES = { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' }

const registering = (t: TestContext, registration: 'token' | 'open' = 'token') => {
  const app = provider(t, {
    oauth: { scopes: SCOPES, registration, registrationScopes: ['posts:read'] },
  })
  const call = async (
    method: string,
    path: string,
    { body, token }: { body?: object; token?: string | undefined } = {},
  ) => {
    const answer = await app.send(method, path, {
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { ...answer, body: answer.body as Record<string, unknown> }
  }
  return {
    ...app,
    call,
    async register(body: object, given?: string | undefined) {
      const { token } =
        given === undefined && registration === 'token'
          ? await app.auth.clients.registrationToken()
          : { token: given }
      return call('POST', '/oauth/register', { body, token })
    },
  }
}

const AGENT = {
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

test('an application registers itself with an initial access token', async (t) => {
  const app = registering(t)
  const { status, body, headers } = await app.register(AGENT)
  assert.equal(status, 201)
  assert.equal(headers.get('cache-control'), 'no-store')
  const { client_id, client_id_issued_at, registration_access_token, ...rest } = body
  assert.match(String(client_id), /^client_/)
  assert.equal(client_id_issued_at, Math.floor(app.clock.now()))
  assert.match(String(registration_access_token), /^wwr_/)
  assert.deepEqual(rest, {
    ...AGENT,
    post_logout_redirect_uris: [],
    subject_type: 'public',
    scope: 'openid profile email phone offline_access posts:read',
    registration_client_uri: `${URL_OF_APP}/oauth/register/${client_id}`,
  })
  const stored = await app.auth.clients.find(String(client_id))
  assert.deepEqual(
    [stored?.name, stored?.proof, stored?.skipConsent],
    ['Agent', 'none', false],
  )
})

test('the user is asked, and the application gets tokens of the scopes for registered ones', async (t) => {
  const app = registering(t)
  const { body } = await app.register({ ...AGENT, scope: 'openid posts:read admin' })
  assert.equal(body.scope, 'openid posts:read')
  const user = await userOf(app)
  const client = { id: String(body.client_id), secret: '' }
  const redirect_uri = 'https://agent.example/cb'
  await user.signedIn()
  const page = await user.browser.open(user.address(client, { redirect_uri }))
  assert.match(page.text, /has registered itself\. Nobody has checked its name/)
  const answer = await user.agree(client, { redirect_uri })
  const code = answer.get('code') ?? undefined
  const tokens = await user.exchange(client, { code, client_id: client.id, redirect_uri })
  assert.equal(tokens.status, 200)
  assert.equal((await app.guarded(tokens.body.access_token ?? '')).status, 200)
})

test('an initial access token registers one application, also at once', async (t) => {
  const app = registering(t)
  const { token } = await app.auth.clients.registrationToken()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => app.register(AGENT, token)),
  )
  const statuses = answers.map(({ status }) => status).toSorted()
  assert.deepEqual(statuses, [201, ...Array.from({ length: 9 }, () => 401)])
  assert.equal((await app.auth.clients.list()).length, 1)
})

test('an error does not consume the initial access token', async (t) => {
  const app = registering(t)
  const { token } = await app.auth.clients.registrationToken()
  const refused = await app.register(
    { ...AGENT, redirect_uris: ['http://evil.example'] },
    token,
  )
  assert.equal(refused.status, 400)
  assert.equal((await app.register(AGENT, token)).status, 201)
})

test('without a token, with a wrong one, an expired one or that of something else: 401', async (t) => {
  const app = registering(t)
  const { token } = await app.auth.clients.registrationToken({ expiresIn: '1h' })
  app.clock.advance('1h')
  const user = await app.auth.users.create({ username: 'eve' })
  const { access } = await app.auth.signIn(user.id)
  for (const each of [undefined, 'wrong', token, access]) {
    const { status, body, headers } = await app.call('POST', '/oauth/register', {
      body: AGENT,
      token: each,
    })
    assert.deepEqual([status, body.error], [401, 'invalid_token'])
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer .*invalid_token/)
  }
  assert.deepEqual(await app.auth.clients.list(), [])
})

test('all that an application changes of its registration is stored', async (t) => {
  const app = registering(t)
  const { body: made } = await app.register(AGENT)
  const [path, token] = [
    String(made.registration_client_uri).slice(URL_OF_APP.length),
    String(made.registration_access_token),
  ]
  const changes = {
    ...AGENT,
    client_name: 'Agent 2',
    redirect_uris: ['https://agent.example/2'],
    post_logout_redirect_uris: ['https://agent.example/out'],
    scope: 'openid',
    backchannel_logout_uri: 'https://agent.example/logout',
    backchannel_logout_session_required: true,
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
  }
  const put = await app.call('PUT', path, {
    body: { ...changes, client_id: made.client_id },
    token,
  })
  assert.equal(put.status, 200)
  const { body: shown } = await app.call('GET', path, { token })
  assert.deepEqual(shown, put.body)
  for (const [name, value] of Object.entries(changes))
    assert.deepEqual(shown[name], value, name)
})

test('an application without a user is deleted after a month, unless an operator has decided about it', async (t) => {
  const app = registering(t)
  const registered = async () => String((await app.register(AGENT)).body.client_id)
  const [used, disabled, unused] = [
    await registered(),
    await registered(),
    await registered(),
  ]
  const ours = await app.auth.clients.create({
    name: 'Ours',
    redirectUris: ['https://ours.example/cb'],
    proof: 'none',
  })
  await app.auth.clients.disable(disabled)
  const user = await userOf(app)
  await user.signedIn()
  app.clock.advance('29d')
  const redirect_uri = 'https://agent.example/cb'
  await user.signedIn()
  const answer = await user.agree({ id: used }, { redirect_uri })
  const code = answer.get('code') ?? undefined
  await user.exchange({ id: used, secret: '' }, { code, client_id: used, redirect_uri })
  const idsLeft = async () => (await app.auth.clients.list()).map(({ id }) => id).sort()
  await app.auth.flush()
  assert.equal((await idsLeft()).length, 4)
  app.clock.advance('3d')
  const { clients } = (await app.auth.flush()) as { clients?: number }
  assert.equal(clients, 1)
  assert.deepEqual(await idsLeft(), [used, disabled, ours.client.id].sort())
  assert.equal(await app.auth.clients.find(unused), undefined)
})

const INVALID: readonly (readonly [object, string])[] = [
  [{ redirect_uris: ['http://evil.example/cb'] }, 'invalid_redirect_uri'],
  [{ redirect_uris: ['https://a.example/#x'] }, 'invalid_redirect_uri'],
  [{ redirect_uris: ['https://user@a.example/'] }, 'invalid_redirect_uri'],
  [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
  [{ redirect_uris: ['myapp:/cb'] }, 'invalid_redirect_uri'],
  [{ redirect_uris: 'https://a.example/' }, 'invalid_client_metadata'],
  [{ redirect_uris: [{ $ne: '' }] }, 'invalid_client_metadata'],
  [{ redirect_uris: [] }, 'invalid_client_metadata'],
  [
    { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://a.example/${i}`) },
    'invalid_client_metadata',
  ],
  [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
  [{ grant_types: ['implicit', 'password'] }, 'invalid_client_metadata'],
  [{ response_types: ['token'] }, 'invalid_client_metadata'],
  [{ token_endpoint_auth_method: 'tls_client_auth' }, 'invalid_client_metadata'],
  [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
  [
    { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://a.example/k' },
    'invalid_client_metadata',
  ],
  [{ client_name: '' }, 'invalid_client_metadata'],
  [{ client_name: 'a\u202eb' }, 'invalid_client_metadata'],
  [{ client_name: ['a'] }, 'invalid_client_metadata'],
  [{ scope: 'a"b' }, 'invalid_client_metadata'],
]

test('metadata that is not valid is refused', async (t) => {
  const app = registering(t, 'open')
  for (const [change, error] of INVALID) {
    const answer = await app.register({ ...AGENT, ...change })
    assert.deepEqual(
      [answer.status, answer.body.error],
      [400, error],
      JSON.stringify(change),
    )
  }
  assert.deepEqual(await app.auth.clients.list(), [])
})

test('an application with a secret gets one, and authenticates with it', async (t) => {
  const app = registering(t)
  const { body } = await app.register({ redirect_uris: AGENT.redirect_uris })
  assert.equal(body.token_endpoint_auth_method, 'client_secret_basic')
  assert.deepEqual(body.grant_types, ['authorization_code'])
  assert.equal(body.client_secret_expires_at, 0)
  const wrong = await app.form('/oauth/token', {
    grant_type: 'authorization_code',
    code: 'x',
    client_id: String(body.client_id),
    client_secret: String(body.client_secret),
  })
  assert.equal((wrong.body as { error?: string }).error, 'invalid_grant')
})

test('an application shows, changes and deletes its registration with its token', async (t) => {
  const app = registering(t)
  const { body } = await app.register(AGENT)
  const id = String(body.client_id)
  const token = String(body.registration_access_token)
  const path = `/oauth/register/${id}`

  const shown = await app.call('GET', path, { token })
  assert.equal(shown.status, 200)
  assert.equal(shown.body.client_name, 'Agent')
  assert.equal(shown.body.registration_access_token, undefined)

  const next = { ...AGENT, client_id: id, client_name: 'Agent 2', scope: 'openid' }
  const changed = await app.call('PUT', path, { token, body: next })
  assert.equal(changed.status, 200)
  assert.equal(changed.body.client_name, 'Agent 2')
  assert.deepEqual((await app.auth.clients.find(id))?.scopes, ['openid'])

  for (const wrong of [
    { ...next, client_id: 'other' },
    { ...next, client_secret: 'wrong' },
    { ...next, token_endpoint_auth_method: 'client_secret_basic' },
    { ...next, redirect_uris: ['http://evil.example/'] },
  ])
    assert.equal((await app.call('PUT', path, { token, body: wrong })).status, 400)

  assert.equal((await app.call('DELETE', path, { token })).status, 204)
  assert.equal(await app.auth.clients.find(id), undefined)
  assert.equal((await app.call('GET', path, { token })).status, 401)
})

test('only its own token opens a registration', async (t) => {
  const app = registering(t)
  const one = (await app.register(AGENT)).body
  const other = (await app.register(AGENT)).body
  const byOperator = await app.client()
  const token = String(one.registration_access_token)
  for (const id of [String(other.client_id), byOperator.id, 'unknown'])
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { ...AGENT, client_id: id } : undefined
      const { status } = await app.call(method, `/oauth/register/${id}`, {
        token,
        ...(body && { body }),
      })
      assert.equal(status, 401, `${method} ${id}`)
    }
  await app.auth.clients.disable(String(one.client_id))
  const disabled = await app.call('GET', `/oauth/register/${one.client_id}`, { token })
  assert.equal(disabled.status, 401)
})

test('if everybody may register, a network registers twenty applications in an hour', async (t) => {
  const app = registering(t, 'open')
  for (let i = 0; i < 20; i++) assert.equal((await app.register(AGENT)).status, 201)
  assert.equal((await app.register(AGENT)).status, 429)
  app.clock.advance('1h')
  assert.equal((await app.register(AGENT)).status, 201)
})

test('without the option there is no endpoint', async (t) => {
  const app = provider(t)
  const { status } = await app.send('POST', '/oauth/register', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(AGENT),
  })
  assert.equal(status, 404)
  const { body } = await app.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(body.registration_endpoint, undefined)
})

test('the metadata names the endpoint', async (t) => {
  const app = registering(t)
  const { body } = await app.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(body.registration_endpoint, `${URL_OF_APP}/oauth/register`)
})

test('neither token is in the store', async (t) => {
  const app = registering(t)
  const { token } = await app.auth.clients.registrationToken()
  const { body } = await app.register(AGENT, token)
  const [stored] = await app.auth.clients.list()
  const text = JSON.stringify(stored)
  for (const secret of [token, String(body.registration_access_token)])
    assert.equal(text.includes(secret), false)
})
