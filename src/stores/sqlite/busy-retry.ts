import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import { isBusy } from './errors.ts'

/** How long a lock that another process holds is waited for. */
export const LOCK_TIMEOUT = milliseconds(5_000)

/** Random, so that processes that wait for one lock do not retry at the same moments. */
export const shortPause = (): Promise<void> => sleep(randomInt(1, 4))

/** Retries while another process holds the lock, without blocking the event loop. @throws the error of the last attempt */
export async function retryWhileBusy<T>(attempt: () => T): Promise<T> {
  const end = monotonicClock() + LOCK_TIMEOUT
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || monotonicClock() > end) throw error
    }
    await shortPause()
  }
}
