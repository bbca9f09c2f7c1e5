import type * as z from 'zod/mini'
import { days, minutes, type Seconds, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, name, section, withDefault, YEAR } from '../../schema/shapes.ts'

/** The option `slidingTokens`. */
export interface SlidingTokenOptions {
  /**
   * Lifetime of a sliding token: 1 second to 24 hours.
   *
   * @default "5m"
   * @django SLIDING_TOKEN_LIFETIME
   */
  readonly lifetime?: Duration
  /**
   * How long after the sign-in it can be refreshed.
   *
   * @default "1d"
   * @django SLIDING_TOKEN_REFRESH_LIFETIME
   */
  readonly refreshLifetime?: Duration
  /**
   * The claim with the end of its refreshing.
   *
   * @default "refresh_exp"
   * @django SLIDING_TOKEN_REFRESH_EXP_CLAIM
   */
  readonly refreshClaim?: string
}

export const slidingTokenOptions = section<SlidingTokenOptions>()({
  lifetime: withDefault(duration(seconds(1), days(1)), minutes(5)),
  refreshLifetime: withDefault(duration(seconds(1), YEAR), days(1)),
  refreshClaim: withDefault(name, 'refresh_exp'),
} satisfies Record<keyof SlidingTokenOptions, z.ZodMiniType>)

/** The option `slidingTokens`, parsed. */
export interface SlidingSettings {
  readonly lifetime: Seconds
  readonly refreshLifetime: Seconds
  readonly refreshClaim: string
}
