import type { Log } from '../base/log.ts'
import type { RedisAddress } from '../stores/redis/address.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { Hits } from '../throttling/hits.ts'
import { memoryHits } from '../throttling/memory-hits.ts'

/** Loads the client only if an address is configured. @throws AuthError `invalid_config` */
export async function openRedisIfConfigured(
  address: RedisAddress | undefined,
  log: Log,
): Promise<Redis | undefined> {
  if (address === undefined) return undefined
  const { openRedis } = await import('../stores/redis/redis.ts')
  return openRedis(address, {
    lost: (reason) =>
      log({
        level: 'warn',
        event: 'Redis does not answer: until it does, this process counts alone',
        reason,
      }),
    back: () => log({ level: 'info', event: 'Redis answers again' }),
  })
}

export function chooseHits(
  counts: 'memory' | 'store' | 'redis',
  store: { readonly hits: Hits },
  redis: { readonly hits: Hits } | undefined,
): Hits {
  if (counts === 'store') return store.hits
  if (counts === 'redis' && redis !== undefined) return redis.hits
  return memoryHits()
}
