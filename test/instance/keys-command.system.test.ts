import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Options } from '../../src/settings/options.ts'
import { watchword } from '../../src/watchword.ts'
import { folder, instanceFor, SECRET } from './setup.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

async function instanceAndCommand(
  t: TestContext,
  tokens: NonNullable<Options['tokens']>,
) {
  const database = join(folder(t), 'watchword.db')
  const auth = instanceFor(t, { database, secret: SECRET, tokens })
  await auth.migrate()
  const typeWith = (env: Record<string, string>, ...words: string[]): string =>
    execFileSync(process.execPath, [BIN, ...words, '--database', database], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', ...env },
      timeout: 120_000,
    })
  const type = (...words: string[]): string =>
    typeWith({ WATCHWORD_SECRET: SECRET }, ...words)
  return { auth, type, typeWith, database }
}

test('listing the keys changes none of them', async (t) => {
  const { auth, type } = await instanceAndCommand(t, { algorithm: 'EdDSA' })
  const before = await auth.keys.list()
  type('keys', 'list')
  assert.deepEqual(await auth.keys.list(), before)
})

test('a key that the command retires verifies until the longest token that it signed has expired', async (t) => {
  const { auth, type } = await instanceAndCommand(t, { refresh: '7d' })
  type('keys', 'rotate')
  const retiring = (await auth.keys.list()).find(({ stage }) => stage === 'retiring')
  const days = (retiring!.verifiesUntil! - Date.now() / 1000) / 86_400
  assert.ok(days > 6.9, `${days.toFixed(2)} days, and refresh tokens live for 7`)
})

test('while the secret is changed, the keys can always be opened', async (t) => {
  const { auth, typeWith, database } = await instanceAndCommand(t, {})
  const before = await auth.keys.list()
  const newer = 'Tq41-nn0B-xxR8-2mPw-aD93-kk7L-0vZs'
  const both = { WATCHWORD_SECRET: newer, WATCHWORD_OLD_SECRETS: SECRET }
  assert.equal(
    typeWith(both, 'keys', 'reseal'),
    'Encrypted 2 keys with the current secret.\n',
  )
  assert.equal(
    typeWith(both, 'keys', 'reseal'),
    'Every key is encrypted with this secret already.\n',
  )
  const after = instanceFor(t, { database, secret: newer })
  assert.deepEqual(await after.keys.list(), before)
  await assert.rejects(instanceFor(t, { database, secret: SECRET }).migrate(), {
    code: 'wrong_secret',
  })
})

test('a rotation interval that would let the key set grow without bound is rejected', () => {
  const often = (rotateKeys: number, refresh: number) => () =>
    watchword({ tokens: { rotateKeys, refresh }, log() {} })
  assert.throws(often(60, 86_400), {
    code: 'invalid_config',
    message: /rotateKeys must be 1728 seconds or more/,
  })
  often(1728, 86_400)()
})

test('rotateKeys is rejected with a configured signing key', () => {
  const given = { algorithm: 'HS256', signingKey: SECRET } as const
  assert.throws(() => watchword({ tokens: { ...given, rotateKeys: '30d' } }), {
    code: 'invalid_config',
  })
  watchword({ tokens: { ...given, rotateKeys: false }, log() {} })
})
