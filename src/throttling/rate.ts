import { days, minutes, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'

/** The lengths of a period. A name that only begins like one of these is none: `5/month` is not five a minute (D32). */
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

/** How often in which time: `"5/min"`, `"100/day"`. */
export type Rate = `${number}/${keyof typeof PERIODS}`

/** At most so many hits in any length of time of `per`. */
export interface Limit {
  readonly limit: number
  readonly per: Seconds
}

/** No period is longer: what was counted before that counts no more. */
export const LONGEST_PERIOD = days(1)

/** @throws AuthError `invalid_config`, its message a sentence that says what to write instead */
export function parseRate(text: string): Limit {
  const [, limit, period = ''] = /^(\d{1,9})\/([a-z]+)$/.exec(text) ?? []
  if (limit === undefined || !Object.hasOwn(PERIODS, period)) {
    throw new AuthError(
      'invalid_config',
      `${JSON.stringify(text)} is no rate: write a number and one of s, min, hour, day, as "100/day".`,
    )
  }
  return { limit: Number(limit), per: PERIODS[period as keyof typeof PERIODS] }
}
