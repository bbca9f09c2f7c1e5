import { type Milliseconds, milliseconds } from '../base/clock.ts'
import type { Log, LogEntry } from '../base/log.ts'
import type { StoreTime } from '../stores/store.ts'
import { MAX_CLOCK_SKEW } from './health.ts'

const INTERVAL: Milliseconds = milliseconds(10_000)

/**
 * Logs once when this machine's clock differs from the store's by more than `MAX_CLOCK_SKEW`, and once when it agrees
 * again.
 *
 * @returns a function that stops it
 */
export function watchClockSkew(
  time: StoreTime | undefined,
  log: Log,
  interval = INTERVAL,
): () => void {
  if (time === undefined) return () => {}
  let wasSkewed = false
  const check = (): void => {
    const ahead = time.ahead()
    const isSkewed = Math.abs(ahead) > MAX_CLOCK_SKEW
    if (isSkewed === wasSkewed) return
    wasSkewed = isSkewed
    log(isSkewed ? skewEntry(ahead) : AGREES_AGAIN)
  }
  check()
  const timer = setInterval(check, interval).unref()
  return () => clearInterval(timer)
}

const skewEntry = (ahead: number): LogEntry => ({
  level: 'warn',
  event: "this machine's clock differs from the store's",
  seconds: Math.round(ahead),
})

const AGREES_AGAIN: LogEntry = {
  level: 'info',
  event: "this machine's clock agrees with the store's again",
}
