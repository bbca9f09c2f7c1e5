import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { aFolder, SETTINGS, vitor } from '../sessions/house.ts'
import { soon, startHouse } from '../sessions/processes.ts'
import { timed, until } from '../time.ts'
import { sqliteStore } from './open.ts'

test('6 processes that start together on a new file all find the newest tables', async () => {
  const { file, remove } = aFolder()
  const houses = Array.from({ length: 6 }, () => startHouse(file, SETTINGS))
  try {
    await Promise.all(houses.map((instance) => instance.ask('reusedSessions')))
    const moment = soon()

    const answers = await Promise.all(
      houses.map((instance) => instance.ask('open', moment)),
    )

    assert.deepEqual(answers, Array(6).fill(undefined))
    const store = sqliteStore({ file })
    assert.equal(await store.ports.users.insert(vitor), true)
    await store.close()
  } finally {
    await Promise.all(houses.map((instance) => instance.kill()))
    remove()
  }
})

test('a change in another process is told within a second, and a change of our own is not', async () => {
  const { file, remove } = aFolder()
  const [ours, other] = [sqliteStore({ file }), sqliteStore({ file })]
  await ours.migrate()
  await other.migrate()
  let told = 0
  const watching = ours.watch({ changed: () => told++, upToDate() {} })
  try {
    await until(() => told > 0)
    await sleep(450)
    assert.equal(told, 1, 'the first look cannot know what came before it')
    await ours.ports.users.insert(vitor)
    await sleep(450)
    assert.equal(told, 1, 'our own change')

    const { ms } = await timed(async () => {
      await other.ports.users.change(vitor.id, { lastLoginAt: systemClock() })
      await until(() => told > 1)
    })
    assert.ok(ms < 1000, `${ms} ms`)
    await sleep(450)
    assert.equal(told, 2, 'the change of another')
  } finally {
    watching.stop()
    await ours.close()
    await other.close()
    remove()
  }
})
