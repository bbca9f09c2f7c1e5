import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRedis } from '../../src/stores/redis/address.ts'
import type { ClientEvents } from '../../src/stores/redis/client.ts'
import type { Library } from '../../src/stores/redis/library.ts'
import { RedisConnection } from '../../src/stores/redis/redis-connection.ts'
import { turns } from '../time.ts'

test('in a Redis that was restarted there are as many processes as before, until all have had the time to say that they are there', async (t) => {
  const { library, sees } = aLibrary()
  sees(3)
  const link = await RedisConnection.open(
    parseRedis('redis://127.0.0.1'),
    'me',
    library,
    { lost() {}, back() {} },
  )
  t.after(() => link.close())
  assert.equal(link.processes, 3)

  // It has lost its memory, and the others are slower to come back.
  for (let second = 1; second < 10; second++) {
    await sees(1)
    assert.equal(link.processes, 3, `after ${second} s`)
  }
  await sees(1)
  assert.equal(link.processes, 1)
  await sees(4)
  assert.equal(link.processes, 4, 'who comes counts at once')
})

/** A Redis in which there are as many processes as the test says. */
function aLibrary() {
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
    /** Until the process has announced itself once more. */
    async sees(processes: number): Promise<void> {
      count = processes
      client?.ready()
      await turns(5)
    },
  }
}
