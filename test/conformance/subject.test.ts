import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cleanUp } from '../cleanup.ts'
import { effortOfMegabyte, leastEffort } from '../time.ts'
import { seed } from './seeding.ts'
import { openSubject, type Subject } from './subject.ts'

async function seeded(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-conformance-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'seeded.db')
  await seed(file, { byEmail: false })
  return file
}

async function opened(file: string): Promise<Subject> {
  const terms = { config: {}, paths: [], passwordCost: 'lowest' } as const
  const subject = await openSubject({ ...terms, seeded: file })
  assert.ok(!('refused' in subject))
  return subject
}

test('a server sees nothing of what another one before it changed', async (t) => {
  const file = await seeded(t)
  const first = await opened(file)
  const before = first.state()
  await first.deleteUser('alice')
  first.clock.advance('1h')
  const changed = first.state()
  const later = first.clock.now()
  await first.close()

  const second = await opened(file)
  cleanUp(t, () => second.close())

  assert.notDeepEqual(changed, before)
  assert.deepEqual(second.state(), before)
  assert.equal(second.clock.now(), later - 3600)
})

// 20 ms where a megabyte takes 2.
test('a server for a conversation costs at most ten times what SHA-512 of a megabyte does', async (t) => {
  const file = await seeded(t)
  const count = 10
  const all = await leastEffort(async () => {
    for (let i = 0; i < count; i++) {
      const subject = await opened(file)
      await subject.close()
    }
  })

  const effort = all / count
  assert.ok(
    effort <= 10 * effortOfMegabyte(),
    `${effort} ms, and a megabyte ${effortOfMegabyte()} ms`,
  )
  t.diagnostic(`${effort} ms, and a megabyte ${effortOfMegabyte()} ms`)
})
