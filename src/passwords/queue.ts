import { monotonicSeconds, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'

/**
 * Runs expensive work, first in, first out.
 *
 * @throws AuthError `busy`, at once, if too many wait or the wait would be too long; later, if it has become too long
 */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>

interface Waiting {
  readonly since: Seconds
  enter(): void
  refuse(error: AuthError): void
}

export interface QueueLoad {
  readonly running: number
  readonly waiting: number
  /** Since the queue was created. */
  readonly refused: number
}

export interface HashQueueOptions {
  /** How many run at the same time: at most the number of cores (`os.availableParallelism()`). */
  readonly atOnce: number
  readonly mostWaiting?: number
  readonly longestWait?: Seconds
  /** The monotonic clock. */
  readonly elapsed?: () => Seconds
}

/** The weight of the newest duration in the moving average. */
const NEWEST = 1 / 8

export function hashQueue({
  atOnce,
  mostWaiting = 32,
  longestWait = seconds(5),
  elapsed = monotonicSeconds,
}: HashQueueOptions): Queue & { load(): QueueLoad } {
  const waiting: Waiting[] = []
  let running = 0
  let refused = 0
  let average: number | undefined

  const busy = (wait: number): AuthError => {
    refused++
    const retryAfter = Math.max(1, Math.ceil(wait))
    const note = `${waiting.length} password hashes are waiting`
    return new AuthError('busy', note, { retryAfter })
  }

  const enter = async (): Promise<void> => {
    if (running < atOnce) {
      running++
      return
    }
    const wait = ((average ?? 0) * (waiting.length + 1)) / atOnce
    if (waiting.length >= mostWaiting || wait > longestWait) throw busy(wait)
    await new Promise<void>((resolve, reject) =>
      waiting.push({ since: elapsed(), enter: resolve, refuse: reject }),
    )
  }

  /**
   * Passes the slot to the one that waits longest, so that no later one can take it. One that has waited too long is
   * refused: work may take longer than it did when that one came, and its client may have left.
   */
  const leave = (): void => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (elapsed() - next.since <= longestWait) {
        next.enter()
        return
      }
      next.refuse(busy(longestWait))
    }
    running--
  }

  const queue: Queue = async (work) => {
    await enter()
    const start = elapsed()
    try {
      return await work()
    } finally {
      const took = elapsed() - start
      const before = average ?? took
      average = before + (took - before) * NEWEST
      leave()
    }
  }
  return Object.assign(queue, {
    load: () => ({ running, waiting: waiting.length, refused }),
  })
}
