import type { Log } from '../base/log.ts'
import type { StoreTime } from '../stores/store.ts'
import { MAX_CLOCK_SKEW } from './health.ts'

/** Milliseconds between two looks. */
const INTERVAL = 10_000

/** Tells the log, once, that this machine's clock is not the store's, and once that it is again (R13). @returns ends that */
export function watchClockSkew(
  time: StoreTime | undefined,
  log: Log,
  interval = INTERVAL,
): () => void {
  if (time === undefined) return () => {}
  let told = false
  const look = (): void => {
    const ahead = time.ahead()
    const isSkewed = Math.abs(ahead) > MAX_CLOCK_SKEW
    if (isSkewed === told) return
    told = isSkewed
    if (isSkewed)
      log({
        level: 'warn',
        event: "this machine's clock differs from the store's",
        seconds: Math.round(ahead),
      })
    else
      log({ level: 'info', event: "this machine's clock agrees with the store's again" })
  }
  look()
  const timer = setInterval(look, interval).unref()
  return () => clearInterval(timer)
}
