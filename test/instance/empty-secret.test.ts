import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseSettings } from '../../src/settings/settings.ts'
import { folder, instanceFor } from './setup.ts'

// Left behind if the disk was full, or the process died, between creating the file and writing it.
test('an empty secret file stops the start', async (t) => {
  const database = join(folder(t), 'watchword.db')
  writeFileSync(`${database}.secret`, '', { mode: 0o600 })
  await assert.rejects(instanceFor(t, { database }).migrate(), { code: 'invalid_config' })
})

for (const secret of [
  'a'.repeat(32),
  ' '.repeat(40),
  'secret'.repeat(6),
  'django-insecure-0123456789012345',
]) {
  test(`the secret ${JSON.stringify(secret)} stops the start`, () => {
    assert.throws(() => parseSettings({ secret }, {}), { code: 'invalid_config' })
  })
}

test('a lost secret file stops the start, and no new one is created', async (t) => {
  const database = join(folder(t), 'watchword.db')
  const before = instanceFor(t, { database })
  await before.migrate()
  await before.close()
  rmSync(`${database}.secret`)
  await assert.rejects(instanceFor(t, { database }).migrate(), {
    code: 'invalid_config',
    message: /put the file back/,
  })
  assert.ok(!existsSync(`${database}.secret`))
})
