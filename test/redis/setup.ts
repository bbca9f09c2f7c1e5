import type { TestContext } from 'node:test'
import { seconds } from '../../src/base/clock.ts'
import { parseRedis } from '../../src/stores/redis/address.ts'
import { openRedis, type Redis } from '../../src/stores/redis/redis.ts'
import type { Limit } from '../../src/throttling/rate.ts'
import { aRedis, type Redis as Server } from '../services/redis.ts'
import { pause } from '../time.ts'

/** A connection to Redis, as one process has it. */
export interface Process extends Redis {
  /** The reports of its connection: `lost: …`, `back`. */
  readonly reported: readonly string[]
}

export const TEN: Limit = { limit: 10, per: seconds(60) }

/** A server with the connections of several processes, closed after the test. Skips the test if Redis is not installed. */
export async function startProcesses(
  t: TestContext,
  processes: number,
): Promise<
  { readonly server: Server; readonly processes: readonly Process[] } | undefined
> {
  const server = await aRedis()
  if (typeof server === 'string') {
    t.skip(server)
    return undefined
  }
  const opened = await Promise.all(
    Array.from({ length: processes }, () => startProcess(server.url)),
  )
  t.after(async () => {
    for (const each of opened) await each.close()
    await server.stop()
  })
  // Each announces itself once per second.
  if (processes > 1) await pause(1200)
  return { server, processes: opened }
}

export async function startProcess(url: string | readonly string[]): Promise<Process> {
  const reported: string[] = []
  const redis = await openRedis(parseRedis(url), {
    lost: (reason) => reported.push(`lost: ${reason}`),
    back: () => reported.push('back'),
  })
  return { ...redis, reported }
}
