import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isBusy } from './errors.ts'

/** Milliseconds for which a lock that another process holds is waited for. */
export const PATIENCE = 5_000

/** A little while, never the same, so that processes that wait for one lock do not meet again. */
export const shortly = (): Promise<void> => sleep(randomInt(1, 12))

/** Tries again while another process holds the lock, without holding up this one. @throws what the last attempt threw */
export async function retryWhileBusy<T>(attempt: () => T): Promise<T> {
  const until = performance.now() + PATIENCE
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
    }
    await shortly()
  }
}
