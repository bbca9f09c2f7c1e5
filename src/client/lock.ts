import { later, type Platform, sleep, tried } from './platform.ts'

/** How long another tab is waited for. */
const PATIENCE = 5000
/** How long the lock is held at most. */
const LONGEST = 10_000

/**
 * Runs `work` while no other tab does, or after 5 seconds in any case: a stopped process never releases its lock. It is never stolen, because
 * its holder goes on running.
 */
export function locked<T>(
  name: string,
  platform: Platform,
  work: () => Promise<T>,
): { readonly done: Promise<T>; readonly stopWaiting: () => void } {
  let start: () => Promise<unknown> = async () => {}
  const done = new Promise<T>((resolve, reject) => {
    let isStarted = false
    const controller = new AbortController()
    start = () => {
      if (isStarted) return Promise.resolve()
      isStarted = true
      platform.clearTimeout(timer)
      const working = work()
      working.then(resolve, reject)
      return Promise.race([working.catch(() => {}), sleep(platform, LONGEST)])
    }
    const startAnyway = () => {
      void start()
      controller.abort()
    }
    const timer = later(platform, PATIENCE, startAnyway)
    const asked = tried(() =>
      platform.navigator?.locks?.request(name, { signal: controller.signal }, () =>
        start(),
      ),
    )
    if (asked === undefined) startAnyway()
    else asked.catch(startAnyway)
  })
  return { done, stopWaiting: () => void start() }
}
