import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../src/base/errors.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { isRegistered } from '../../src/features/oauth/redirect-uri.ts'
import { isSecretOf } from '../../src/features/oauth/secret.ts'
import { clientStore } from '../../src/features/oauth/sql.ts'
import { generateKey } from '../../src/jwt/index.ts'
import { testInstance } from '../../src/testing/test-instance.ts'
import { folder } from '../cli/folder.ts'
import { openCore } from '../codes/open-core.ts'
import { claimsOf, provider } from './setup.ts'

const REPORTS: NewClient = { name: 'Nightly reports', scopes: ['reports:read'] }
const SHOP: NewClient = { name: 'Shop', redirectUris: ['https://shop.example.com/cb'] }

const KEY = generateKey('ES256').publicJwk

/** What is registered, and the field that is wrong. */
const WRONG: readonly (readonly [string, Record<string, unknown>])[] = [
  ['name', { name: '' }],
  ['name', { name: '\u202egnp.exe' }],
  ['name', { name: 7 }],
  ['id', { id: 'a:b' }],
  ['id', { id: 'ada' }],
  ['scopes', { scopes: ['two words'] }],
  ['scopes', { scopes: 'reports' }],
  ['grants', { grants: [] }],
  ['grants', { grants: ['password'] }],
  ['grants', { grants: ['implicit'] }],
  ['grants', { grants: ['authorization_code'] }],
  ['proof', { proof: 'tls_client_auth' }],
  ['proof', { proof: 'none' }],
  ['resources', { resources: ['api'] }],
  ['resources', { resources: ['https://api.example.com/#x'] }],
  ['keys', { proof: 'private_key_jwt' }],
  ['keys', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
  ['keys', { keys: [{ ...KEY, d: 'AA' }] }],
  [
    'redirectUris',
    { redirectUris: ['https://a.example/cb'], grants: ['client_credentials'] },
  ],
  ...[
    '/cb',
    'https://a.example/cb#x',
    'https://ada@a.example/cb',
    'http://a.example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'app:/cb',
    'https://a.example/ä',
    'https://a.example/cb ',
    'https://a.example/*',
    'https://*.example/cb',
    'https://a.example/b/../cb',
    'https://a.example/b/%2E./cb',
    'https://a.example/b\\cb',
    'https://[::1/cb',
    `https://a.example/${'x'.repeat(2000)}`,
  ].map((uri) => ['redirectUris', { redirectUris: [uri] }] as const),
]

for (const [field, more] of WRONG)
  test(`an application is not registered with ${JSON.stringify(more).slice(0, 60)}`, async (t) => {
    const { auth } = testInstance()
    t.after(() => auth.close())
    await auth.users.create({ id: 'ada', username: 'ada' })

    await assert.rejects(
      auth.clients.create({ ...REPORTS, ...more } as NewClient),
      (error) => {
        assert.ok(error instanceof AuthError)
        assert.equal(error.code, 'invalid')
        assert.deepEqual(Object.keys(error.body ?? {}), [field])
        return true
      },
    )
    assert.deepEqual(await auth.clients.list(), [])
  })

test('an application with redirect URIs signs users in, one without gets tokens for itself', async (t) => {
  const { auth, clock } = testInstance()
  t.after(() => auth.close())

  const shop = await auth.clients.create(SHOP)
  clock.advance(1)
  const reports = await auth.clients.create(REPORTS)
  clock.advance(1)
  const app = await auth.clients.create({
    name: 'Phone',
    proof: 'none',
    redirectUris: ['com.example.phone:/cb', 'http://127.0.0.1/cb', 'http://[::1]/cb'],
  })

  assert.deepEqual(shop.client.grants, ['authorization_code', 'refresh_token'])
  assert.deepEqual(reports.client.grants, ['client_credentials'])
  assert.match(reports.client.id, /^client_[\da-f]{32}$/)
  assert.match(reports.secret ?? '', /^wws_[\w-]{43}$/)
  assert.equal(app.secret, undefined)
  assert.deepEqual(
    (await auth.clients.list()).map(({ name }) => name),
    ['Phone', 'Nightly reports', 'Shop'],
  )
  assert.deepEqual(await auth.clients.find(reports.client.id), reports.client)
})

test('the store has the digest of a secret and nothing that a client could present (OT-28)', async (t) => {
  const { core, instance } = await openCore(t)
  const { createClient } = await import('../../src/features/oauth/clients.ts')
  const { client, secret = '' } = await createClient(REPORTS, core)

  const stored = await core.ports(clientStore).clients.find(client.id)
  assert.doesNotMatch(JSON.stringify(stored), new RegExp(secret))
  assert.equal(isSecretOf(stored, secret, core.clock()), true)
  assert.equal(isSecretOf(stored, `${secret}x`, core.clock()), false)
  assert.equal(isSecretOf(stored, stored?.secret ?? '', core.clock()), false)
  assert.equal(isSecretOf(undefined, '', core.clock()), false)
  assert.equal(isSecretOf({ ...stored!, secret: undefined }, '', core.clock()), false)
  assert.ok(instance)
})

test('a new secret is accepted at once, and the former one until its overlap ends', async (t) => {
  const { core, clock } = await openCore(t)
  const verbs = await import('../../src/features/oauth/clients.ts')
  const { client, secret = '' } = await verbs.createClient(REPORTS, core)
  const rotated = await verbs.rotateSecret(client.id, { overlap: '1h' }, core)

  const stored = await core.ports(clientStore).clients.find(client.id)
  assert.equal(isSecretOf(stored, rotated?.secret ?? '', core.clock()), true)
  assert.equal(isSecretOf(stored, secret, core.clock()), true)
  clock.advance(3599)
  assert.equal(isSecretOf(stored, secret, core.clock()), true)
  clock.advance(1)
  assert.equal(isSecretOf(stored, secret, core.clock()), false)
  assert.equal(isSecretOf(stored, rotated?.secret ?? '', core.clock()), true)
})

test('a new secret, disabling and deleting end the sessions of an application', async (t) => {
  const { core, create } = await openCore(t)
  const verbs = await import('../../src/features/oauth/clients.ts')
  const ada = await create({ username: 'ada' })
  const { client } = await verbs.createClient(REPORTS, core)
  const { clients } = core.ports(clientStore)
  const consent = {
    id: 'c'.repeat(32) as never,
    userId: ada.id,
    jti: 'j',
    createdAt: core.clock(),
    expiresAt: (core.clock() + 1000) as never,
    idleExpiresAt: (core.clock() + 1000) as never,
    epoch: ada.epoch,
    grant: { clientId: client.id, scopes: [], resource: [] },
  }
  await core.sessions?.open(consent)
  const reasonOf = async (id: string | undefined) =>
    (await core.sessions?.find(id as never))?.session.revokeReason

  const first = (await clients.find(client.id))?.sessionId
  await verbs.rotateSecret(client.id, undefined, core)
  const second = (await clients.find(client.id))?.sessionId
  assert.notEqual(second, first)
  assert.equal(await reasonOf(first), 'admin')
  assert.equal(await reasonOf(second), undefined)
  assert.equal(await reasonOf(consent.id), undefined)

  assert.equal(await verbs.disableClient(client.id, core), true)
  assert.equal(await verbs.disableClient(client.id, core), false)
  assert.equal(await reasonOf(second), 'admin')
  assert.equal(await reasonOf(consent.id), 'admin')
  assert.equal(await verbs.rotateSecret(client.id, undefined, core), undefined)

  // A session that a failure of the store has left.
  const left = { ...consent, id: 'd'.repeat(32) as never, jti: 'k' }
  await core.sessions?.open(left)
  assert.equal(await verbs.enableClient(client.id, core), true)
  assert.equal(await verbs.enableClient(client.id, core), false)
  assert.equal(await verbs.enableClient('nobody', core), false)
  assert.equal(await reasonOf(left.id), 'admin')
  const enabled = await clients.find(client.id)
  assert.equal(enabled?.disabledAt, undefined)
  assert.ok(enabled)
  assert.equal(await reasonOf(await verbs.liveOwnSession(enabled, core)), undefined)

  assert.equal(await verbs.deleteClient(client.id, core), true)
  assert.equal(await verbs.deleteClient(client.id, core), false)
})

test('flush deletes the sessions that an application has had for itself', async (t) => {
  const app = provider(t)
  const { auth, clock, client, ownToken } = app
  const sessions = async (): Promise<number> => {
    clock.advance('2d')
    return (await auth.flush()).sessions
  }
  const { id, secret } = await client({ id: 'reports' })
  await assert.rejects(auth.clients.create({ name: 'Other', id }), { code: 'invalid' })
  assert.equal(await sessions(), 1, 'of the one that was not registered')
  const rotated = (await auth.clients.rotateSecret(id))?.secret ?? secret
  await auth.clients.update(id, { scopes: ['posts:read'] })
  assert.equal(await sessions(), 2)
  const token = await ownToken({ id, secret: rotated })
  const sid = String(claimsOf(token).sid)
  assert.equal(await sessions(), 0, 'a session that is in use is kept')

  await auth.clients.disable(id)
  assert.equal(await sessions(), 1)
  await auth.clients.enable(id)
  const next = await ownToken({ id, secret: rotated })
  assert.notEqual(String(claimsOf(next).sid), sid)
  assert.equal(
    (await app.guarded(next, { scope: 'posts:read', clients: true })).status,
    200,
  )
  await auth.clients.delete(id)
  assert.equal(
    (await app.guarded(next, { scope: 'posts:read', clients: true })).status,
    401,
  )
  assert.equal(await sessions(), 1)
  assert.equal(await sessions(), 0)
})

test('what happens to an application is in the audit log, without its secret', async (t) => {
  const { auth } = testInstance()
  t.after(() => auth.close())
  const { client, secret = '' } = await auth.clients.create(REPORTS)
  await auth.clients.rotateSecret(client.id)
  await auth.clients.disable(client.id)
  await auth.clients.delete(client.id)

  const events = await auth.events.list()
  assert.deepEqual(
    events.map(({ kind, detail }) => [kind, detail.client]),
    ['client_deleted', 'client_disabled', 'client_secret_rotated', 'client_created'].map(
      (kind) => [kind, client.id],
    ),
  )
  assert.doesNotMatch(JSON.stringify(events), new RegExp(secret))
})

test('a redirect URI is registered character by character, but for the port of a loopback address (OT-13, OT-14)', () => {
  const registered = ['https://a/cb', 'http://127.0.0.1/cb', 'http://[::1]:8080/cb?x=1']
  for (const uri of [
    'https://a/cb',
    'http://127.0.0.1:51004/cb',
    'http://[::1]/cb?x=1',
    'http://[::1]:1/cb?x=1',
  ])
    assert.equal(isRegistered(uri, registered), true, uri)
  for (const uri of [
    'https://a/cb/',
    'https://a/cb?x=1',
    'https://a.evil/cb',
    'http://a/cb',
    'https://A/cb',
    'https://a:443/cb',
    'http://127.0.0.1.evil/cb',
    'http://127.0.0.1:1@evil/cb',
    'http://127.0.0.1:51004/cb/',
    'http://127.0.0.1:999999/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.2/cb',
    'http://localhost/cb',
    'https://127.0.0.1/cb',
    'http://[::1]:8080/cb',
    '',
  ])
    assert.equal(isRegistered(uri, registered), false, uri)
})

test('the command registers, lists, shows, rotates, disables, enables and deletes', async () => {
  using here = folder()
  await here.run('migrate')
  const created = await here.run('client create Reports --scope reports:read --json')
  assert.equal(created.code, 0, created.err)
  const { client_id: id, client_secret: secret } = JSON.parse(created.out)
  assert.match(secret, /^wws_/)

  const listed = await here.run('client list')
  assert.match(listed.out, new RegExp(`^${id} +Reports +client_credentials`, 'm'))
  const shown = await here.run(`client show ${id}`)
  assert.match(shown.out, /^scopes +reports:read/m)
  assert.doesNotMatch(listed.out + shown.out, /wws_/)

  const rotated = await here.run(`client rotate-secret ${id} --overlap 0`)
  assert.match(rotated.out, /^client_secret {2}wws_/m)
  assert.match((await here.run(`client disable ${id}`)).out, /^Disabled client_/)
  assert.equal((await here.run(`client rotate-secret ${id}`)).code, 1)
  assert.match((await here.run('client list')).out, /disabled$/m)
  assert.match((await here.run(`client enable ${id}`)).out, /^Enabled client_/)
  assert.equal((await here.run(`client enable ${id}`)).code, 1)
  assert.match((await here.run('client list')).out, /active$/m)
  assert.match((await here.run(`client delete ${id}`)).out, /^Deleted client_/)
  assert.equal((await here.run(`client show ${id}`)).code, 1)
})

test('the command names the option that is wrong', async () => {
  using here = folder()
  await here.run('migrate')
  const wrong = await here.run('client create Shop --redirect http://shop.example.com/')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /--redirect: Must be an https address/)
  assert.equal((await here.run('client create Shop --key {')).code, 2)
})
