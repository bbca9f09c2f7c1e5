import type { Clock, UnixSeconds } from '../base/clock.ts'
import { type Duration, secondsOf } from '../base/duration.ts'
import { configError } from '../base/errors.ts'

/** A clock that stands still until it is moved. */
export interface TestClock {
  /** Seconds since 1970. */
  now(): number
  /** Moves it forward: `"5m"`, or a number of seconds. */
  advance(length: Duration): void
  /** Sets it to a moment, in seconds since 1970. The moment may be earlier. */
  set(unixSeconds: number): void
}

/** 2030-01-01T00:00:00Z, the start of a window of every throttle. */
export const START = 1_893_456_000

export function testClock(start: number = START): TestClock & { now: Clock } {
  let now = momentOf(start, 'now')
  return {
    now: () => now,
    advance(length) {
      now = (now + lengthOf(length)) as UnixSeconds
    },
    set(moment) {
      now = momentOf(moment, 'clock.set()')
    },
  }
}

function lengthOf(length: Duration): number {
  const seconds = secondsOf(length) ?? -1
  if (seconds >= 0) return seconds
  throw configError(
    'clock.advance() takes a duration such as "5m", or a number of seconds from 0 on. To move the clock back, call clock.set().',
  )
}

function momentOf(moment: number, name: string): UnixSeconds {
  if (Number.isFinite(moment) && moment >= 0 && moment < 1e11)
    return moment as UnixSeconds
  throw configError(
    `${name} takes seconds since 1970, such as ${START}. Divide milliseconds by 1000.`,
  )
}
