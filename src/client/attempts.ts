import { late } from './error.ts'
import { later, type Platform } from './platform.ts'

/** Milliseconds until the next attempt while there is no answer, and after a network error. */
const HEDGE = 3000
const AGAIN = [300, 1000] as const
const MOST = 3
const LONGEST = 10_000

/**
 * Sends up to three times, and takes the first answer. Earlier attempts keep running.
 *
 * @param window milliseconds after the first attempt in which others may start
 */
export function attempts<T>(
  send: () => Promise<T>,
  window: number,
  now: () => number,
  platform: Platform,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const started = now()
    let count = 0
    let open = 0
    let timer: unknown
    let isDone = false
    const mayGoOn = (): boolean => !isDone && count < MOST && now() - started < window
    const next = (wait: number): void => {
      platform.clearTimeout(timer)
      timer = later(platform, wait, () => mayGoOn() && attempt())
    }
    const finish =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        isDone = true
        platform.clearTimeout(timer)
        platform.clearTimeout(limit)
        settle(value)
      }
    const failed = (error: unknown): void => {
      open--
      const wait = AGAIN[count - 1] ?? 0
      if (mayGoOn() && now() + wait - started < window) next(wait)
      else if (open === 0) finish(reject)(error)
    }
    const attempt = (): void => {
      count++
      open++
      next(HEDGE)
      send().then(finish(resolve), failed)
    }
    const limit = later(platform, LONGEST, () => finish(reject)(late()))
    attempt()
  })
}
