import type { Awaitable } from '../base/awaitable.ts'
import { days, type Seconds, type UnixSeconds } from '../base/clock.ts'
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
  /** Whether a key was marked less than `per` seconds ago: never `true` for another key's mark, even if memory is short. */
  isMarked(key: string, per: Seconds, now: UnixSeconds): Awaitable<boolean>
  /** Marks a key for `per` seconds from now. If memory is short, the oldest marks are dropped. */
  mark(key: string, per: Seconds, now: UnixSeconds): Awaitable<void>
  /** Removes a hit that was counted at this moment. */
  takeBack(key: string, limit: Limit, moment: UnixSeconds): Awaitable<void>
  /**
   * Deletes keys whose hits are all before `before`; those of known addresses are kept for `KNOWN_ADDRESS.per`.
   *
   * @param limit the most keys to delete. Default 1,000
   * @returns how many it deleted; fewer than `limit` if none is left
   */
  flush(before: UnixSeconds, limit?: number): Promise<number>
}

/** The result for a limit of 0. Django REST framework's wait is period / (limit - hits + 1), and here that is the period. */
export const noHitsAllowed = ({ per }: Limit): HitResult => ({ kind: 'full', wait: per })

export const FLUSH_BATCH = 1000

/**
 * An account and an address from which it was signed in to, as a mark: kept where hits are counted, so that all processes know
 * it, also after a restart.
 */
export const KNOWN_ADDRESS = { scope: 'login_known', per: days(30) } as const

/** How the key of a throttle begins. */
export const keyPrefix = (scope: string): string => `throttle_${scope}_`
