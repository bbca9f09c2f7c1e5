import { type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'

/**
 * Does a costly work when its turn comes, first come first served.
 *
 * @throws AuthError `busy`, at once, where too many wait or the wait would be too long; when its turn comes, where it has been
 */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>

interface Waiting {
  readonly since: Seconds
  enter(): void
  refuse(error: AuthError): void
}

/** How much there is to do. */
export interface QueueLoad {
  readonly running: number
  readonly waiting: number
  /** Works that were refused since the queue was made. */
  readonly refused: number
}

export interface HashQueueOptions {
  /** How many works run at the same time. No more than there are cores: see `os.availableParallelism()`. */
  readonly atOnce: number
  readonly mostWaiting?: number
  readonly longestWait?: Seconds
  /** Seconds since some moment, never set back. */
  readonly elapsed?: () => Seconds
}

const systemElapsed = (): Seconds => seconds(performance.now() / 1000)

/** The newest work's share in what a work is expected to take. */
const NEWEST = 1 / 8

export function hashQueue({
  atOnce,
  mostWaiting = 32,
  longestWait = seconds(5),
  elapsed = systemElapsed,
}: HashQueueOptions): Queue & { load(): QueueLoad } {
  const waiting: Waiting[] = []
  let running = 0
  let refused = 0
  let usual: number | undefined

  const enter = async (): Promise<void> => {
    if (running < atOnce) {
      running++
      return
    }
    const wait = ((usual ?? 0) * (waiting.length + 1)) / atOnce
    if (waiting.length >= mostWaiting || wait > longestWait) throw busy(wait)
    await new Promise<void>((resolve, reject) =>
      waiting.push({ since: elapsed(), enter: resolve, refuse: reject }),
    )
  }

  const busy = (wait: number): AuthError => {
    refused++
    const retryAfter = Math.max(1, Math.ceil(wait))
    return new AuthError('busy', `${waiting.length} password hashes are waiting`, {
      retryAfter,
    })
  }

  /**
   * Gives the place to the one who waits longest, so that nobody who comes later can take it. Works may have come to take longer
   * than they did: who has waited for too long would be answered later still, when he has gone.
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
      usual = usual === undefined ? took : usual + (took - usual) * NEWEST
      leave()
    }
  }
  return Object.assign(queue, {
    load: () => ({ running, waiting: waiting.length, refused }),
  })
}
