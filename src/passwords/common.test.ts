import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COMMON_PASSWORDS } from './common-passwords.ts'

test('the module has the passwords of the file (to update it, type "npm run common-passwords")', () => {
  const file = readFileSync(new URL('common-passwords.txt.gz', import.meta.url))
  assert.ok(file.equals(Buffer.from(COMMON_PASSWORDS, 'base64')))
})
