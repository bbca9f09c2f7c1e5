import type { UnixSeconds } from '../../base/clock.ts'
import { type HitResult, type Hits, noHitsAllowed } from '../../throttling/hits.ts'
import { memoryHits } from '../../throttling/memory-hits.ts'
import type { Limit } from '../../throttling/rate.ts'
import type { RedisConnection } from './redis-connection.ts'

const COUNTED: HitResult = { kind: 'counted' }

/**
 * Hits in Redis, whose keys expire. While Redis does not answer, each process counts in memory up to its share of the limit, so
 * that all processes together do not exceed it.
 */
export function redisHits(connection: RedisConnection, prefix: string): Hits {
  const local = memoryHits()
  const keyOf = (key: string): string => `${prefix}${key}`
  /** The share depends on the number of processes, and a key is always counted by the same limit. */
  const localKeyOf = (key: string): string => `${connection.processes} ${key}`
  const shareOf = ({ limit, per }: Limit): Limit => ({
    limit: Math.max(1, Math.floor(limit / connection.processes)),
    per,
  })

  return {
    async hit(key, limit, now) {
      if (limit.limit === 0) return noHitsAllowed(limit)
      const { per } = limit
      const cutoff = (now - per) as UnixSeconds
      const oldest = await connection.ask((redis) =>
        // A second more than the period: clocks differ.
        redis.hit(keyOf(key), limit.limit, String(now), String(cutoff), 1000 * (per + 1)),
      )
      if (oldest === undefined) return local.hit(localKeyOf(key), shareOf(limit), now)
      if (oldest === null) return COUNTED
      return { kind: 'full', wait: per - (now - Number(oldest)) }
    },

    async isMarked(key, per, now) {
      const newest = await connection.ask((redis) => redis.lindex(keyOf(key), 0))
      if (newest === undefined) return local.isMarked(key, per, now)
      return newest !== null && Number(newest) > now - per
    },

    /** A hit of which none before counts. */
    async mark(key, per, now) {
      const lifetime = 1000 * (per + 1)
      const marked = await connection.ask((redis) =>
        redis.hit(keyOf(key), 1, String(now), String(now), lifetime),
      )
      if (marked === undefined) await local.mark(key, per, now)
    },

    /** If Redis does not answer, the hit stays counted: more is counted then, never less. */
    async takeBack(key, limit, moment) {
      await local.takeBack(localKeyOf(key), shareOf(limit), moment)
      await connection.ask((redis) => redis.lrem(keyOf(key), 1, String(moment)))
    },

    flush: (before, limit) => local.flush(before, limit),
  }
}
