import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import type { SessionId, Sessions } from './session.ts'
import type { Change, Watch } from './watch.ts'

/** The sessions that have ended and whose access tokens could still live. */
export interface RevokedSessions {
  /** Whether a session is known to have ended. Waits for nothing. */
  has(id: SessionId): boolean
}

export interface RevokedWorld {
  readonly sessions: Pick<Sessions, 'endedSince'>
  readonly watch: Watch
  readonly clock: Clock
  /** Seconds since some moment, never set back: how long an entry is kept is no matter of the wall clock. */
  readonly elapsed: () => Seconds
  /** Told that the feed could not be read; it is tried again. */
  readonly failed: (error: unknown) => void
}

/** What was read is read again this far back: writes that were on their way, clocks that differ. */
const LOOK_BACK = seconds(60)

/** Milliseconds before a reading of the feed that failed is tried again. */
const RETRY = 500

/** The set in this process, and the feed that fills it with what other processes end. */
export class RevocationFeed implements RevokedSessions {
  readonly #learned = new Map<SessionId, Seconds>()
  readonly #window: Seconds
  readonly #world: RevokedWorld
  readonly #watching: { stop(): void }
  #readUpTo: UnixSeconds
  #reading: Promise<void> | undefined
  #again = false
  #retry: NodeJS.Timeout | undefined
  #closed = false

  private constructor(window: Seconds, world: RevokedWorld) {
    this.#window = window
    this.#world = world
    this.#readUpTo = (world.clock() - window) as UnixSeconds
    this.#watching = world.watch({ changed: (change) => this.#heard(change), upToDate() {} })
  }

  /**
   * Resolves when the set knows everything that has ended by now.
   *
   * @param window the longest life of a token that is not asked for in the store, leeway included
   */
  static async open(window: Seconds, world: RevokedWorld): Promise<RevocationFeed> {
    const feed = new RevocationFeed(window, world)
    try {
      await feed.#read()
    } catch (error) {
      feed.close()
      throw error
    }
    return feed
  }

  has(id: SessionId): boolean {
    return this.#learned.has(id)
  }

  /** A session that this process has ended. */
  add(id: SessionId): void {
    if (!this.#learned.has(id)) this.#learned.set(id, this.#world.elapsed())
  }

  close(): void {
    this.#closed = true
    this.#watching.stop()
    clearTimeout(this.#retry)
  }

  #heard(change: Change): void {
    if (change.kind === 'ended') for (const id of change.sessions) this.add(id)
    else if (change.kind === 'anything') this.#changed()
  }

  /** Reads the feed, one reading at a time; what changes meanwhile is read after it. */
  #changed(): void {
    if (this.#closed) return
    this.#again = this.#reading !== undefined
    this.#reading ??= this.#read()
      .catch((error: unknown) => {
        if (this.#closed) return
        this.#world.failed(error)
        clearTimeout(this.#retry)
        this.#retry = setTimeout(() => this.#changed(), RETRY).unref()
      })
      .finally(() => {
        this.#reading = undefined
        if (this.#again) this.#changed()
      })
  }

  async #read(): Promise<void> {
    const now = this.#world.clock()
    // A clock that was set back dates what ends now before what was read already.
    const since = Math.min(this.#readUpTo, now) - LOOK_BACK
    for (const { id } of await this.#world.sessions.endedSince(since as UnixSeconds)) this.add(id)
    this.#readUpTo = now
    this.#forget()
  }

  /** Entries stand in the order in which they were learned. */
  #forget(): void {
    const horizon = this.#world.elapsed() - this.#window
    for (const [id, learned] of this.#learned) {
      if (learned >= horizon) return
      this.#learned.delete(id)
    }
  }
}
