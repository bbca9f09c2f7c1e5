import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Options } from '../../src/options.ts'
import { folder, houseOf, SECRET } from './world.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

async function houseAndCommand(t: TestContext, tokens: NonNullable<Options['tokens']>) {
  const database = join(folder(t), 'watchword.db')
  const auth = houseOf(t, { database, secret: SECRET, tokens })
  await auth.migrate()
  const type = (...words: string[]): string =>
    execFileSync(process.execPath, [BIN, ...words, '--database', database], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', WATCHWORD_SECRET: SECRET },
      timeout: 20_000,
    })
  return { auth, type }
}

test('listing the keys changes none of them', async (t) => {
  const { auth, type } = await houseAndCommand(t, { algorithm: 'EdDSA' })
  const before = await auth.keys.list()
  type('keys', 'list')
  assert.deepEqual(await auth.keys.list(), before)
})

test('a key that the command retires verifies as long as the longest token that it signed', async (t) => {
  const { auth, type } = await houseAndCommand(t, { refresh: '7d' })
  type('keys', 'rotate')
  const retiring = (await auth.keys.list()).find(({ stage }) => stage === 'retiring')
  const days = (retiring!.verifiesUntil! - Date.now() / 1000) / 86_400
  assert.ok(days > 6.9, `${days.toFixed(2)} days, and refresh tokens live for 7`)
})
