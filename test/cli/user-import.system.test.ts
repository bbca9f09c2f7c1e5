import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { folder, textOf } from './folder.ts'

/** More than a pipe holds. */
const MANY = 5_000

const input = (): string =>
  Array.from(
    { length: MANY },
    (_, n) => `${JSON.stringify({ id: `${n}`, username: `user${n}` })}\n`,
  ).join('')

test('an export through a pipe into an import has every user', async () => {
  using here = folder()
  await here.exec('user import - --database a.db', { input: input() })
  const exporting = here.start(['user', 'export', '--database', 'a.db'])
  const importing = here.start(['user', 'import', '-', '--database', 'b.db'])
  exporting.stdout.pipe(importing.stdin)

  const [out] = await Promise.all([textOf(importing.stdout), once(importing, 'close')])

  assert.equal(out, 'Created 5,000 users.\n')
})

test('an export whose reader stops early ends without an error', async () => {
  using here = folder()
  await here.exec('user import -', { input: input() })
  const exporting = here.start(['user', 'export'])
  exporting.stdout.once('data', () => exporting.stdout.destroy())

  const [err] = await Promise.all([textOf(exporting.stderr), once(exporting, 'close')])

  assert.deepEqual([exporting.exitCode, err], [0, ''])
})

test('an import that is killed can be run again', async () => {
  using here = folder()
  const killed = here.start(['user', 'import', '-'])
  killed.stdin.on('error', () => undefined)
  killed.stdin.write(input())
  await once(killed.stderr, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'close')

  const again = await here.exec('user import - --json', { input: input() })

  const { created, skipped, invalid } = JSON.parse(again.out)
  assert.equal(again.code, 0)
  assert.deepEqual([created + skipped, invalid], [MANY, 0])
  assert.ok(skipped >= 500)
})
