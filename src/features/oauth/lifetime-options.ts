import type * as z from 'zod/mini'
import { days, minutes, type Seconds, seconds } from '../../base/clock.ts'
import type { Duration } from '../../base/duration.ts'
import { duration, withDefault, YEAR } from '../../schema/shapes.ts'

export interface LifetimeOptions {
  /**
   * Lifetime of the access tokens of applications: 1 second to 24 hours.
   *
   * @default "5m"
   * @django ACCESS_TOKEN_EXPIRE_SECONDS
   */
  readonly access?: Duration
  /**
   * Lifetime of their refresh tokens. Each refresh starts it anew.
   *
   * @default "14d"
   * @django REFRESH_TOKEN_EXPIRE_SECONDS
   */
  readonly refresh?: Duration
  /**
   * Lifetime of a consent, however often its tokens are refreshed.
   *
   * @default "90d"
   */
  readonly session?: Duration
  /**
   * Lifetime of an authorization code: 1 second to 10 minutes.
   *
   * @default "60s"
   * @django AUTHORIZATION_CODE_EXPIRE_SECONDS
   */
  readonly codeLife?: Duration
}

export interface LifetimeSettings {
  readonly access: Seconds
  readonly refresh: Seconds
  readonly session: Seconds
  readonly codeLife: Seconds
}

export const lifetimeOptions = () =>
  ({
    access: withDefault(duration(seconds(1), days(1)), minutes(5)),
    refresh: withDefault(duration(seconds(1), YEAR), days(14)),
    session: withDefault(duration(seconds(1), YEAR), days(90)),
    codeLife: withDefault(duration(seconds(1), minutes(10)), minutes(1)),
  }) satisfies Record<keyof LifetimeOptions, z.ZodMiniType>
