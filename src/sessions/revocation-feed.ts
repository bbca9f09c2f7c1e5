import { type Clock, type Seconds, seconds, type UnixSeconds } from '../base/clock.ts'
import { RevokedSet, TABLES } from './revoked-set.ts'
import type { FeedPosition, SessionId, Sessions } from './session.ts'
import type { Change, Watch } from './watch.ts'

/** What a process knows of the sessions that others end. */
export interface FeedState {
  /** Seconds since its set was last known to hold all that had ended. */
  readonly age: Seconds
  /** How many sessions the set holds. */
  readonly entries: number
  /** Whether some have not found room in it: until those are forgotten anyway, the store is asked at each check. */
  readonly full: boolean
}

export interface FeedSettings {
  /** How long an end is remembered: the longest life of a token that is not asked for in the store, leeway included. */
  readonly window: Seconds
  /** The age up to which the set is believed. */
  readonly maxAge: Seconds
  /** How many sessions it holds at most. */
  readonly capacity?: number
}

export interface FeedDeps {
  readonly sessions: Pick<Sessions, 'revokedSince'>
  readonly watch: Watch
  readonly clock: Clock
  /** Seconds since some moment, never set back: what is old, and how long an entry is kept, is no matter of the wall clock. */
  readonly elapsed: () => Seconds
  /** Told once that this process no longer learns what others end, and why; it goes on trying. */
  readonly cut: (reason: unknown) => void
  /** Told once that it does again, and has caught up. */
  readonly back: () => void
}

/** Rows that are read at once. */
export const PAGE = 10_000

/**
 * How far back is read again what was read, since a write takes its time before it is committed: mostly `LATE`, which is more
 * than it may wait for a lock; every `DEEP_EVERY` seconds `LATEST`.
 */
const LATE = seconds(10)
export const LATEST = seconds(60)
const DEEP_EVERY = seconds(15)

/** By so much a clock may move against the stopwatch before it was set. */
const JUMP = seconds(1)

/** Milliseconds before a reading that failed is tried again. */
const RETRY = 500

/** Milliseconds between looks at what is due. */
const BEAT = 250

/** Where nothing was heard for so long, the store is read unasked; and for so long, the feed counts as cut. */
const SILENT = seconds(1)
const CUT = seconds(5)

/**
 * In so much of the window each table of the set is swept once. It is a little more than a quarter, so that the four rounds
 * that every entry outlives are the whole window even where `AT_ONCE` sweeps come early.
 */
const ROUND = 0.26
const AT_ONCE = TABLES / 8

/** The sessions that have ended and whose access tokens could still live, as this process and its feed know them. */
export class RevocationFeed {
  readonly #set: RevokedSet
  readonly #terms: FeedSettings
  readonly #world: FeedDeps
  readonly #watching: { stop(): void }
  readonly #beat: NodeJS.Timeout
  readonly #openedAt: Seconds
  /** When the set was last complete, by the stopwatch. */
  #completeAt: Seconds
  /** The same by the clock. */
  #readUpTo = Number.NEGATIVE_INFINITY as UnixSeconds
  #deepAt = Number.NEGATIVE_INFINITY as Seconds
  /** When an end found no room. */
  #lostAt = Number.NEGATIVE_INFINITY as Seconds
  #swept = 0
  /** Whether something has changed that no reading has begun to look for. */
  #unread = true
  #reading: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #isCut = false
  #closed = false

  private constructor(terms: FeedSettings, deps: FeedDeps) {
    this.#terms = terms
    this.#world = deps
    this.#set = new RevokedSet(terms.capacity)
    this.#openedAt = deps.elapsed()
    this.#completeAt = this.#openedAt
    this.#watching = deps.watch({
      changed: (change) => this.#heard(change),
      upToDate: () => this.#told(),
    })
    this.#beat = setInterval(() => this.#look(), BEAT).unref()
  }

  /** Resolves when the set knows everything that has ended by now. */
  static async open(terms: FeedSettings, deps: FeedDeps): Promise<RevocationFeed> {
    const feed = new RevocationFeed(terms, deps)
    try {
      feed.#reading = feed.#read()
      await feed.#reading
    } catch (error) {
      feed.close()
      throw error
    }
    feed.#reading = undefined
    if (feed.#unread) feed.#changed()
    return feed
  }

  /** Whether a session is known to have ended. */
  has(id: SessionId): boolean {
    return this.#set.has(id)
  }

  /** Whether one that is not known to have ended has not. */
  isBelieved(): boolean {
    const now = this.#world.elapsed()
    return now - this.#completeAt < this.#terms.maxAge && !this.#isFull(now)
  }

  /** A session that has ended. */
  add(id: SessionId): void {
    if (!this.#set.add(id)) this.#lostAt = this.#world.elapsed()
  }

  /** Something may have ended that nobody will tell of. */
  doubt(): void {
    this.#changed()
  }

  state(): FeedState {
    const now = this.#world.elapsed()
    return {
      age: seconds(now - this.#completeAt),
      entries: this.#set.size,
      full: this.#isFull(now),
    }
  }

  close(): void {
    this.#closed = true
    this.#watching.stop()
    clearInterval(this.#beat)
    clearTimeout(this.#retry)
  }

  #isFull(now: Seconds): boolean {
    return now - this.#lostAt <= this.#terms.window
  }

  #heard(change: Change): void {
    if (change.kind === 'ended') for (const id of change.sessions) this.add(id)
    else if (change.kind === 'anything') this.#changed()
  }

  /** All has been told. What was only said to have changed has to be read first, and a clock that was set read after. */
  #told(): void {
    if (this.#unread || this.#reading !== undefined) return
    const [elapsed, now] = [this.#world.elapsed(), this.#world.clock()]
    if (this.#wasSet(elapsed, now)) this.#changed()
    else this.#completed(elapsed, now)
  }

  /** Reads the feed, one reading at a time; what changes meanwhile is read after it. */
  #changed(): void {
    if (this.#closed) return
    this.#unread = true
    this.#reading ??= this.#read().then(
      () => {
        this.#reading = undefined
        if (this.#unread) this.#changed()
      },
      (error: unknown) => {
        this.#reading = undefined
        this.#unread = true
        if (this.#closed) return
        this.#fails(error)
        clearTimeout(this.#retry)
        this.#retry = setTimeout(() => this.#retried(), RETRY).unref()
      },
    )
  }

  #retried(): void {
    this.#retry = undefined
    this.#changed()
  }

  async #read(): Promise<void> {
    this.#unread = false
    const [elapsed, now] = [this.#world.elapsed(), this.#world.clock()]
    const isDeep = elapsed - this.#deepAt >= DEEP_EVERY
    let from: FeedPosition = {
      endedAt: this.#since(elapsed, now, isDeep ? LATEST : LATE),
    }
    for (;;) {
      const page = await this.#world.sessions.revokedSince(from, PAGE)
      for (const { id } of page) this.add(id)
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE || this.#closed) break
      from = last
    }
    if (isDeep) this.#deepAt = elapsed
    this.#completed(elapsed, now)
    this.#sweep()
  }

  #since(elapsed: Seconds, now: UnixSeconds, lookBack: Seconds): UnixSeconds {
    const window = this.#terms.window + LATEST
    // What was read up to a moment says nothing where that moment comes twice, or has been left out.
    if (this.#wasSet(elapsed, now))
      return (Math.min(this.#readUpTo, now) - window) as UnixSeconds
    return Math.max(this.#readUpTo - lookBack, now - window) as UnixSeconds
  }

  /** Whether the clock has moved otherwise than the time since the set was last complete. */
  #wasSet(elapsed: Seconds, now: UnixSeconds): boolean {
    if (!Number.isFinite(this.#readUpTo)) return false
    return Math.abs(now - this.#readUpTo - (elapsed - this.#completeAt)) > JUMP
  }

  #completed(elapsed: Seconds, now: UnixSeconds): void {
    this.#completeAt = elapsed
    this.#readUpTo = now
    if (!this.#isCut) return
    this.#isCut = false
    this.#world.back()
  }

  #fails(reason: unknown): void {
    if (this.#isCut) return
    this.#isCut = true
    this.#world.cut(reason)
  }

  /** Sweeps what is due, and asks where nobody says anything. */
  #look(): void {
    this.#sweep()
    const { age } = this.state()
    if (age > CUT) this.#fails(`nothing was heard of them for ${CUT} seconds`)
    if (age > SILENT && this.#reading === undefined && this.#retry === undefined)
      this.#changed()
  }

  #sweep(): void {
    const round = this.#terms.window * ROUND
    const due = Math.floor(((this.#world.elapsed() - this.#openedAt) / round) * TABLES)
    for (let i = 0; i < Math.min(due - this.#swept, AT_ONCE); i++) this.#set.sweep()
    this.#swept = due
  }
}
