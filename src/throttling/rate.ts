import { days, minutes, type Seconds, seconds } from '../base/clock.ts'
import { configError } from '../base/errors.ts'

/**
 * The periods of a rate. Django REST framework reads the first letter alone and takes `5/month` for five a minute; here
 * other names are errors (D32).
 */
const PERIODS = {
  s: seconds(1),
  sec: seconds(1),
  secs: seconds(1),
  second: seconds(1),
  seconds: seconds(1),
  m: minutes(1),
  min: minutes(1),
  mins: minutes(1),
  minute: minutes(1),
  minutes: minutes(1),
  h: minutes(60),
  hr: minutes(60),
  hrs: minutes(60),
  hour: minutes(60),
  hours: minutes(60),
  d: days(1),
  day: days(1),
  days: days(1),
} as const

/** A number of requests and a period: `"5/min"`, `"100/day"`. */
export type Rate = `${number}/${keyof typeof PERIODS}`

/** At most `limit` hits in any `per` seconds. */
export interface Limit {
  readonly limit: number
  readonly per: Seconds
}

/** The longest period of a rate: older hits never count. */
export const LONGEST_PERIOD = days(1)

/** @throws AuthError `invalid_config` with what to write instead */
export function parseRate(text: string): Limit {
  const [, limit, period = ''] = /^(\d{1,9})\/([a-z]+)$/.exec(text) ?? []
  if (limit === undefined || !Object.hasOwn(PERIODS, period))
    throw configError(
      `The rate ${JSON.stringify(text)} must be a number, "/" and one of s, min, hour, day, such as "100/day".`,
    )
  return { limit: Number(limit), per: PERIODS[period as keyof typeof PERIODS] }
}
