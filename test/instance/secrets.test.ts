import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseSettings } from '../../src/settings/settings.ts'
import { sqliteStore } from '../stores/open.ts'
import { folder, instanceFor, SECRET } from './setup.ts'

const NEWER = 'Tq41-nn0B-xxR8-2mPw-aD93-kk7L-0vZs'

test('a shared database needs a configured secret: none is generated', async (t) => {
  const file = join(folder(t), 'watchword.db')
  const auth = instanceFor(t, { store: sqliteStore({ file }) })
  await assert.rejects(auth.migrate(), {
    code: 'invalid_config',
    message: /WATCHWORD_SECRET/,
  })
  await instanceFor(t, { store: sqliteStore({ file }), secret: SECRET }).migrate()
})

test('WATCHWORD_SECRET comes first, then WATCHWORD_OLD_SECRETS in their order', () => {
  const revealed = (env: Record<string, string>): string[] =>
    parseSettings({}, env).secrets.map((secret) => secret.reveal())
  assert.deepEqual(revealed({ WATCHWORD_SECRET: NEWER }), [NEWER])
  assert.deepEqual(
    revealed({ WATCHWORD_SECRET: NEWER, WATCHWORD_OLD_SECRETS: ` ${SECRET}\n` }),
    [NEWER, SECRET],
  )
  assert.deepEqual(revealed({}), [])
  assert.throws(() => revealed({ WATCHWORD_OLD_SECRETS: SECRET }), {
    code: 'invalid_config',
  })
  assert.throws(
    () => revealed({ WATCHWORD_SECRET: NEWER, WATCHWORD_OLD_SECRETS: 'short' }),
    { code: 'invalid_config' },
  )
})
