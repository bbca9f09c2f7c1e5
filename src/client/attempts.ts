import { type Platform, sleep } from './platform.ts'

/** Milliseconds until the next attempt while there is no answer, and after each network error. */
const HEDGE = 3000
const AGAIN = [300, 1000, 0]

/**
 * Sends up to three times, and takes the first answer. Earlier attempts keep running; `send` throws when no further one is wanted.
 *
 * @param mayRepeat whether others may still start
 */
export function attempts<T>(
  send: (isRepeated: boolean) => Promise<T>,
  mayRepeat: () => boolean,
  platform: Platform,
  count = 0,
): Promise<T> {
  const mine = send(count > 0)
  // Unlike a timer of `sleep` it keeps a Node.js process alive: a caller waits for it.
  const again = () =>
    new Promise<void>((resolve) => {
      platform.setTimeout(resolve, AGAIN[count] ?? 0)
    })
  const settled = Promise.race([sleep(platform, HEDGE), mine.catch(again)])
  const next = settled.then((answer) => {
    if (answer || count > 1 || !mayRepeat()) return answer ?? mine
    return attempts(send, mayRepeat, platform, count + 1)
  })
  return Promise.any([mine, next]).catch(() => mine)
}
