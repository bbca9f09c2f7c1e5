import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import { storeUnavailable } from './errors.ts'

/** Values of one statement, and statements of a process at a time: more values gather while these run. */
const BATCH = 64
const CONCURRENT = 4

/** How long a value may wait to be sent: after that, its client has given up. */
const LONGEST_WAIT = milliseconds(1_000)

export interface Waiting<Each, Result> {
  readonly value: Each
  /** The monotonic time at which it began to wait. */
  readonly since: Milliseconds
  resolve(result: Result): void
  reject(error: unknown): void
}

type Batch<Each, Result> = readonly Waiting<Each, Result>[]

/**
 * Values that arrive together become one statement with one commit: sending a statement and making it durable takes longer than running
 * it.
 */
export class BatchQueue<Each, Result> {
  readonly #what: string
  readonly #settle: (batch: Batch<Each, Result>) => Promise<void>
  readonly #waiting: Waiting<Each, Result>[] = []
  #running = 0
  #isScheduled = false

  /**
   * @param what the values are, in an error
   * @param settle resolves or rejects each of a batch, and does not throw
   */
  constructor(what: string, settle: (batch: Batch<Each, Result>) => Promise<void>) {
    this.#what = what
    this.#settle = settle
  }

  add(value: Each): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, since: monotonicClock(), resolve, reject })
      this.#schedule()
    })
  }

  /** Values of the same turn of the event loop join the batch. */
  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    if (this.#running >= CONCURRENT) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#rejectLate()
      while (this.#waiting.length > 0 && this.#running < CONCURRENT)
        void this.#run(this.#waiting.splice(0, BATCH))
    })
  }

  #rejectLate(): void {
    const oldest = monotonicClock() - LONGEST_WAIT
    while ((this.#waiting[0]?.since ?? oldest) < oldest)
      this.#waiting.shift()?.reject(storeUnavailable(`too many ${this.#what} wait`))
  }

  async #run(batch: Batch<Each, Result>): Promise<void> {
    this.#running += 1
    await this.#settle(batch)
    this.#running -= 1
    this.#schedule()
  }
}
