import { milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import type { RedisAddress } from './address.ts'
import type { Client } from './client.ts'
import type { Library } from './library.ts'
import type { Commands } from './scripts.ts'

/** Called once at each change. */
export interface ConnectionEvents {
  lost(reason: string): void
  back(): void
}

/** Time limit of a command. */
const TIMEOUT = milliseconds(250)
/** The pause between two heartbeats. */
const HEARTBEAT = milliseconds(1000)
/** The pause before the next heartbeat if Redis did not answer, doubled each time. */
const PAUSE = { shortest: milliseconds(500), longest: milliseconds(8000) }
/** A process counts for this many seconds, and so heartbeats, after its last one. */
const PRESENCE = 10
/** How long the start waits for Redis. */
const OPENING = milliseconds(1000)
/** The number of processes that is assumed before the first contact with Redis. */
const ASSUMED_PROCESSES = 8

/**
 * Whether Redis answers, and how many processes use it. A command fails at once while Redis is known to be away. A heartbeat
 * finds out whether it is back: a write every second, by which processes also count one another.
 */
export class RedisConnection {
  readonly #client: Client
  readonly #events: ConnectionEvents
  readonly #key: string
  readonly #id: string
  readonly #pending = new Set<Promise<unknown>>()
  #isUp = false
  /** Whether `lost` was called and `back` was not. */
  #isReportedLost = false
  #upSince = milliseconds(0)
  #pause = PAUSE.shortest
  /** How many processes there were at the last heartbeats, the latest first. */
  #counts: readonly number[] = []
  #isBeating = false
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  readonly #opened = Promise.withResolvers<void>()

  private constructor(
    address: RedisAddress,
    id: string,
    library: Library,
    events: ConnectionEvents,
  ) {
    this.#key = `${address.prefix}processes`
    this.#id = id
    this.#events = events
    this.#client = library.client(address, {
      ready: () => void this.#beat(),
      lost: (reason) => this.#down(reason),
    })
  }

  /**
   * Waits a second at most for Redis to answer.
   *
   * @param id unique to this process
   */
  static async open(
    address: RedisAddress,
    id: string,
    library: Library,
    events: ConnectionEvents,
  ): Promise<RedisConnection> {
    const connection = new RedisConnection(address, id, library, events)
    const timer = setTimeout(connection.#opened.resolve, OPENING)
    await connection.#opened.promise
    clearTimeout(timer)
    return connection
  }

  state(): 'up' | 'down' {
    if (this.#isUp) return 'up'
    return 'down'
  }

  /**
   * The number of processes, this one included: the highest of the last seconds, because after a restart of Redis only the
   * quickest processes are back.
   */
  get processes(): number {
    if (this.#counts.length === 0) return ASSUMED_PROCESSES
    return Math.max(...this.#counts)
  }

  /** @returns `undefined` if Redis does not answer, or not in time */
  async ask<T>(command: (commands: Commands) => Promise<T>): Promise<T | undefined> {
    if (!this.#isUp) return undefined
    const reply = within(TIMEOUT, command(this.#client.commands))
    this.#pending.add(reply)
    try {
      return await reply
    } catch (error) {
      this.#down((error as Error).message)
      return undefined
    } finally {
      this.#pending.delete(reply)
    }
  }

  /** Waits for the commands that were sent. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    await this.ask((redis) => redis.zrem(this.#key, this.#id))
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#client.close()
  }

  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isClosed) return
    this.#isBeating = true
    clearTimeout(this.#timer)
    await this.#announce()
    this.#isBeating = false
    this.#beatLater()
  }

  #beatLater(): void {
    if (this.#isClosed) return
    const pause = this.#isUp ? HEARTBEAT : this.#pause
    this.#timer = setTimeout(() => void this.#beat(), pause).unref()
  }

  async #announce(): Promise<void> {
    const { commands, complete } = this.#client
    try {
      const announced = commands.announce(this.#key, this.#id, PRESENCE)
      const [count] = await within(TIMEOUT, Promise.all([announced, complete()]))
      this.#counts = [count, ...this.#counts].slice(0, PRESENCE)
      this.#up()
    } catch (error) {
      this.#down((error as Error).message)
    }
  }

  #up(): void {
    if (this.#isUp || this.#isClosed) return
    this.#isUp = true
    this.#upSince = monotonicClock()
    if (this.#isReportedLost) this.#events.back()
    this.#isReportedLost = false
    this.#opened.resolve()
  }

  #down(reason: string): void {
    if (this.#isClosed) return
    if (this.#isUp) this.#pause = this.#nextPause()
    this.#isUp = false
    if (this.#isReportedLost) return
    this.#isReportedLost = true
    this.#events.lost(reason)
  }

  /** If Redis answers heartbeats but no commands, the connection flaps: it is tried less and less often. */
  #nextPause() {
    const wasStable = monotonicClock() - this.#upSince >= PAUSE.longest
    if (wasStable) return PAUSE.shortest
    return milliseconds(Math.min(2 * this.#pause, PAUSE.longest))
  }
}

/** Rejects a reply that comes too late. If this process was busy meanwhile, what has arrived by then is read first. */
function within<T>(timeout: number, reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${timeout} ms`))
    const timer = setTimeout(() => setImmediate(late), timeout)
    reply.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
