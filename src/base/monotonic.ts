import { type Milliseconds, milliseconds, type Seconds, toSeconds } from './clock.ts'

/**
 * The monotonic clock: time since an arbitrary start, never set back. It measures lengths of time, which the wall clock
 * cannot do, since an operator or NTP may set that. The first use of `performance` loads a library of metrics, a fortieth of the
 * start of a server, so this is `process.hrtime`.
 */
export function monotonicClock(): Milliseconds {
  const [whole, nanoseconds] = process.hrtime()
  return milliseconds(whole * 1000 + nanoseconds / 1e6)
}

/** The monotonic clock in seconds, for lengths that options give in seconds. */
export const monotonicSeconds = (): Seconds => toSeconds(monotonicClock())
