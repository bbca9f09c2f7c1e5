import assert from 'node:assert/strict'
import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { watchword } from '../../src/watchword.ts'
import { folder } from './setup.ts'

const isRoot = process.getuid?.() === 0
const asRoot = { skip: isRoot ? false : 'only root gives a file to another user' }

/** A database and its secret, made by an instance that is closed again. */
async function setUp(t: TestContext) {
  const database = join(folder(t), 'auth.db')
  const open = async (): Promise<void> => {
    const auth = watchword({ database: `sqlite:${database}` })
    try {
      await auth.migrate()
    } finally {
      await auth.close()
    }
  }
  await open()
  return { database, secret: `${database}.secret`, open }
}

test('a database and its secret are made for their owner alone', async (t) => {
  const { database, secret, open } = await setUp(t)
  for (const file of [database, secret])
    assert.equal((statSync(file).mode & 0o777).toString(8), '600')
  await open()
})

for (const mode of [0o644, 0o640, 0o604, 0o660])
  test(`a database of mode ${mode.toString(8)} is refused, and opened after the chmod that the message names`, async (t) => {
    const { database, open } = await setUp(t)
    chmodSync(database, mode)
    const octal = mode.toString(8)
    await assert.rejects(open(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'invalid_config')
      assert.ok(error.message.includes(database))
      assert.match(error.message, new RegExp(`mode ${octal}.*owner alone.*chmod 600`))
      return true
    })
    chmodSync(database, 0o600)
    await open()
  })

test('a secret of mode 640 is refused with the same message', async (t) => {
  const { secret, open } = await setUp(t)
  chmodSync(secret, 0o640)
  await assert.rejects(open(), {
    code: 'invalid_config',
    message: /\.secret.*mode 640.*owner alone.*chmod 600/,
  })
})

for (const which of ['database', 'secret'] as const)
  test(`a ${which} of another user is refused`, asRoot, async (t) => {
    const files = await setUp(t)
    chownSync(files[which], 23_456, 23_456)
    await assert.rejects(files.open(), {
      code: 'invalid_config',
      message: /belongs to the user 23456.*runs as the user 0.*chown 0 /,
    })
  })

test('an empty file that others can read is refused before anything is written into it', async (t) => {
  const database = join(folder(t), 'empty.db')
  writeFileSync(database, '', { mode: 0o644 })
  chmodSync(database, 0o644)
  const auth = watchword({ database: `sqlite:${database}` })
  await assert.rejects(auth.migrate(), /mode 644/)
  await auth.close()
  assert.equal(statSync(database).size, 0)
})
