import type { SessionId } from '../../sessions/session.ts'
import type { Change, Listener, Watch } from '../../sessions/watch.ts'
import type { UserId } from '../../users/user.ts'
import type { AccountCache } from '../account-cache.ts'
import { type ListenConnection, Silent } from './listen-connection.ts'
import type { Notification } from './triggers.ts'

/** Milliseconds between two beats of the listening connection, and between two polls without one. */
const BEAT = 300
const LOOK = 500

/** Milliseconds until a wire is tried again that could not be had, doubled each time. */
const PAUSE = { first: 250, most: 5_000 }

/** Milliseconds after the last beat for which the notifications count as complete: revocation is promised within a second. */
const TRUST = 1_000

export interface NotificationDeps {
  /** @returns `undefined` if notifications do not arrive: then the database is polled */
  readonly openWire: (
    heard: (word: Notification) => void,
  ) => Promise<ListenConnection | undefined>
  /** Asks the database on another connection. @throws if it does not answer */
  readonly look: () => Promise<unknown>
  readonly accounts: AccountCache
  /** Called if the server accepts a query and does not answer. */
  readonly silent: () => void
}

/** Changes by other processes: notified while the connection listens, otherwise polled. Starts with the first listener. */
export class Notifications {
  readonly #world: NotificationDeps
  readonly #listeners = new Set<Listener>()
  #wire: ListenConnection | undefined
  #beaten = Number.NEGATIVE_INFINITY
  #pause = PAUSE.first
  #tryAt = 0
  #timer: NodeJS.Timeout | undefined
  #turning: Promise<void> | undefined
  #closed = false

  constructor(deps: NotificationDeps) {
    this.#world = deps
  }

  readonly watch: Watch = (listener) => {
    this.#listeners.add(listener)
    this.#turn()
    return { stop: () => void this.#listeners.delete(listener) }
  }

  /** Whether every change by others up to a second ago has been received. */
  get isCurrent(): boolean {
    return this.#wire !== undefined && performance.now() - this.#beaten <= TRUST
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#turning
    await this.#wire?.close()
    this.#wire = undefined
  }

  /** One turn after the other, each at its time. */
  #turn(): void {
    if (this.#closed || this.#turning !== undefined || this.#timer !== undefined) return
    this.#turning = this.#once().finally(() => {
      this.#turning = undefined
      if (this.#closed) return
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined
          this.#turn()
        },
        this.#wire === undefined ? LOOK : BEAT,
      ).unref()
    })
  }

  async #once(): Promise<void> {
    if (this.#wire === undefined && performance.now() >= this.#tryAt)
      await this.#connect()
    if (this.#wire === undefined) await this.#look()
    else await this.#beat(this.#wire)
  }

  async #connect(): Promise<void> {
    try {
      this.#wire = await this.#world.openWire((word) => this.#heard(word))
    } catch {
      // The database is away, or has no connection to spare.
    }
    this.#tryAt = performance.now() + this.#pause * (0.5 + Math.random())
    this.#pause =
      this.#wire === undefined ? Math.min(2 * this.#pause, PAUSE.most) : PAUSE.first
    // Changes in the meantime were not notified.
    this.#world.accounts.forgetAll()
    if (this.#wire !== undefined) this.#tell({ kind: 'anything' })
  }

  async #beat(wire: ListenConnection): Promise<void> {
    try {
      this.#beaten = await wire.beat()
      for (const { upToDate } of this.#listeners) upToDate()
    } catch (error) {
      this.#wire = undefined
      this.#world.accounts.forgetAll()
      if (error instanceof Silent) this.#world.silent()
      void wire.close()
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#world.look()
    } catch {
      return
    }
    this.#tell({ kind: 'anything' })
    for (const { upToDate } of this.#listeners) upToDate()
  }

  #heard(word: Notification): void {
    if (word.kind === 'user') this.#world.accounts.forget(word.id as UserId)
    else
      this.#tell(
        word.kind === 'keys'
          ? word
          : { kind: 'revoked', sessions: [word.id as SessionId] },
      )
  }

  #tell(change: Change): void {
    for (const { changed } of this.#listeners) changed(change)
  }
}
