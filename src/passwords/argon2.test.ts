import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { test } from 'node:test'

test('on a runtime without Argon2 the module loads, and hashing says what is missing', async (t) => {
  const { argon2: present } = crypto
  Object.defineProperty(crypto, 'argon2', { value: undefined, configurable: true })
  t.after(() => {
    Object.defineProperty(crypto, 'argon2', { value: present, configurable: true })
  })
  const { argon2 } = await import('./argon2.ts?without' as './argon2.ts')

  await assert.rejects(
    argon2().make(Buffer.from('x'), (size: number) => new Uint8Array(size)),
    { code: 'invalid_config', message: /no Argon2 in node:crypto/ },
  )
})
