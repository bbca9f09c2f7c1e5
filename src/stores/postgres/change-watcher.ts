import { type Milliseconds, milliseconds } from '../../base/clock.ts'
import { monotonicClock } from '../../base/monotonic.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { Change, Listener, Watch } from '../../sessions/watch.ts'
import type { UserId } from '../../users/user.ts'
import type { AccountCache } from '../account-cache.ts'
import { NoAnswer, type NotificationListener } from './notification-listener.ts'
import type { Notification } from './triggers.ts'

/** The interval of the listener's heartbeats, and of polling without a listener. */
const HEARTBEAT = milliseconds(300)
const POLL = milliseconds(500)

/** The pause before the next attempt to open a listener, doubled each time. */
const PAUSE = { shortest: milliseconds(250), longest: milliseconds(5_000) }

/** After the last heartbeat the notifications count as complete for this long: revocation is promised within a second. */
const TRUST = milliseconds(1_000)

export interface ChangeWatcherDeps {
  /** @returns `undefined` if notifications do not arrive: then the database is polled */
  readonly listen: (
    notified: (notification: Notification) => void,
  ) => Promise<NotificationListener | undefined>
  /** Queries the database on another connection. @throws if it does not answer */
  readonly probe: () => Promise<unknown>
  readonly accounts: AccountCache
  /** Called if the server accepts a query and does not answer. */
  readonly hung: () => void
}

/** Watches for changes by other processes: notified while a listener is open, otherwise polled. Starts with the first watch. */
export class ChangeWatcher {
  readonly #deps: ChangeWatcherDeps
  readonly #watches = new Set<Listener>()
  #listener: NotificationListener | undefined
  #lastHeartbeat = milliseconds(Number.NEGATIVE_INFINITY)
  #pause = PAUSE.shortest
  #nextConnect = milliseconds(0)
  #timer: NodeJS.Timeout | undefined
  #step: Promise<void> | undefined
  #isClosed = false

  constructor(deps: ChangeWatcherDeps) {
    this.#deps = deps
  }

  readonly watch: Watch = (listener) => {
    this.#watches.add(listener)
    this.#run()
    return { stop: () => void this.#watches.delete(listener) }
  }

  /** Whether every change by others up to a second ago has been received. */
  get isCurrent(): boolean {
    return this.#listener !== undefined && monotonicClock() - this.#lastHeartbeat <= TRUST
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#step
    await this.#listener?.close()
    this.#listener = undefined
  }

  /** One step at a time, with a pause after each. */
  #run(): void {
    if (this.#isClosed || this.#step !== undefined || this.#timer !== undefined) return
    this.#step = this.#takeStep().finally(() => {
      this.#step = undefined
      this.#runLater()
    })
  }

  #runLater(): void {
    if (this.#isClosed) return
    const pause = this.#listener === undefined ? POLL : HEARTBEAT
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#run()
    }, pause).unref()
  }

  async #takeStep(): Promise<void> {
    if (this.#listener === undefined && monotonicClock() >= this.#nextConnect)
      await this.#connect()
    if (this.#listener === undefined) await this.#poll()
    else await this.#beat(this.#listener)
  }

  async #connect(): Promise<void> {
    try {
      this.#listener = await this.#deps.listen((change) => this.#notified(change))
    } catch {
      // The database is down, or has no free connection.
    }
    this.#nextConnect = after(this.#pause * (0.5 + Math.random()))
    // Changes in the meantime were not notified.
    this.#deps.accounts.clear()
    if (this.#listener === undefined) {
      this.#pause = milliseconds(Math.min(2 * this.#pause, PAUSE.longest))
      return
    }
    this.#pause = PAUSE.shortest
    this.#changed({ kind: 'anything' })
  }

  async #beat(listener: NotificationListener): Promise<void> {
    try {
      this.#lastHeartbeat = await listener.beat()
      this.#upToDate()
    } catch (error) {
      this.#listener = undefined
      this.#deps.accounts.clear()
      if (error instanceof NoAnswer) this.#deps.hung()
      void listener.close()
    }
  }

  async #poll(): Promise<void> {
    try {
      await this.#deps.probe()
    } catch {
      return
    }
    this.#changed({ kind: 'anything' })
    this.#upToDate()
  }

  #notified(notification: Notification): void {
    const { kind } = notification
    if (kind === 'user') this.#deps.accounts.invalidate(notification.id as UserId)
    else if (kind === 'keys') this.#changed({ kind })
    else this.#changed({ kind, sessions: [notification.id as SessionId] })
  }

  #changed(change: Change): void {
    for (const { changed } of this.#watches) changed(change)
  }

  #upToDate(): void {
    for (const { upToDate } of this.#watches) upToDate()
  }
}

const after = (length: number): Milliseconds => milliseconds(monotonicClock() + length)
