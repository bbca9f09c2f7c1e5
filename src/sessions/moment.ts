import { type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'

/** A moment on two clocks: the monotonic clock measures durations and is never set; the wall clock dates rows. */
export interface Moment {
  readonly monotonic: Seconds
  readonly wall: UnixSeconds
}

/** A difference between the two clocks of more than this means that the wall clock was set. */
const MAX_DIFFERENCE = seconds(1)

/** Whether the wall clock was set between two moments: the clocks disagree about the time that has passed. */
export function wasClockSet(from: Moment, to: Moment): boolean {
  const difference = to.wall - from.wall - (to.monotonic - from.monotonic)
  return Math.abs(difference) > MAX_DIFFERENCE
}
