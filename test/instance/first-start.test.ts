import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LogEntry } from '../../src/base/log.ts'
import { watchword } from '../../src/watchword.ts'
import { folder } from './setup.ts'

test('the first start on a file logs once which secret it made, and what to do with it', async (t) => {
  const file = join(folder(t), 'accounts.db')
  const start = async (): Promise<readonly LogEntry[]> => {
    const entries: LogEntry[] = []
    const auth = watchword({ database: file, log: (entry) => void entries.push(entry) })
    await auth.migrate()
    await auth.close()
    return entries.filter(({ event }) => event.includes('secret'))
  }
  const [entry, ...others] = await start()
  assert.deepEqual(others, [])
  assert.match(String(entry?.event), /\.gitignore.*WATCHWORD_SECRET/)
  assert.deepEqual([entry?.database, entry?.secret], [file, `${file}.secret`])
  assert.deepEqual(await start(), [])
})
