import { later, type Platform, sleep, tried } from './platform.ts'

/** How long another tab is waited for. */
const TIME_LIMIT = 5000
/** How long the lock is held at most. */
const LONGEST = 10_000

/**
 * Runs `work` while no other tab does, or after 5 seconds in any case: a stopped process never releases its lock. It is never stolen, because
 * its holder goes on running. The result comes after the lock was released.
 */
export function locked<T>(
  name: string,
  platform: Platform,
  work: () => Promise<T>,
): { readonly done: Promise<T>; readonly stopWaiting: () => void } {
  let working: Promise<T> | undefined
  let stopWaiting = () => {}
  const start = (): Promise<T> => {
    working ??= work()
    return working
  }
  const done = new Promise<T>((resolve) => {
    const controller = new AbortController()
    const { signal } = controller
    stopWaiting = () => {
      platform.clearTimeout(timer)
      resolve(start())
      controller.abort()
    }
    const timer = later(platform, TIME_LIMIT, stopWaiting)
    const hold = () => Promise.race([start().catch(() => {}), sleep(platform, LONGEST)])
    const { locks } = platform.navigator ?? {}
    const asked = tried(() => locks?.request(name, { signal }, hold))
    if (asked) asked.then(stopWaiting, stopWaiting)
    else stopWaiting()
  })
  return { done, stopWaiting: () => stopWaiting() }
}
