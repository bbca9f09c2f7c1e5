import type { Awaitable } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { Limit } from './rate.ts'

export type HitResult =
  | { readonly kind: 'counted' }
  /** Refused and not counted. @property wait seconds, with fractions, until a hit would be counted again */
  | { readonly kind: 'full'; readonly wait: number }

/** The port of throttles: a log of times for each key. A key is always counted by the same limit. */
export interface Hits {
  /**
   * Counts a hit if fewer than `limit` were counted in the last `per` seconds. Atomic: of concurrent hits at most `limit`
   * are counted.
   */
  hit(key: string, limit: Limit, now: UnixSeconds): Awaitable<HitResult>
  /** Removes a hit that was counted at this moment. */
  takeBack(key: string, limit: Limit, moment: UnixSeconds): Awaitable<void>
  /**
   * Deletes keys whose hits have all expired at `before`.
   *
   * @param limit the most keys to delete. Default 1,000
   * @returns how many it deleted; fewer than `limit` if none is left
   */
  flush(before: UnixSeconds, limit?: number): Promise<number>
}

/** The result for a limit of 0. Django REST framework's wait is period / (limit - hits + 1), and here that is the period. */
export const noHitsAllowed = ({ per }: Limit): HitResult => ({ kind: 'full', wait: per })

export const FLUSH_BATCH = 1000
