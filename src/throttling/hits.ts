import type { Awaitable } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { Limit } from './rate.ts'

/** What became of a hit. */
export type HitResult =
  | { readonly kind: 'counted' }
  /** Refused, and not counted. @property wait seconds, fractions included, until the next would be counted */
  | { readonly kind: 'full'; readonly wait: number }

/** Where throttles count: a log of times for each key. A key is always counted by the same limit. */
export interface Hits {
  /**
   * Counts a hit if fewer than `limit` were counted in the last `per` seconds, in one step: of a hundred at once no more than
   * `limit` are counted.
   */
  hit(key: string, limit: Limit, now: UnixSeconds): Awaitable<HitResult>
  /** Takes a hit back that was counted at this moment, as if it had not been. */
  takeBack(key: string, limit: Limit, moment: UnixSeconds): Awaitable<void>
  /**
   * Forgets keys of which no hit was counted since.
   *
   * @returns how much was forgotten: less than `limit` where nothing is left to forget
   */
  flush(before: UnixSeconds, limit?: number): Promise<number>
}

/** What a key that counts nothing makes one wait (specification 6.8: period / (n + 1), with n = 0). */
export const slotExpired = ({ per }: Limit): HitResult => ({ kind: 'full', wait: per })

/** How much is forgotten in one go, where nobody says. */
export const BATCH = 1000
