import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import { AuthError } from '../../src/base/errors.ts'
import {
  type OAuthToolkitOptions,
  oauthToolkit,
  tokenHasReadWriteScope,
  tokenHasScope,
  tokenMatchesOasRequirements,
} from '../../src/presets/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { testClock } from '../../src/testing/clock.ts'
import { buildWatchword } from '../build-watchword.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const USER = { username: 'ada', password: PASSWORD }

async function open(
  t: TestContext,
  options: OAuthToolkitOptions = {},
  more: Options = {},
) {
  const clock = testClock()
  const preset = oauthToolkit(options)
  const auth = buildWatchword({
    database: 'sqlite::memory:',
    secret: 'aB3dEf6hIj9lMn2pQr5tUv8xYz1cDe4g',
    url: 'https://app.example.com',
    clock: clock.now,
    oauth: {
      scopes: { read: 'Read', write: 'Write', introspection: 'Look' },
      authorizePath: '/o/authorize/',
    },
    authentication: [preset.scheme],
    presets: [preset],
    ...more,
  })
  t.after(() => auth.close())
  const send = async (
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const answer = await auth.handler(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers,
        body: new URLSearchParams(fields),
      }),
    )
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  const machine = await auth.clients.create({
    name: 'Machine',
    scopes: ['read', 'write', 'introspection'],
    audiences: ['https://app.example.com'],
  })
  const tokenOf = async (scope: string): Promise<string> => {
    const { body } = await send('/o/token/', { ...CC, scope, ...proof(machine) })
    return body.access_token
  }
  return { auth, preset, clock, send, machine, tokenOf }
}

const CC = { grant_type: 'client_credentials' } as const

const proof = ({
  client,
  secret = '',
}: {
  readonly client: { readonly id: string }
  readonly secret: string | undefined
}) => ({ client_id: client.id, client_secret: secret })

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`,
})

test('a token for the application itself has exactly four members, in their order (OT-01)', async (t) => {
  const { send, machine } = await open(t, { defaultScopes: ['read'] })
  const { id } = machine.client
  const { status, body, headers } = await send(
    '/o/token/',
    CC,
    basic(id, machine.secret ?? ''),
  )
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), [
    'access_token',
    'expires_in',
    'token_type',
    'scope',
  ])
  assert.equal(body.scope, 'read')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('pragma'), 'no-cache')
})

test('a wrong secret has the challenge of the toolkit (OT-02), two proofs are refused (OT-04)', async (t) => {
  const { send, machine } = await open(t)
  const { id } = machine.client
  const wrong = await send('/o/token/', CC, basic(id, 'wrong'))
  assert.equal(wrong.status, 401)
  assert.deepEqual(wrong.body, { error: 'invalid_client' })
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer error="invalid_client"')
  assert.equal(wrong.headers.get('pragma'), 'no-cache')

  const both = await send(
    '/o/token/',
    { ...CC, ...proof(machine) },
    basic(id, machine.secret ?? ''),
  )
  assert.equal(both.status, 400)
  assert.equal(both.body.error, 'invalid_request')
})

const PASSWORD_GRANT = { grant_type: 'password', ...USER } as const

test('the password grant is for the applications of passwordGrant alone', async (t) => {
  const { send, auth, machine } = await open(t)
  await auth.users.create(USER)
  const off = await send('/o/token/', { ...PASSWORD_GRANT, ...proof(machine) })
  assert.deepEqual([off.status, off.body], [400, { error: 'unsupported_grant_type' }])

  const on = await open(t, { passwordGrant: ['cli'] })
  await on.auth.users.create(USER)
  const cli = await on.auth.clients.create({
    name: 'Cli',
    id: 'cli',
    grants: ['refresh_token'],
    scopes: ['read'],
  })
  const other = await on.send('/o/token/', { ...PASSWORD_GRANT, ...proof(on.machine) })
  assert.deepEqual([other.status, other.body], [400, { error: 'unauthorized_client' }])
  const answer = await on.send('/o/token/', { ...PASSWORD_GRANT, ...proof(cli) })
  assert.equal(answer.status, 200)
  const signedIn = await on.auth.events.list({ kind: 'signed_in' })
  assert.deepEqual(signedIn[0]?.detail, {
    methods: ['pwd'],
    client: 'cli',
    scopes: ['read'],
    audiences: ['https://app.example.com'],
  })
  const wrong = { ...PASSWORD_GRANT, password: 'wrong', ...proof(cli) }
  const refused = await on.send('/o/token/', wrong)
  assert.equal(refused.status, 400)
  assert.deepEqual(refused.body, {
    error: 'invalid_grant',
    error_description: 'Invalid credentials given.',
  })
})

test('a user who needs a second factor gets no tokens by a password', async (t) => {
  const { auth, send } = await open(t, { passwordGrant: ['cli'] }, {
    signInChecks: [() => () => new AuthError('mfa_required')],
  } as unknown as Options)
  const { id } = await auth.users.create(USER)
  const cli = await auth.clients.create({
    name: 'Cli',
    id: 'cli',
    grants: ['refresh_token'],
    scopes: ['read'],
  })
  const { status, body } = await send('/o/token/', { ...PASSWORD_GRANT, ...proof(cli) })
  assert.equal(status, 400)
  assert.equal(body.error, 'invalid_grant')
  assert.deepEqual(await auth.sessions.list(id), [])
})

test('introspection is for services the token is for, and for tokens with the scope (OT-22)', async (t) => {
  const { send, auth, machine, tokenOf } = await open(t)
  const token = await tokenOf('read')
  const other = await auth.clients.create({ name: 'Other', scopes: ['read'] })

  const service = await send('/o/introspect/', { token, ...proof(machine) })
  assert.deepEqual(Object.keys(service.body), ['active', 'scope', 'exp', 'client_id'])
  const stranger = await send('/o/introspect/', { token, ...proof(other) })
  assert.deepEqual(stranger.body, { active: false })
  const bearer = { authorization: `Bearer ${await tokenOf('introspection')}` }
  assert.equal((await send('/o/introspect/', { token }, bearer)).body.active, true)
  const without = { authorization: `Bearer ${token}` }
  assert.equal((await send('/o/introspect/', { token }, without)).status, 403)
  assert.equal((await send('/o/introspect/', { token })).status, 403)
  assert.equal((await send('/o/introspect/', { ...proof(machine) })).status, 400)
})

test('a revoked token opens nothing; that of another application stays (OT-21)', async (t) => {
  const { send, auth, machine, tokenOf } = await open(t)
  const other = await auth.clients.create({ name: 'Other', scopes: ['read'] })
  const token = await tokenOf('read')
  const active = async () =>
    (await send('/o/introspect/', { token, ...proof(machine) })).body.active
  assert.equal((await send('/o/revoke_token/', { token, ...proof(other) })).status, 200)
  assert.equal(await active(), true)
  const revoked = await send('/o/revoke_token/', { token, ...proof(machine) })
  assert.deepEqual([revoked.status, revoked.body], [200, undefined])
  assert.equal(await active(), false)
})

test('the scheme says what is wrong with a token in its challenge alone (OT-23)', async (t) => {
  const { auth, clock, tokenOf } = await open(t)
  const guarded = guardOf(auth)(
    { permissions: tokenHasScope('read'), clients: true },
    () => new Response('ok'),
  )
  const answerTo = async (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return guarded(new Request('http://localhost/', { headers }))
  }
  const token = await tokenOf('read')
  assert.equal((await answerTo(token)).status, 200)
  const lacking = await answerTo(await tokenOf('write'))
  assert.equal(lacking.status, 403)
  assert.equal(lacking.headers.get('www-authenticate'), null)
  clock.advance('1h')
  const challenges = []
  for (const each of [undefined, 'wrong', token]) {
    const answer = await answerTo(each)
    assert.equal(answer.status, 401)
    assert.deepEqual(await answer.json(), {
      detail: 'Authentication credentials were not provided.',
    })
    challenges.push(answer.headers.get('www-authenticate'))
  }
  const error = 'Bearer realm="api",error="invalid_token",error_description='
  assert.deepEqual(challenges, [
    'Bearer realm="api"',
    `${error}"The access token is invalid."`,
    `${error}"The access token has expired."`,
  ])
})

test('permissions go by the method', async (t) => {
  const { auth, tokenOf } = await open(t)
  const statuses = async (permissions: never, scope: string) => {
    const guarded = guardOf(auth)(
      { permissions, clients: true },
      () => new Response('ok'),
    )
    const authorization = `Bearer ${await tokenOf(scope)}`
    const methods = ['GET', 'POST', 'PUT'].map((method) =>
      guarded(new Request('http://localhost/', { method, headers: { authorization } })),
    )
    return (await Promise.all(methods)).map(({ status }) => status)
  }
  const readWrite = tokenHasReadWriteScope() as never
  assert.deepEqual(await statuses(readWrite, 'read'), [200, 403, 403])
  assert.deepEqual(await statuses(readWrite, 'write'), [403, 200, 200])
  const byMethod = tokenMatchesOasRequirements({
    GET: [['read']],
    POST: [['read', 'write'], ['introspection']],
  }) as never
  assert.deepEqual(await statuses(byMethod, 'read'), [200, 403, 403])
  assert.deepEqual(await statuses(byMethod, 'introspection'), [403, 200, 403])
  assert.throws(() => tokenHasScope(), { code: 'invalid_config' })
})

test('the database has no token and no secret in clear text (OT-28)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-oauth-toolkit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const database = join(folder, 'app.db')
  const app = await open(t, { passwordGrant: ['cli'] }, { database })
  await app.auth.users.create(USER)
  const cli = await app.auth.clients.create({
    name: 'Cli',
    id: 'cli',
    grants: ['refresh_token'],
    scopes: ['read'],
  })
  const { body } = await app.send('/o/token/', { ...PASSWORD_GRANT, ...proof(cli) })
  const own = await app.tokenOf('read')
  await app.auth.close()
  const bytes = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('')
  assert.match(bytes, /Machine/)
  const secrets = [cli.secret, app.machine.secret, PASSWORD]
  for (const each of [...secrets, body.access_token, body.refresh_token, own]) {
    // Of a signed token, the signature.
    const text = String(each).split('.').at(-1) ?? ''
    assert.ok(text.length > 15)
    assert.ok(!bytes.includes(text))
  }
})

test('it needs the option oauth, and knows the names of the toolkit', () => {
  assert.throws(
    () => buildWatchword({ database: 'sqlite::memory:', presets: [oauthToolkit()] }),
    /oauthToolkit\(\) needs the option oauth/,
  )
  assert.throws(
    () => oauthToolkit({ PKCE_REQUIRED: false } as never),
    /Leave it out: PKCE with S256 is always required/,
  )
})

test('the metadata names the endpoints of the preset (OT-24)', async (t) => {
  const { auth } = await open(t)
  const answer = await auth.handler(
    new Request('http://evil.test/o/.well-known/openid-configuration'),
  )
  const document = (await answer.json()) as Readonly<Record<string, string>>
  assert.equal(document.issuer, 'https://app.example.com')
  assert.equal(document.authorization_endpoint, 'https://app.example.com/o/authorize/')
  const path = (name: string): string =>
    (document[name] ?? '').replace('https://app.example.com', 'http://localhost')
  for (const name of ['token', 'revocation', 'introspection'].map(
    (each) => `${each}_endpoint`,
  )) {
    const { status } = await auth.handler(new Request(path(name), { method: 'POST' }))
    assert.notEqual(status, 404, name)
  }
  for (const name of ['userinfo_endpoint', 'jwks_uri'])
    assert.notEqual((await auth.handler(new Request(path(name)))).status, 404, name)
})
