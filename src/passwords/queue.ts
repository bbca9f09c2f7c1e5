import { monotonicSeconds, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'

/**
 * Runs expensive work, first in, first out.
 *
 * @throws AuthError `busy`, at once, if too many wait or the wait would be too long; later, if it has become too long
 */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>

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

export const hashQueue = (options: HashQueueOptions): Queue & { load(): QueueLoad } => {
  const queue = new HashQueue(options)
  const run: Queue = (work) => queue.run(work)
  return Object.assign(run, { load: () => queue.load() })
}

interface WaitingWork {
  readonly since: Seconds
  start(): void
  reject(error: AuthError): void
}

/** The weight of the newest duration in the moving average. */
const NEWEST = 1 / 8

class HashQueue {
  readonly #atOnce: number
  readonly #mostWaiting: number
  readonly #longestWait: Seconds
  readonly #elapsed: () => Seconds
  readonly #waiting: WaitingWork[] = []
  #running = 0
  #refused = 0
  /** The duration of a hash, in seconds. */
  #average: number | undefined

  constructor(options: HashQueueOptions) {
    this.#atOnce = options.atOnce
    this.#mostWaiting = options.mostWaiting ?? 32
    this.#longestWait = options.longestWait ?? seconds(5)
    this.#elapsed = options.elapsed ?? monotonicSeconds
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else await this.#turn()
    const start = this.#elapsed()
    try {
      return await work()
    } finally {
      this.#measure(this.#elapsed() - start)
      this.#startNext()
    }
  }

  load(): QueueLoad {
    return {
      running: this.#running,
      waiting: this.#waiting.length,
      refused: this.#refused,
    }
  }

  /** Waits for the slot of another. @throws AuthError `busy` */
  #turn(): Promise<void> {
    const { length } = this.#waiting
    const wait = ((this.#average ?? 0) * (length + 1)) / this.#atOnce
    if (length >= this.#mostWaiting || wait > this.#longestWait) throw this.#busy(wait)
    const since = this.#elapsed()
    return new Promise((start, reject) => this.#waiting.push({ since, start, reject }))
  }

  /**
   * Passes the slot to the one that waits longest, so that no later one can take it. One that has waited too long is
   * rejected: work may take longer than it did when that one came, and its client may have left.
   */
  #startNext(): void {
    let next = this.#waiting.shift()
    while (next !== undefined && this.#elapsed() - next.since > this.#longestWait) {
      next.reject(this.#busy(this.#longestWait))
      next = this.#waiting.shift()
    }
    if (next === undefined) this.#running--
    else next.start()
  }

  #measure(took: number): void {
    const before = this.#average ?? took
    this.#average = before + (took - before) * NEWEST
  }

  #busy(wait: number): AuthError {
    this.#refused++
    const retryAfter = Math.max(1, Math.ceil(wait))
    const note = `${this.#waiting.length} password hashes are waiting`
    return new AuthError('busy', note, { retryAfter })
  }
}
