import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthError } from '../../src/base/errors.ts'
import { findSigningKey, noteUse } from '../../src/features/signing-keys/find.ts'
import type { NewSigningKey } from '../../src/features/signing-keys/new-signing-key.ts'
import type { SigningKeyId } from '../../src/features/signing-keys/signing-key.ts'
import { createSigningKey } from '../../src/features/signing-keys/signing-keys.ts'
import { signingKeyStore } from '../../src/features/signing-keys/store.ts'
import { generateKey } from '../../src/jwt/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { folder } from '../cli/folder.ts'
import { openCore } from '../codes/open-core.ts'
import { opened } from './setup.ts'

const PUBLIC = generateKey('EdDSA')
const EC = generateKey('ES256').publicJwk
/** A public key without the words of JOSE. */
const membersOf = (jwk: object): Readonly<Record<string, unknown>> => ({ ...jwk })

const { kty, n, e } = membersOf(generateKey('RS256').publicJwk)
const RSA = { kty, n, e }
const SECRET = 'werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn'

test('a key is created with a secret that is shown once and stored sealed', async (t) => {
  const { auth, ada, core, dump } = await opened(t)
  const input = { label: 'nightly export', scopes: ['posts:read', 'posts:read'] }
  const { key, secret = '' } = await auth.signingKeys.create({ userId: ada.id }, input)
  assert.match(key.id, /^key_[\da-f]{32}$/)
  assert.match(secret, /^wsk_[\w-]{43}$/)
  assert.deepEqual([key.algorithm, key.scopes], ['hmac-sha256', ['posts:read']])
  assert.deepEqual(await auth.signingKeys.list({ userId: ada.id }), [key])
  const found = await findSigningKey(key.id, core)
  assert.equal(String(found?.material.secret?.export()), secret)
  assert.deepEqual(found?.owner, { userId: ada.id, clientId: undefined, isActive: true })
  const [event] = await auth.events.list({ kind: 'signing_key_created' })
  assert.equal(event?.userId, ada.id)
  const all = JSON.stringify([await dump(), await auth.events.list(), key])
  assert.ok(!all.includes(secret))
  assert.ok(!all.includes(Buffer.from(secret).toString('base64url').slice(0, 40)))
})

test('a public key is kept without its private part and without the words of its client', async (t) => {
  const { auth, ada, core } = await opened(t)
  const publicKey = { ...PUBLIC.publicJwk, kid: 'mine', use: 'sig', more: '<b>' }
  const { key, secret } = await auth.signingKeys.create({ userId: ada.id }, { publicKey })
  assert.equal(secret, undefined)
  assert.equal(key.algorithm, 'ed25519')
  const { kty, crv, x } = membersOf(PUBLIC.publicJwk)
  const found = await findSigningKey(key.id, core)
  assert.deepEqual(found?.material.publicKey, { kty, crv, x })
  const rsa = { publicKey: RSA, algorithm: 'rsa-pss-sha512' } as const
  const other = await auth.signingKeys.create({ userId: ada.id }, rsa)
  assert.equal(other.key.algorithm, 'rsa-pss-sha512')
})

const WRONG: readonly (readonly [string, Record<string, unknown>])[] = [
  ['algorithm', { algorithm: 'none' }],
  ['algorithm', { algorithm: 'toString' }],
  ['algorithm', { publicKey: RSA }],
  ['publicKey', { algorithm: 'ed25519' }],
  ['publicKey', { algorithm: 'ed25519', publicKey: EC }],
  ['publicKey', { algorithm: 'hmac-sha256', publicKey: EC }],
  ['publicKey', { publicKey: { ...EC, d: 'AA' } }],
  ['publicKey', { algorithm: 'ed25519', publicKey: PUBLIC.privatePem }],
  ['secret', { secret: 'short' }],
  ['secret', { secret: 'a'.repeat(64) }],
  ['secret', { publicKey: EC, secret: SECRET }],
  ['secret', { secret: JSON.stringify(EC) }],
  ['id', { id: '' }],
  ['id', { id: 'two words' }],
  ['id', { id: 'a"b' }],
  ['id', { id: 'a\\b' }],
  ['id', { id: 'x'.repeat(101) }],
  ['label', { label: '\u202egnp.exe' }],
  ['label', { label: ' ' }],
  ['scopes', { scopes: ['two words'] }],
  ['scopes', { scopes: 'posts' }],
  ['expiresIn', { expiresIn: 'soon' }],
  ['expiresIn', { expiresIn: 0 }],
]

test('what is wrong with a new key is said by its field, and the key is not echoed', async (t) => {
  const { auth, ada } = await opened(t)
  for (const [field, input] of WRONG)
    await assert.rejects(
      auth.signingKeys.create({ userId: ada.id }, input as NewSigningKey),
      (error) => {
        assert.ok(error instanceof AuthError && error.code === 'invalid', field)
        assert.ok(field in Object(error.body), `${field}: ${JSON.stringify(error.body)}`)
        assert.ok(!JSON.stringify(error.body).includes('PRIVATE'))
        return true
      },
    )
  await assert.rejects(auth.signingKeys.create({ userId: 'nobody' }), {
    code: 'user_not_found',
  })
  for (const owner of [{}, { userId: ada.id, clientId: 'x' }, { clientId: 'nobody' }])
    await assert.rejects(auth.signingKeys.create(owner as never), { code: 'invalid' })
  assert.deepEqual(await auth.signingKeys.list(), [])
})

test('a key of another server keeps its id and its secret, once', async (t) => {
  const { auth, ada, core } = await opened(t)
  const input = { id: 'dh37fgj492je', secret: SECRET, algorithm: 'hawk-sha256' } as const
  const { secret } = await auth.signingKeys.create({ userId: ada.id }, input)
  assert.equal(secret, SECRET)
  const found = await findSigningKey('dh37fgj492je', core)
  assert.equal(String(found?.material.secret?.export()), SECRET)
  await assert.rejects(auth.signingKeys.create({ userId: ada.id }, input), (error) => {
    assert.ok('id' in Object((error as AuthError).body))
    return true
  })
})

test('a rotated key has a successor, and is valid until the overlap ends', async (t) => {
  const { auth, ada, core, clock } = await opened(t)
  const input = { label: 'export', scopes: ['a'], expiresIn: '30d' } as const
  const first = await auth.signingKeys.create({ userId: ada.id }, input)
  const next = await auth.signingKeys.rotate(first.key.id, { overlap: '1h' })
  assert.notEqual(next?.secret, first.secret)
  assert.deepEqual(
    [next?.key.label, next?.key.scopes, next?.key.expiresAt],
    ['export', ['a'], first.key.expiresAt],
  )
  assert.equal(await auth.signingKeys.rotate(first.key.id), undefined, 'replaced before')
  assert.ok(await findSigningKey(first.key.id, core))
  clock.advance('1h')
  assert.equal(await findSigningKey(first.key.id, core), undefined)
  assert.ok(await findSigningKey(next?.key.id ?? '', core))
  const [event] = await auth.events.list({ kind: 'signing_key_rotated' })
  assert.equal(event?.detail.next, next?.key.id)
  const at = await auth.signingKeys.rotate(next?.key.id ?? '', { overlap: 0 })
  assert.equal(await findSigningKey(next?.key.id ?? '', core), undefined)
  assert.ok(await findSigningKey(at?.key.id ?? '', core))
  await assert.rejects(auth.signingKeys.rotate(at?.key.id ?? '', { overlap: '91d' }), {
    code: 'invalid',
  })
})

test('a public key is followed by another public key', async (t) => {
  const { auth, ada } = await opened(t)
  const { publicJwk: publicKey } = PUBLIC
  const { key } = await auth.signingKeys.create({ userId: ada.id }, { publicKey })
  await assert.rejects(auth.signingKeys.rotate(key.id), { code: 'invalid' })
  await assert.rejects(auth.signingKeys.rotate(key.id, { publicKey: EC }), {
    code: 'invalid',
  })
  const another = generateKey('EdDSA').publicJwk
  const next = await auth.signingKeys.rotate(key.id, { publicKey: another })
  assert.deepEqual([next?.key.algorithm, next?.secret], ['ed25519', undefined])
})

test('a deactivated user and a disabled application are said to be inactive', async (t) => {
  const { auth, ada, core } = await opened(t)
  const { client } = await auth.clients.create({ name: 'Reports', scopes: ['a'] })
  const own = await auth.signingKeys.create({ userId: ada.id })
  const its = await auth.signingKeys.create({ clientId: client.id })
  const activeOf = async (id: string) => (await findSigningKey(id, core))?.owner.isActive
  assert.deepEqual([await activeOf(own.key.id), await activeOf(its.key.id)], [true, true])
  await auth.users.change(ada.id, { active: false })
  await auth.clients.disable(client.id)
  assert.deepEqual(
    [await activeOf(own.key.id), await activeOf(its.key.id)],
    [false, false],
  )
  await assert.rejects(auth.signingKeys.create({ clientId: client.id }), {
    code: 'invalid',
  })
})

test('keys end with their owner, whoever gets the id', async (t) => {
  const { auth, ada, core } = await opened(t)
  const { client } = await auth.clients.create({ name: 'Reports', id: 'reports' })
  const own = await auth.signingKeys.create({ userId: ada.id })
  const its = await auth.signingKeys.create({ clientId: client.id })
  await auth.clients.delete(client.id)
  await auth.clients.create({ name: 'Others', id: 'reports' })
  await auth.users.delete(ada.id)
  await auth.users.create({ id: ada.id, username: 'eve' })
  assert.equal(await findSigningKey(its.key.id, core), undefined)
  assert.equal(await findSigningKey(own.key.id, core), undefined)
  assert.deepEqual(await auth.signingKeys.list(), [])
})

test('a revoked key is not found, and neither is what no key can be called', async (t) => {
  const { auth, ada, core } = await opened(t)
  const { key } = await auth.signingKeys.create({ userId: ada.id })
  assert.deepEqual(await auth.signingKeys.revoke(key.id), key)
  assert.equal(await auth.signingKeys.revoke(key.id), undefined)
  for (const id of [key.id, '', '\0', '\ud800', 'x'.repeat(100_000)])
    assert.equal(await findSigningKey(id, core), undefined)
  await auth.signingKeys.create({ userId: ada.id })
  await auth.signingKeys.create({ userId: ada.id })
  assert.equal(await auth.signingKeys.revokeAll({ userId: ada.id }), 2)
  assert.equal(await auth.signingKeys.revokeAll({ userId: ada.id }), 0)
  const events = await auth.events.list({ kind: 'signing_key_revoked' })
  assert.equal(events.length, 2)
})

test('uses are noted once a minute', async (t) => {
  const { auth, ada, core, clock } = await opened(t)
  const { key } = await auth.signingKeys.create({ userId: ada.id })
  const { signingKeys } = core.ports(signingKeyStore)
  const lastUse = async () => (await auth.signingKeys.list())[0]?.lastUsedAt
  const use = async () => {
    const found = await findSigningKey(key.id, core)
    if (found !== undefined) noteUse(found, core)
    // Shares its statement.
    await signingKeys.touch('other' as SigningKeyId, core.clock())
  }
  await use()
  const first = clock.now()
  assert.equal(await lastUse(), first)
  clock.advance(30)
  await use()
  assert.equal(await lastUse(), first)
  clock.advance(31)
  await use()
  assert.equal(await lastUse(), clock.now())
})

test('with another secret of the instance a key cannot be checked, and is not wrong', async (t) => {
  const first = 'a first secret, which is long enough'
  const second = 'another secret, which is as long as that'
  const { core, create } = await openCore(t, { secret: first })
  const ada = await create({ username: 'ada' })
  const { key, secret } = await createSigningKey({ userId: ada.id }, {}, core)
  const found = async (secrets: string | string[]) => {
    const { derivedKeys } = (await openCore(t, { secret: secrets })).core
    return findSigningKey(key.id, { ...core, derivedKeys })
  }
  await assert.rejects(found(second), { code: 'wrong_secret' })
  const opened = await found([second, first])
  assert.equal(String(opened?.material.secret?.export()), secret)
})

test('a store that fails is a 503', async (t) => {
  const { auth, faults } = testInstance()
  cleanUp(t, () => auth.close())
  const ada = await auth.users.create({ username: 'ada' })
  faults.fail('signingKeys.insert', 'signingKeys.list')
  for (const call of [
    () => auth.signingKeys.create({ userId: ada.id }),
    () => auth.signingKeys.list(),
  ])
    await assert.rejects(call, { code: 'store_unavailable' })
})

test('the command creates, lists, rotates and revokes keys', async () => {
  using here = folder()
  await here.run('migrate')
  await here.run('user create ada', { input: 'qhr4-7mzt-w2pd-x9kc\n' })
  const created = await here.run(
    'signing-key create --user ada --label export --scope posts:read --expires 90d --json',
  )
  assert.equal(created.code, 0, created.err)
  const { id, secret } = JSON.parse(created.out)
  assert.match(secret, /^wsk_/)
  const listed = await here.run('signing-key list --user ada')
  assert.match(listed.out, new RegExp(`^${id} +user \\w+ +hmac-sha256 +export`, 'm'))
  const rotated = await here.run(`signing-key rotate ${id} --overlap 0`)
  assert.match(rotated.out, /^secret {5}wsk_/m)
  assert.equal((await here.run(`signing-key rotate ${id}`)).code, 1)
  const next = /^id +(\w+)$/m.exec(rotated.out)?.[1] ?? ''
  assert.match((await here.run(`signing-key revoke ${next}`)).out, /^Revoked 1 signing/)
  assert.equal((await here.run(`signing-key revoke ${next}`)).code, 1)
  const all = await here.run('signing-key revoke --user ada')
  assert.match(all.out, /^Revoked 1 signing key\./)
  assert.match((await here.run('signing-key list')).out, /^There are no signing keys/)
  assert.equal((await here.run('signing-key create')).code, 2)
  assert.equal((await here.run('signing-key revoke')).code, 2)
  const wrong = await here.run('signing-key create --user ada --algorithm none')
  assert.match(wrong.err, /--algorithm: Must be one of hmac-sha256/)
})
