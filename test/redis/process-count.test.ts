import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRedis } from '../../src/stores/redis/address.ts'
import type { ClientEvents } from '../../src/stores/redis/client.ts'
import type { Library } from '../../src/stores/redis/library.ts'
import { RedisConnection } from '../../src/stores/redis/redis-connection.ts'
import { turns } from '../time.ts'

test('after a restart of Redis the process count falls only after ten seconds, and rises at once', async (t) => {
  const { library, announce } = fakeLibrary()
  announce(3)
  const connection = await RedisConnection.open(
    parseRedis('redis://127.0.0.1'),
    'me',
    library,
    { lost() {}, back() {} },
  )
  t.after(() => connection.close())
  assert.equal(connection.processes, 3)

  // Redis lost its data, and the other processes announce themselves later.
  for (let second = 1; second < 10; second++) {
    await announce(1)
    assert.equal(connection.processes, 3, `after ${second} s`)
  }
  await announce(1)
  assert.equal(connection.processes, 1)
  await announce(4)
  assert.equal(connection.processes, 4, 'a new process counts at once')
})

/** A client of a Redis in which as many processes are announced as the test says. */
function fakeLibrary() {
  let count = 0
  let client: ClientEvents | undefined
  const commands = { announce: async () => count, zrem: async () => 1 }
  const library = {
    client(_: unknown, events: ClientEvents) {
      client = events
      setImmediate(events.ready)
      return { commands, complete: async () => undefined, close() {} }
    },
  }
  return {
    library: library as unknown as Library,
    /** Sets the count, and waits until the process has announced itself again. */
    async announce(processes: number): Promise<void> {
      count = processes
      client?.ready()
      await turns(5)
    },
  }
}
