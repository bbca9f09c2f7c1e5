import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  importKeySet,
  importSigningKey,
  importVerifyingKey,
  KeySet,
} from '../../src/jwt/index.ts'
import { type Jwk, type JwkSet, readVectors } from './corpus.ts'

const { keysets } = readVectors<{
  readonly keysets: readonly { readonly id: string; readonly json: Jwk | JwkSet }[]
}>('rfc-jose.json')
const documentOf = (id: string): JwkSet =>
  keysets.find((set) => set.id === id)!.json as JwkSet
const REFUSED = { name: 'AuthError', code: 'invalid_key' }
const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use']

test('RFC 7517: all four key sets are there', () => {
  assert.deepEqual(
    keysets.map(({ id }) => id),
    ['rfc7517-A.1', 'rfc7517-A.2', 'rfc7517-A.3', 'rfc7517-B'],
  )
})

test('RFC 7517 A.1: a key for signatures is imported and published again', () => {
  const [, rsa] = documentOf('rfc7517-A.1').keys
  const set = importKeySet({ keys: [rsa] })
  assert.deepEqual(set.jwks(), { keys: [{ ...rsa, use: 'sig' }] })
})

test('RFC 7517 A.1: a key for encryption verifies nothing', () => {
  const [forEncryption] = documentOf('rfc7517-A.1').keys
  assert.throws(() => importVerifyingKey('ES256', forEncryption!), REFUSED)
  // importKeySet ignores no key; remoteKeySet ignores those that it cannot use.
  assert.throws(() => importKeySet(documentOf('rfc7517-A.1')), REFUSED)
})

test('RFC 7517 A.2: a document of private keys is rejected, and a signing key is published without its private part', () => {
  const { keys } = documentOf('rfc7517-A.2')
  assert.throws(() => importKeySet({ keys }), REFUSED)
  for (const jwk of keys)
    assert.throws(() => importKeySet({ keys: [{ ...jwk, use: 'sig' }] }), REFUSED)
  const { verifying } = importSigningKey('RS256', keys[1]!)
  const [published] = new KeySet([verifying]).jwks().keys
  assert.deepEqual(
    Object.keys(published!).filter((member) => !PUBLIC.includes(member)),
    [],
  )
  assert.equal(published?.n, keys[1]?.n)
})

test('RFC 7517 A.3: a document of secrets is rejected, and a secret is never published', () => {
  const { keys } = documentOf('rfc7517-A.3')
  assert.throws(() => importKeySet({ keys }), REFUSED)
  const secret = importVerifyingKey('HS256', keys[1]!)
  assert.deepEqual(new KeySet([secret]).jwks(), { keys: [] })
})

test('RFC 7517 B: a certificate chain is ignored, and the key comes from n and e', () => {
  const given: Jwk = { ...keysets.find(({ id }) => id === 'rfc7517-B')!.json }
  assert.ok(Array.isArray(given.x5c))
  const key = importVerifyingKey('RS256', given)
  const [published] = new KeySet([key]).jwks().keys
  assert.deepEqual(published, {
    kty: 'RSA',
    kid: '1b94c',
    alg: 'RS256',
    use: 'sig',
    n: given.n,
    e: given.e,
  })
  assert.throws(() => importVerifyingKey('RS256', { ...given, n: undefined }), REFUSED)
})
