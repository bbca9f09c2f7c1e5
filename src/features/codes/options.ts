import type * as z from 'zod/mini'
import { days, minutes, type Seconds, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, section, wholeNumber, withDefault } from '../../schema/shapes.ts'
import type { Limit, Rate } from '../../throttling/rate.ts'
import { rate } from '../../throttling/rate-option.ts'

/** The option `codes`. */
export interface CodeOptions {
  /**
   * Digits of a code that users type: 6 to 8.
   *
   * @default 6
   */
  readonly digits?: number
  /**
   * Wrong codes until a code is void: 1 to 10.
   *
   * @default 5
   */
  readonly attempts?: number
  /**
   * Time between two codes for one address or number.
   *
   * @default "30s"
   */
  readonly resendAfter?: Duration
  /**
   * Codes sent to one address or number for one purpose; `null` for no limit.
   *
   * @default "5/hour"
   */
  readonly perTarget?: Rate | null
  /**
   * Codes requested from one client address; `null` for no limit.
   *
   * @default "60/hour"
   */
  readonly perClient?: Rate | null
  /**
   * Codes sent in total, so that a flood of text messages has a price limit; `null` for no limit.
   *
   * @default "600/min"
   */
  readonly inTotal?: Rate | null
  /**
   * Wrong digits for one address or number, over all of its codes; `null` for no limit.
   *
   * @default "10/hour"
   */
  readonly wrongPerTarget?: Rate | null
}

export const codeOptions = section<CodeOptions>()({
  digits: withDefault(wholeNumber(6, 8), 6),
  attempts: withDefault(wholeNumber(1, 10), 5),
  resendAfter: withDefault(duration(seconds(0), days(1)), seconds(30)),
  perTarget: withDefault(rate, { limit: 5, per: minutes(60) }),
  perClient: withDefault(rate, { limit: 60, per: minutes(60) }),
  inTotal: withDefault(rate, { limit: 600, per: minutes(1) }),
  wrongPerTarget: withDefault(rate, { limit: 10, per: minutes(60) }),
} satisfies Record<keyof CodeOptions, z.ZodMiniType>)

/** The option `codes`, parsed; `null` switches a limit off. */
export interface CodeSettings {
  readonly digits: number
  readonly attempts: number
  readonly resendAfter: Seconds
  readonly perTarget: Limit | null
  readonly perClient: Limit | null
  readonly inTotal: Limit | null
  readonly wrongPerTarget: Limit | null
}
