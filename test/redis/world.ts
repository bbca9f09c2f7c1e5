import type { TestContext } from 'node:test'
import { seconds } from '../../src/base/clock.ts'
import { parseRedis } from '../../src/stores/redis/address.ts'
import { openRedis, type Redis } from '../../src/stores/redis/redis.ts'
import type { Limit } from '../../src/throttling/rate.ts'
import { aRedis, type Redis as Server } from '../services/redis.ts'
import { pause } from '../time.ts'

/** A process of several on one Redis, as far as Redis is concerned. */
export interface Process extends Redis {
  /** What it has told: `lost: …`, `back`. */
  readonly told: readonly string[]
}

export const TEN: Limit = { limit: 10, per: seconds(60) }

/** A server and so many processes on it, which end with the test. Skips the test where there is no server. */
export async function aHouse(
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
    Array.from({ length: processes }, () => aProcess(server.url)),
  )
  t.after(async () => {
    for (const each of opened) await each.close()
    await server.stop()
  })
  // Until each has heard of the others.
  if (processes > 1) await pause(1200)
  return { server, processes: opened }
}

export async function aProcess(url: string | readonly string[]): Promise<Process> {
  const told: string[] = []
  const redis = await openRedis(parseRedis(url), {
    lost: (reason) => told.push(`lost: ${reason}`),
    back: () => told.push('back'),
  })
  return { ...redis, told }
}
