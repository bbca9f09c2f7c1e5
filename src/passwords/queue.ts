import { type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { monotonicSeconds } from '../base/monotonic.ts'

/**
 * Runs expensive work. The clients that wait get slots in turn, each first in, first out, so that a client that sends much takes
 * no other's place.
 *
 * @param client whose work it is, such as a network; default: the program's own
 * @throws AuthError `busy`, at once, if too many wait or the wait would be too long; later, if it has become too long
 */
export interface Queue {
  <T>(work: () => Promise<T>, client?: string): Promise<T>
  /** Asks before work is prepared. @throws AuthError `busy` if the client's work would be rejected at once */
  requireRoom(client?: string): void
}

export interface QueueLoad {
  readonly running: number
  readonly waiting: number
  /** Rejected as busy since the queue was created. */
  readonly refused: number
}

/** How many password hashes wait at most, in one process. */
export const MAX_WAITING = 32

export interface HashQueueOptions {
  /** How many run at the same time: at most the number of cores (`os.availableParallelism()`). */
  readonly concurrency: number
  readonly maxWaiting?: number
  readonly maxWait?: Seconds
  /** The monotonic clock. */
  readonly elapsed?: () => Seconds
}

export const hashQueue = (options: HashQueueOptions): Queue & { load(): QueueLoad } => {
  const queue = new HashQueue(options)
  const run = <T>(work: () => Promise<T>, client?: string): Promise<T> =>
    queue.run(work, client)
  return Object.assign(run, {
    requireRoom: (client?: string) => queue.requireRoom(client),
    load: () => queue.load(),
  })
}

interface WaitingWork {
  readonly since: Seconds
  start(): void
  reject(error: AuthError): void
}

/** The weight of the newest duration in the moving average. */
const NEWEST = 1 / 8

class HashQueue {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #maxWait: Seconds
  readonly #elapsed: () => Seconds
  readonly #waiting = new WaitingClients()
  #running = 0
  #refused = 0
  /** The duration of a hash, in seconds. */
  #average: number | undefined

  constructor(options: HashQueueOptions) {
    this.#concurrency = options.concurrency
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING
    this.#maxWait = options.maxWait ?? seconds(5)
    this.#elapsed = options.elapsed ?? monotonicSeconds
  }

  async run<T>(work: () => Promise<T>, client = ''): Promise<T> {
    if (this.#running < this.#concurrency) this.#running++
    else await this.#waitForSlot(client)
    const start = this.#elapsed()
    try {
      return await work()
    } finally {
      this.#measure(this.#elapsed() - start)
      this.#startNext()
    }
  }

  /** @throws AuthError `busy` */
  requireRoom(client = ''): void {
    if (this.#running < this.#concurrency) return
    const wait = this.#expectedWait(client)
    if (wait > this.#maxWait || !this.#hasRoom(client)) throw this.#busy(wait)
  }

  load(): QueueLoad {
    return {
      running: this.#running,
      waiting: this.#waiting.size,
      refused: this.#refused,
    }
  }

  /** Waits for the slot of another. @throws AuthError `busy` */
  #waitForSlot(client: string): Promise<void> {
    this.requireRoom(client)
    this.#makeRoom(client)
    const since = this.#elapsed()
    return new Promise((start, reject) =>
      this.#waiting.add(client, { since, start, reject }),
    )
  }

  #expectedWait(client: string): number {
    const before = this.#waiting.before(client)
    return ((this.#average ?? 0) * (before + 1)) / this.#concurrency
  }

  #hasRoom(client: string): boolean {
    return (
      this.#waiting.size < this.#maxWaiting || this.#waiting.isShorterThanLongest(client)
    )
  }

  /** Rejects the newest work of the client that has the most, if all places are taken. */
  #makeRoom(client: string): void {
    if (this.#waiting.size < this.#maxWaiting) return
    const wait = this.#expectedWait(client)
    this.#waiting.takeFromLongest()?.reject(this.#busy(wait))
  }

  /**
   * Passes the slot to waiting work, so that no later one can take it. One that has waited too long is
   * rejected: work may take longer than it did when that one came, and its client may have left.
   */
  #startNext(): void {
    let next = this.#waiting.next()
    while (next !== undefined && this.#elapsed() - next.since > this.#maxWait) {
      next.reject(this.#busy(this.#maxWait))
      next = this.#waiting.next()
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
    const note = `${this.#waiting.size} password hashes are waiting`
    return new AuthError('busy', note, { retryAfter })
  }
}

/** Waiting work by client. The client whose turn is next comes first. */
class WaitingClients {
  readonly #byClient = new Map<string, WaitingWork[]>()
  size = 0

  add(client: string, work: WaitingWork): void {
    const ofClient = this.#byClient.get(client)
    if (ofClient === undefined) this.#byClient.set(client, [work])
    else ofClient.push(work)
    this.size++
  }

  next(): WaitingWork | undefined {
    for (const [client, ofClient] of this.#byClient) {
      const work = ofClient.shift()
      this.#byClient.delete(client)
      if (ofClient.length > 0) this.#byClient.set(client, ofClient)
      this.size--
      return work
    }
    return undefined
  }

  /** How much work comes before what this client adds now. */
  before(client: string): number {
    const own = this.#countOf(client)
    let before = 0
    for (const { length } of this.#byClient.values()) before += Math.min(length, own + 1)
    return before
  }

  /** Whether another client has more than this one would have with one more. */
  isShorterThanLongest(client: string): boolean {
    return this.#longest().length > this.#countOf(client) + 1
  }

  /** Removes the newest work of the client that has the most. */
  takeFromLongest(): WaitingWork | undefined {
    this.size--
    return this.#longest().pop()
  }

  #longest(): WaitingWork[] {
    let longest: WaitingWork[] = []
    for (const ofClient of this.#byClient.values())
      if (ofClient.length > longest.length) longest = ofClient
    return longest
  }

  #countOf(client: string): number {
    return this.#byClient.get(client)?.length ?? 0
  }
}
