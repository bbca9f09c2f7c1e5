import { days, minutes } from '../../../base/clock.ts'
import { SLOT } from '../listing.ts'

/** A length of time that the overview shows. */
export interface Period {
  readonly name: string
  readonly text: string
  /** Seconds. */
  readonly length: number
  /** Seconds of one bar: a multiple of half an hour. */
  readonly bar: number
  readonly barText: string
}

const HALF_HOURS = { bar: minutes(30), barText: 'half hour' }

const DAY: Period = { name: '24h', text: '24 hours', length: days(1), ...HALF_HOURS }

export const PERIODS: readonly Period[] = [
  { name: '6h', text: '6 hours', length: days(0.25), ...HALF_HOURS },
  DAY,
  { name: '7d', text: '7 days', length: days(7), bar: days(0.25), barText: '6 hours' },
  { name: '30d', text: '30 days', length: days(30), bar: days(1), barText: 'day' },
]

/** The period of a link; a day for any other name. */
export const periodNamed = (name: string | null): Period =>
  PERIODS.find((each) => each.name === name) ?? DAY

/** The last bar ends after now. */
export const beginOf = ({ length, bar }: Period, now: number): number =>
  (Math.floor(now / bar) + 1) * bar - length

/** When a bar begins, as short as bars of this length allow. */
export function barBegin(from: number, { bar }: Period): string {
  const iso = new Date(from * 1000).toISOString()
  const [day, time] = [iso.slice(5, 10), iso.slice(11, 16)]
  if (bar >= days(1)) return day
  if (bar > SLOT) return `${day} ${time}`
  return time
}
