import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildWatchword } from '../build-watchword.ts'
import { until } from '../time.ts'
import { BIN, folder, PASSWORD } from './folder.ts'

test('events --follow prints each new event once, until SIGTERM', async (t) => {
  using here = folder()
  await here.run('user create ada', { input: PASSWORD })
  const database = join(here.path, 'watchword.db')
  const child = spawn(process.execPath, [BIN, 'events', '--follow', '--json'], {
    env: { PATH: process.env.PATH ?? '', WATCHWORD_DATABASE: database },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const printed = (lines: number): Promise<void> =>
    until(
      () => out.split('\n').length > lines,
      () => `printed: ${out}`,
    )
  await printed(1)
  const auth = buildWatchword({ database })
  t.after(() => auth.close())
  const bob = await auth.users.create({ username: 'bob' })
  await printed(2)
  await auth.users.delete(bob.id)
  await printed(3)
  await sleep(1200)
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')

  const kinds = out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind)
  assert.deepEqual([code, kinds], [0, ['user_created', 'user_created', 'user_deleted']])
})
