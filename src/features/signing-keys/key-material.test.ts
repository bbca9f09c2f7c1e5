import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sealText } from '../../keys/sealed-text.ts'
import { materialOf } from './key-material.ts'
import type { SigningKeyId } from './signing-key.ts'

const SECRET = 'a secret of a client, long enough'
const [A, B] = ['sk_a', 'sk_b'] as readonly string[] as [SigningKeyId, SigningKeyId]

function instance() {
  const key = randomBytes(32)
  let asked = 0
  const derivedKeys = () => {
    asked += 1
    return [key]
  }
  const rowOf = (id: SigningKeyId) => ({
    id,
    publicKey: undefined,
    sealed: sealText(SECRET, id, key, randomBytes),
  })
  return { derivedKeys, rowOf, asked: () => asked }
}

test('a secret is opened once', () => {
  const { derivedKeys, rowOf, asked } = instance()
  const row = rowOf(A)
  const { secret } = materialOf(row, derivedKeys)
  assert.equal(String(secret?.export()), SECRET)
  assert.equal(materialOf({ ...row }, derivedKeys).secret, secret)
  assert.equal(asked(), 1)
})

test('a secret that was opened does not open as that of another row', () => {
  const { derivedKeys, rowOf } = instance()
  const row = rowOf(A)
  materialOf(row, derivedKeys)
  assert.throws(() => materialOf({ ...row, id: B }, derivedKeys), {
    code: 'wrong_secret',
  })
})

test('a secret that was opened does not open with the secret of another instance', () => {
  const { derivedKeys, rowOf } = instance()
  const row = rowOf(A)
  materialOf(row, derivedKeys)
  assert.throws(() => materialOf(row, instance().derivedKeys), { code: 'wrong_secret' })
})

test('a row whose key is replaced has the new one', () => {
  const { derivedKeys } = instance()
  const publicKeys = ['x1', 'x2'].map((x) => ({ kty: 'OKP', crv: 'Ed25519', x }) as const)
  for (const publicKey of publicKeys)
    assert.equal(
      materialOf({ id: A, publicKey, sealed: undefined }, derivedKeys).publicKey,
      publicKey,
    )
})

test('more keys than are cached are all opened', () => {
  const { derivedKeys, rowOf } = instance()
  for (let i = 0; i < 1100; i++) {
    const { secret } = materialOf(rowOf(`sk_${i}` as SigningKeyId), derivedKeys)
    assert.equal(String(secret?.export()), SECRET)
  }
})
