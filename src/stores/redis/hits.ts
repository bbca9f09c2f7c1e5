import type { UnixSeconds } from '../../base/clock.ts'
import { type HitResult, type Hits, noHitsAllowed } from '../../throttling/hits.ts'
import { memoryHits } from '../../throttling/memory-hits.ts'
import type { Limit } from '../../throttling/rate.ts'
import type { RedisConnection } from './connection.ts'

const COUNTED: HitResult = { kind: 'counted' }

/**
 * Hits in Redis, which forgets them by itself. If Redis does not answer, each process counts alone and lets in its share of the
 * limit: all together let in no more.
 */
export function redisHits(link: RedisConnection, prefix: string): Hits {
  const alone = memoryHits()
  const keyOf = (key: string): string => `${prefix}${key}`
  /** Of another number of processes the share is another, and a key is always counted by the same limit. */
  const aloneKeyOf = (key: string): string => `${link.processes} ${key}`
  const shareOf = ({ limit, per }: Limit): Limit => ({
    limit: Math.max(1, Math.floor(limit / link.processes)),
    per,
  })

  return {
    async hit(key, limit, now) {
      if (limit.limit === 0) return noHitsAllowed(limit)
      const { per } = limit
      const past = (now - per) as UnixSeconds
      const oldest = await link.ask((redis) =>
        // A second more than the period: clocks differ.
        redis.hit(keyOf(key), limit.limit, String(now), String(past), 1000 * (per + 1)),
      )
      if (oldest === undefined) return alone.hit(aloneKeyOf(key), shareOf(limit), now)
      return oldest === null
        ? COUNTED
        : { kind: 'full', wait: per - (now - Number(oldest)) }
    },

    /** Wherever it was counted. A hit that Redis cannot be asked to take back stays: more is counted then, never less. */
    async takeBack(key, limit, moment) {
      await alone.takeBack(aloneKeyOf(key), shareOf(limit), moment)
      await link.ask((redis) => redis.lrem(keyOf(key), 1, String(moment)))
    },

    flush: (before, limit) => alone.flush(before, limit),
  }
}
