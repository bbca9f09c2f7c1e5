import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanUp } from '../cleanup.ts'
import type { FreshDatabase } from '../stores/sqlite.ts'
import { until } from '../time.ts'
import { aSender, HOUR, KEYS, mailTo, movableClock } from './setup.ts'

/** What holds on every kind of database. */
export function outboxTests(name: string, fresh: FreshDatabase): void {
  test(`${name}: of four processes one sends each mail`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = movableClock()
    const processes: ReturnType<typeof aSender>[] = []
    for (let i = 0; i < 4; i++) processes.push(aSender(await database.open(), clock.now))
    cleanUp(t, async () => {
      for (const { sender } of processes) await sender.close()
    })

    const addresses = Array.from({ length: 60 }, (_, i) => `user${i}@example.com`)
    await Promise.all(
      addresses.map((to, i) => processes[i % 4]!.sender.add(mailTo(to), HOUR)),
    )
    const all = () => processes.flatMap(({ sent }) => sent.map(({ to }) => to))
    await until(() => all().length >= addresses.length)
    for (const { sender } of processes) await sender.idle()

    assert.deepEqual(all().toSorted(), addresses.toSorted())
    const { outbox } = (await database.open()).ports
    assert.deepEqual(await outbox.due(clock.now(), 10), [])
  })

  test(`${name}: what a process took and did not send is sent by another one`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = movableClock()
    let wasCalled = false
    const stuck = aSender(await database.open(), clock.now, () => {
      wasCalled = true
      return new Promise(() => undefined)
    })
    await stuck.sender.add(mailTo('vitor@example.com'), HOUR)
    await until(() => wasCalled)
    const other = aSender(await database.open(), clock.now)
    cleanUp(t, () => other.sender.close())
    await other.sender.idle()
    assert.deepEqual(other.sent, [], 'it is still being sent')

    clock.move(121)
    await until(() => other.sent.length === 1)
    assert.deepEqual(
      other.sent.map(({ to }) => to),
      ['vitor@example.com'],
    )
    await stuck.sender.close()
  })

  test(`${name}: a mail that cannot be sent waits longer each time, and is sent in the end`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = movableClock()
    let tries = 0
    const ids = new Set<string>()
    const { sender, sent, log } = aSender(
      await database.open(),
      clock.now,
      (_, { id }) => {
        ids.add(id)
        if (++tries <= 3) throw new Error('connect ECONNREFUSED for vitor@example.com')
      },
    )
    cleanUp(t, () => sender.close())
    await sender.add(mailTo('vitor@example.com'), HOUR)
    for (const pause of [5, 10, 20]) {
      const before = tries
      await until(() => log.length === before || tries > before)
      await until(() => log.at(-1)?.pause === pause)
      clock.move(pause)
    }
    await until(() => sent.length === 1)

    assert.equal(tries, 4)
    assert.equal(ids.size, 1, 'a recipient recognizes a repeated message')
    assert.deepEqual(
      log.map(({ attempt, pause }) => [attempt, pause]),
      [
        [1, 5],
        [2, 10],
        [3, 20],
      ],
    )
    assert.ok(log.every(({ reason }) => reason === 'connect ECONNREFUSED for …'))
  })

  test(`${name}: what was refused for good, or is too late, is not sent`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = movableClock()
    let tries = 0
    const { sender, sent, log } = aSender(await database.open(), clock.now, () => {
      tries++
      const permanent = tries === 1
      throw Object.assign(new Error('550 no such user'), { permanent })
    })
    cleanUp(t, () => sender.close())
    await sender.add(mailTo('missing@example.com'), HOUR)
    await until(() => log.length === 1)
    await sender.add(mailTo('vitor@example.com'), HOUR)
    await until(() => log.length === 2)
    clock.move(3601)
    await until(() => log.length === 3)

    assert.equal(tries, 2)
    assert.deepEqual(sent, [])
    assert.deepEqual(
      log.map(({ event }) => event),
      [
        'a message was refused and is not sent',
        'a message could not be sent and is tried again',
        'a message was not sent in time',
      ],
    )
    assert.equal(await (await database.open()).ports.outbox.flush(clock.now(), 10), 0)
  })

  test(`${name}: the outbox shows nothing of a message, and an old secret still opens it`, async (t) => {
    const database = await fresh(t)
    if (typeof database === 'string') return t.skip(database)
    const clock = movableClock()
    const store = await database.open()
    const failing = aSender(store, clock.now, () => {
      throw new Error('down')
    })
    await failing.sender.add(mailTo('vitor@example.com'), HOUR)
    await failing.sender.close()
    clock.move(900)
    const [stored] = await store.ports.outbox.due(clock.now(), 1)
    assert.ok(stored)
    assert.doesNotMatch(JSON.stringify(stored), /vitor|reset|secret/)

    const stranger = aSender(await database.open(), clock.now, undefined, [
      new Uint8Array(32).fill(8),
    ])
    await until(() => stranger.log.length === 1)
    await stranger.sender.close()
    assert.deepEqual(stranger.sent, [])

    clock.move(900)
    const keys = [new Uint8Array(32).fill(9), ...KEYS]
    const later = aSender(await database.open(), clock.now, undefined, keys)
    cleanUp(t, () => later.sender.close())
    await until(() => later.sent.length === 1)
  })
}
