import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { derivedKey, seal, unseal } from './seal.ts'

const [first, second] = [
  new Secret('first secret of at least 32 bytes'),
  new Secret('second secret of at least 32 bytes'),
]

test('a secret decrypts what it encrypted', () => {
  assert.equal(
    unseal(seal('private', 'key-1', [first], systemRandom), 'key-1', [first]),
    'private',
  )
})

test('the first secret encrypts, and all of them decrypt', () => {
  const sealed = seal('private', 'key-1', [first], systemRandom)
  assert.equal(unseal(sealed, 'key-1', [second, first]), 'private')
  assert.throws(() => unseal(sealed, 'key-1', [second]), { code: 'wrong_secret' })
})

test('an encrypted key decrypts only with the id of its own row', () => {
  const sealed = seal('private', 'key-1', [first], systemRandom)
  assert.throws(() => unseal(sealed, 'key-2', [first]), { code: 'wrong_secret' })
})

test('a ciphertext that was changed in any byte does not decrypt', () => {
  const sealed = seal('private', 'key-1', [first], systemRandom)
  for (let i = 3; i < sealed.length; i++) {
    const changed =
      sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1)
    if (
      Buffer.from(changed.split('.')[2] ?? '', 'base64url').equals(
        Buffer.from(sealed.split('.')[2] ?? '', 'base64url'),
      )
    )
      continue
    assert.throws(
      () => unseal(changed, 'key-1', [first]),
      { code: 'wrong_secret' },
      `character ${i}`,
    )
  }
})

test('each purpose has its own derived key', () => {
  assert.notDeepEqual(derivedKey(first, 'one'), derivedKey(first, 'another'))
})
