import {
  type Clock,
  milliseconds,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { type Moment, wasClockSet } from './moment.ts'
import { RevokedSet } from './revoked-set.ts'
import type { FeedPosition, SessionId, Sessions } from './session.ts'
import type { Change, Watch } from './watch.ts'

/** State of the revocation feed. */
export interface FeedState {
  /** Seconds since its set was last known to be complete. */
  readonly age: Seconds
  /** How many sessions the set holds. */
  readonly entries: number
  /** Whether some did not fit: until their tokens have expired, each check reads the store. */
  readonly full: boolean
}

export interface FeedSettings {
  /** How long an entry is kept: at least the longest lifetime of a token that is checked without the store, plus leeway. */
  readonly window: Seconds
  /** The age up to which checks trust the set. */
  readonly maxAge: Seconds
  /** How many sessions it holds at most. */
  readonly capacity?: number
}

export interface FeedDeps {
  readonly sessions: Pick<Sessions, 'revokedSince'>
  readonly watch: Watch
  /** The wall clock. */
  readonly clock: Clock
  /** The monotonic clock. */
  readonly elapsed: () => Seconds
  /** Called once when the feed is disconnected; it keeps reconnecting. */
  readonly disconnected: (reason: unknown) => void
  /** Called once when it is connected again and has caught up. */
  readonly reconnected: () => void
}

/** How many rows one query returns at most. */
export const PAGE_SIZE = 10_000

/**
 * A write is committed later than the time in its row, so that each read begins again before the end of the last one:
 *
 *               readFrom        lastComplete             now
 *      ────────────┼─────────────────┼────────────────────┼────▶ revoked_at of the rows
 *                  │◀── look-back ──▶│                    │
 *                  └───────────── the next read ──────────┘
 *
 * A usual read looks back by `LOOK_BACK`, which is more than a write may wait for a lock; every `DEEP_EVERY`, a deep read looks back
 * further.
 */
const LOOK_BACK = seconds(10)
export const DEEP_LOOK_BACK = seconds(60)
const DEEP_EVERY = seconds(15)

/** The pause before a failed read is repeated. */
const RETRY = milliseconds(500)

/** The interval at which the feed checks whether a read is due. */
const TICK = milliseconds(250)

/** Age from which the feed reads without a notification. */
const REFRESH_AGE = seconds(1)
/** Age from which it counts as disconnected. */
const DISCONNECTED_AGE = seconds(5)

const NEVER = Number.NEGATIVE_INFINITY

/**
 * The revoked sessions whose access tokens may still be valid, as far as this process knows. It has two sets, because a notification
 * is faster than a read, and its sender is not authenticated: any client of PostgreSQL or Redis can send one.
 *
 *     the store ──── read at each change, once a second at least ───▶ #revoked ───▶ has: the session is revoked
 *     other processes ──── notification that names sessions ───▶ #notified ───▶ isUnconfirmed: the store has to confirm it
 */
export class RevocationFeed {
  readonly #revoked: RevokedSet
  readonly #notified: RevokedSet
  readonly #settings: FeedSettings
  readonly #deps: FeedDeps
  readonly #watching: { stop(): void }
  readonly #timer: NodeJS.Timeout
  /** The last moment at which `#revoked` was complete; `undefined` until the first read. */
  #lastComplete: Moment | undefined
  /** By the monotonic clock, as all that follow. */
  readonly #openedAt: Seconds
  #deepReadAt = NEVER as Seconds
  /** When a session did not fit. */
  #overflowedAt = NEVER as Seconds
  /** Whether something has changed since the last read began. */
  #hasUnread = true
  #reading: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #isDisconnected = false
  #isClosed = false

  private constructor(settings: FeedSettings, deps: FeedDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#revoked = new RevokedSet(settings.capacity)
    this.#notified = new RevokedSet(settings.capacity)
    this.#openedAt = deps.elapsed()
    this.#ageIfDue()
    this.#watching = deps.watch({
      changed: (change) => this.#onChange(change),
      upToDate: () => this.#onUpToDate(),
    })
    this.#timer = setInterval(() => this.#tick(), TICK).unref()
  }

  /** Resolves when the set holds every session that has been revoked by now. */
  static async open(settings: FeedSettings, deps: FeedDeps): Promise<RevocationFeed> {
    const feed = new RevocationFeed(settings, deps)
    try {
      feed.#reading = feed.#read()
      await feed.#reading
    } catch (error) {
      feed.close()
      throw error
    }
    feed.#reading = undefined
    if (feed.#hasUnread) feed.refresh()
    return feed
  }

  /** Whether a session is known to be revoked. */
  has(id: SessionId): boolean {
    return this.#revoked.has(id)
  }

  /** Whether a notification names the session but the store has not confirmed it yet. */
  isUnconfirmed(id: SessionId): boolean {
    return this.#notified.has(id) && !this.#revoked.has(id)
  }

  /** Whether the set is fresh and complete: if so, a session that `has` does not find is not revoked. */
  isComplete(): boolean {
    const { age, full } = this.state()
    return age < this.#settings.maxAge && !full
  }

  add(id: SessionId): void {
    this.#addTo(this.#revoked, id)
  }

  #addTo(set: RevokedSet, id: SessionId): void {
    if (!set.add(id)) this.#overflowedAt = this.#deps.elapsed()
  }

  /** Reads the store; if a read is in progress, once more after it. */
  refresh(): void {
    if (this.#isClosed) return
    this.#hasUnread = true
    this.#reading ??= this.#read().then(
      () => this.#onRead(),
      (error: unknown) => this.#onReadFailed(error),
    )
  }

  state(): FeedState {
    const now = this.#deps.elapsed()
    return {
      age: seconds(now - (this.#lastComplete?.monotonic ?? this.#openedAt)),
      entries: this.#revoked.size,
      full: now - this.#overflowedAt <= this.#settings.window,
    }
  }

  close(): void {
    this.#isClosed = true
    this.#watching.stop()
    clearInterval(this.#timer)
    clearTimeout(this.#retry)
  }

  #now(): Moment {
    return { monotonic: this.#deps.elapsed(), wall: this.#deps.clock() }
  }

  #onChange(change: Change): void {
    if (change.kind === 'anything') this.refresh()
    if (change.kind !== 'revoked') return
    for (const id of change.sessions) this.#addTo(this.#notified, id)
  }

  /** All changes until now were reported: `#revoked` is complete, unless one has not been read yet. If the clock was set, reads again. */
  #onUpToDate(): void {
    if (this.#hasUnread || this.#reading !== undefined) return
    const now = this.#now()
    if (this.#wasClockSet(now)) this.refresh()
    else this.#markComplete(now)
  }

  #onRead(): void {
    this.#reading = undefined
    if (this.#hasUnread) this.refresh()
  }

  #onReadFailed(error: unknown): void {
    this.#reading = undefined
    this.#hasUnread = true
    if (this.#isClosed) return
    this.#disconnect(error)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.refresh()
    }, RETRY).unref()
  }

  async #read(): Promise<void> {
    this.#hasUnread = false
    const now = this.#now()
    const isDeep = now.monotonic - this.#deepReadAt >= DEEP_EVERY
    await this.#readPages(this.#readFrom(now, isDeep ? DEEP_LOOK_BACK : LOOK_BACK))
    if (isDeep) this.#deepReadAt = now.monotonic
    this.#markComplete(now)
  }

  async #readPages(revokedAt: UnixSeconds): Promise<void> {
    let from: FeedPosition | undefined = { revokedAt }
    while (from !== undefined && !this.#isClosed) {
      const page: Awaited<ReturnType<Sessions['revokedSince']>> =
        await this.#deps.sessions.revokedSince(from, PAGE_SIZE)
      for (const { id } of page) this.add(id)
      // The row after a full page, if there is one.
      from = page[PAGE_SIZE - 1]
    }
  }

  /** Where a read begins: shortly before the end of the last one. Earlier if there was none, or if the wall clock was set since. */
  #readFrom(now: Moment, lookBack: Seconds): UnixSeconds {
    const window = this.#settings.window + DEEP_LOOK_BACK
    const last = this.#lastComplete
    if (last === undefined) return (now.wall - window) as UnixSeconds
    if (wasClockSet(last, now))
      return (Math.min(last.wall, now.wall) - window) as UnixSeconds
    return Math.max(last.wall - lookBack, now.wall - window) as UnixSeconds
  }

  #wasClockSet(now: Moment): boolean {
    return this.#lastComplete !== undefined && wasClockSet(this.#lastComplete, now)
  }

  #markComplete(at: Moment): void {
    this.#lastComplete = at
    this.#ageIfDue()
    if (!this.#isDisconnected) return
    this.#isDisconnected = false
    this.#deps.reconnected()
  }

  #disconnect(reason: unknown): void {
    if (this.#isDisconnected) return
    this.#isDisconnected = true
    this.#deps.disconnected(reason)
  }

  #tick(): void {
    this.#ageIfDue()
    const { age } = this.state()
    if (age > DISCONNECTED_AGE)
      this.#disconnect(`no revocations could be read for ${DISCONNECTED_AGE} seconds`)
    if (age > REFRESH_AGE && this.#reading === undefined && this.#retry === undefined)
      this.refresh()
  }

  #ageIfDue(): void {
    for (const set of [this.#revoked, this.#notified])
      set.ageIfDue(this.#settings.window, this.#deps.elapsed())
  }
}
