import type { RedisAddress } from './address.ts'
import type { Client, Connected, Library } from './client.ts'
import type { Commands } from './scripts.ts'

/** Told once each time. */
export interface ConnectionEvents {
  lost(reason: string): void
  back(): void
}

/** Milliseconds that anybody waits for an answer. */
const PATIENCE = 250
/** Milliseconds between two announcements, and before Redis is asked again where it did not answer. */
const EVERY = 1000
const REST = 500
const LONGEST_REST = 8000
/** Seconds, and so announcements, for which a process counts after it was last heard of. */
const PRESENCE = 10
/** Milliseconds that the start waits for Redis. */
const OPENING = 1000
/** How many processes one takes it that there are that has never reached Redis. */
const UNSEEN = 8

/**
 * What a process knows of Redis: whether it answers, and how many processes use it. Nobody waits for a Redis that is known not
 * to answer. Whether it does again is found out by what a process says of itself there every second: a write, as all
 * the others are.
 */
export class RedisConnection {
  readonly #client: Client
  readonly #told: ConnectionEvents
  readonly #address: RedisAddress
  readonly #id: string
  readonly #asked = new Set<Promise<unknown>>()
  #up = false
  /** `undefined`: not lost, or not yet told of. */
  #reason: string | undefined
  #rose = 0
  #rest = REST
  /** How many processes there were, by the latest announcements. */
  #seen: readonly number[] = []
  #announcing = false
  #next: NodeJS.Timeout | undefined
  #closed = false
  #opened: () => void = () => {}

  private constructor(
    address: RedisAddress,
    id: string,
    library: Library,
    told: ConnectionEvents,
  ) {
    this.#address = address
    this.#id = id
    this.#told = told
    const connected: Connected = {
      ready: () => void this.#announce(),
      lost: (reason) => this.#fall(reason),
    }
    this.#client = library.client(address, connected)
  }

  /**
   * Waits a second at most for Redis to answer.
   *
   * @param id of this process, as no other has it
   */
  static async open(
    address: RedisAddress,
    id: string,
    library: Library,
    told: ConnectionEvents,
  ): Promise<RedisConnection> {
    const link = new RedisConnection(address, id, library, told)
    await new Promise<void>((resolve) => {
      const longEnough = setTimeout(resolve, OPENING)
      link.#opened = () => {
        clearTimeout(longEnough)
        resolve()
      }
    })
    return link
  }

  state(): 'up' | 'down' {
    return this.#up ? 'up' : 'down'
  }

  /**
   * How many processes there were when last seen, itself among them: the most of some seconds, because in a Redis that was
   * restarted or flushed there are only those at first who were quicker.
   */
  get processes(): number {
    return this.#seen.length === 0 ? UNSEEN : Math.max(...this.#seen)
  }

  /** @returns `undefined` where Redis does not answer, or not in time */
  async ask<T>(question: (commands: Commands) => Promise<T>): Promise<T | undefined> {
    if (!this.#up) return undefined
    const answer = within(PATIENCE, question(this.#client.commands))
    this.#asked.add(answer)
    try {
      return await answer
    } catch (error) {
      this.#fall((error as Error).message)
      return undefined
    } finally {
      this.#asked.delete(answer)
    }
  }

  /** Waits for what was asked. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#asked)
    await this.ask((redis) => redis.zrem(this.#key, this.#id))
    this.#closed = true
    clearTimeout(this.#next)
    this.#client.close()
  }

  get #key(): string {
    return `${this.#address.prefix}processes`
  }

  async #announce(): Promise<void> {
    if (this.#announcing || this.#closed) return
    this.#announcing = true
    clearTimeout(this.#next)
    try {
      const announced = this.#client.commands.announce(this.#key, this.#id, PRESENCE)
      const [seen] = await within(
        PATIENCE,
        Promise.all([announced, this.#client.complete()]),
      )
      this.#seen = [seen, ...this.#seen].slice(0, PRESENCE)
      this.#rise()
    } catch (error) {
      this.#fall((error as Error).message)
    }
    this.#announcing = false
    if (!this.#closed)
      this.#next = setTimeout(
        () => void this.#announce(),
        this.#up ? EVERY : this.#rest,
      ).unref()
  }

  #rise(): void {
    if (this.#up || this.#closed) return
    this.#up = true
    this.#rose = performance.now()
    if (this.#reason !== undefined) this.#told.back()
    this.#reason = undefined
    this.#opened()
  }

  #fall(reason: string): void {
    if (this.#closed) return
    // One that answers this and not that comes and goes: less and less often.
    if (this.#up)
      this.#rest =
        performance.now() - this.#rose < LONGEST_REST
          ? Math.min(2 * this.#rest, LONGEST_REST)
          : REST
    this.#up = false
    if (this.#reason === undefined) this.#told.lost(reason)
    this.#reason = reason
  }
}

/**
 * What comes too late is no answer. Whoever was busy himself meanwhile has not been kept waiting: what has arrived by then is
 * read first.
 */
function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${milliseconds} ms`))
    const timer = setTimeout(() => setImmediate(late), milliseconds)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
