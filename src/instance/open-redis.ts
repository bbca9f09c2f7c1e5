import type { Settings } from '../settings/settings.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { Store } from '../stores/store.ts'
import type { Hits } from '../throttling/hits.ts'
import { memoryHits } from '../throttling/memory-hits.ts'

/** Where the settings name one. Nothing of it is loaded else. @throws AuthError `invalid_config` */
export async function openRedisIfConfigured({
  redis,
  log,
}: Settings): Promise<Redis | undefined> {
  if (redis === undefined) return undefined
  const { openRedis } = await import('../stores/redis/redis.ts')
  return openRedis(redis, {
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
  { counts }: Settings,
  store: Store,
  redis: Redis | undefined,
): Hits {
  if (counts === 'store') return store.ports.hits
  return counts === 'redis' && redis !== undefined ? redis.hits : memoryHits()
}
