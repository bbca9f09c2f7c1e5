import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import { aFolder, TERMS, vitor } from '../sessions/house.ts'
import { type House, soon, startHouse } from '../sessions/processes.ts'

test('R7: what was answered is there after a kill, ten times, and the file is whole', async () => {
  const { file, remove } = aFolder()
  const store = sqliteStore({ file })
  await store.users.insert(vitor)
  await store.close()
  let acknowledged = 0
  let house: House | undefined
  try {
    for (let kill = 0; kill < 10; kill++) {
      house = startHouse(file, TERMS)
      await house.ask('ready')
      house.ask('writeForEver', 16).catch(() => {})
      await sleep(100 + 30 * kill)
      await house.kill()

      const survivor = sqliteStore({ file })
      for (const token of house.acknowledged.values()) {
        const state = await survivor.sessions.find(token.id as SessionId)
        assert.ok(state !== undefined, 'a session that was opened is gone')
        const { generation, jti } = state.session
        assert.ok(generation >= token.generation, `generation ${token.generation} was answered, ${generation} is kept`)
        if (generation === token.generation) assert.equal(jti, token.jti)
      }
      acknowledged += house.acknowledged.size
      await survivor.close()
      const plain = new DatabaseSync(file)
      assert.deepEqual({ ...plain.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
      plain.close()
    }
    assert.ok(acknowledged >= 100, `${acknowledged} answers are too few to tell`)
  } finally {
    await house?.kill()
    remove()
  }
})

test('6 processes that start together on a new file all find the newest tables', async () => {
  const { file, remove } = aFolder()
  const houses = Array.from({ length: 6 }, () => startHouse(file, TERMS))
  try {
    await Promise.all(houses.map((house) => house.ask('reusedSessions')))
    const moment = soon()

    const answers = await Promise.all(houses.map((house) => house.ask('open', moment)))

    assert.deepEqual(answers, Array(6).fill(undefined))
    const store = sqliteStore({ file })
    assert.equal(await store.users.insert(vitor), true)
    await store.close()
  } finally {
    await Promise.all(houses.map((house) => house.kill()))
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
    await sleep(450)
    assert.equal(told, 1, 'the first look cannot know what came before it')
    await ours.users.insert(vitor)
    await sleep(450)
    assert.equal(told, 1, 'our own change')

    await other.users.change(vitor.id, { lastLoginAt: systemClock() })

    await sleep(450)
    assert.equal(told, 2, 'the change of another')
  } finally {
    watching.stop()
    await ours.close()
    await other.close()
    remove()
  }
})
