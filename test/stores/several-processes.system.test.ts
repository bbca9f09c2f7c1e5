import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { soon, startSessionWorker } from '../sessions/processes.ts'
import { aFolder, SETTINGS, vitor } from '../sessions/setup.ts'
import { timed, until } from '../time.ts'
import { sqliteStore } from './open.ts'

test('6 processes that start at once on a new file all open it', async () => {
  const { file, remove } = aFolder()
  const workers = Array.from({ length: 6 }, () => startSessionWorker(file, SETTINGS))
  try {
    await Promise.all(workers.map((worker) => worker.ask('reusedSessions')))
    const moment = soon()

    const answers = await Promise.all(workers.map((worker) => worker.ask('open', moment)))

    assert.deepEqual(answers, Array(6).fill(undefined))
    const store = sqliteStore({ file })
    assert.equal(await store.ports.users.insert(vitor), true)
    await store.close()
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()))
    remove()
  }
})

test('a change by another process is reported within a second, and one by the same process is not', async () => {
  const { file, remove } = aFolder()
  const [ours, other] = [sqliteStore({ file }), sqliteStore({ file })]
  await ours.migrate()
  await other.migrate()
  let reports = 0
  const watch = ours.watch({ changed: () => reports++, upToDate() {} })
  try {
    await until(() => reports > 0)
    await sleep(450)
    assert.equal(
      reports,
      1,
      'the first poll reports a change, because earlier writes are unknown',
    )
    await ours.ports.users.insert(vitor)
    await sleep(450)
    assert.equal(reports, 1, 'a change of the same process')

    const { ms } = await timed(async () => {
      await other.ports.users.change(vitor.id, { lastLoginAt: systemClock() })
      await until(() => reports > 1)
    })
    assert.ok(ms < 1000, `${ms} ms`)
    await sleep(450)
    assert.equal(reports, 2, 'a change of another process')
  } finally {
    watch.stop()
    await ours.close()
    await other.close()
    remove()
  }
})
