import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, minutes, type Seconds, type UnixSeconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { currentContext } from '../base/request-context.ts'
import type { SessionId } from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'
import type { CoreEventKind, Events, StoredEvent } from './event.ts'
import { EventLimit } from './event-limit.ts'
import { OncePer } from './once-per.ts'

/**
 * An event to record; its time and request context are added.
 *
 * @typeParam Kind the kinds that the part which records them has
 */
export interface NewEvent<Kind extends string = CoreEventKind> {
  readonly kind: Kind
  readonly userId?: UserId | undefined
  readonly sessionId?: SessionId | undefined
  /** Overrides the actor of the request context. */
  readonly actor?: string | undefined
  /** Overrides the address of the request context. */
  readonly address?: string | undefined
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Reads the rest of an event from the store, after the request was answered. */
type LookUp<Kind extends string> = () => Promise<Partial<NewEvent<Kind>>>

/**
 * Records events. No answer waits for it or changes with it (rule D8): an event that cannot be written is reported in the
 * log, and closing the instance waits for events that are being written.
 */
export interface AuditLog<Kind extends string = CoreEventKind> {
  /** Resolves when the event is written, or cannot be. Never rejects. */
  record(event: NewEvent<Kind>, lookUp?: LookUp<Kind>): Promise<void>
  /** Records at most one event per key and minute. For events that clients can cause at will. */
  recordOncePerMinute(key: string, event: NewEvent<Kind>, lookUp?: LookUp<Kind>): void
  /**
   * Records at most 20 events of a kind per network and minute, and 100 in total. The next recorded one has in
   * `detail.leftOut` how many were not. For events that clients without credentials can cause at will.
   *
   * @param key a second event with this key is not recorded within a minute
   */
  recordLimited(
    network: string,
    event: NewEvent<Kind>,
    lookUp?: LookUp<Kind>,
    key?: string,
  ): void
  /** Resolves when every event recorded so far is written. */
  settled(): Promise<void>
}

export interface AuditSettings {
  /** How long events are kept; `undefined`: the audit log is off. */
  readonly audit: { readonly keep: Seconds } | undefined
  readonly random: Random
  readonly log: Log
}

export const auditLog = (
  events: Events,
  settings: AuditSettings,
  clock: Clock,
): AuditLog<string> =>
  settings.audit === undefined ? DISABLED : new StoredAuditLog(events, settings, clock)

const DISABLED: AuditLog<string> = {
  record: async () => {},
  recordOncePerMinute() {},
  recordLimited() {},
  settled: async () => {},
}

class StoredAuditLog implements AuditLog<string> {
  readonly #events: Events
  readonly #settings: AuditSettings
  readonly #clock: Clock
  readonly #oncePerMinute: OncePer
  readonly #limits = new Map<string, EventLimit>()
  readonly #pending = new Set<Promise<void>>()
  #count = 0

  constructor(events: Events, settings: AuditSettings, clock: Clock) {
    this.#events = events
    this.#settings = settings
    this.#clock = clock
    this.#oncePerMinute = new OncePer(minutes(1), clock)
  }

  record(event: NewEvent<string>, lookUp?: LookUp<string>): Promise<void> {
    const written = this.#write(this.#complete(event), lookUp)
    this.#pending.add(written)
    return written.finally(() => this.#pending.delete(written))
  }

  recordOncePerMinute(
    key: string,
    event: NewEvent<string>,
    lookUp?: LookUp<string>,
  ): void {
    if (this.#oncePerMinute.isDue(`${event.kind} ${key}`)) void this.record(event, lookUp)
  }

  recordLimited(
    network: string,
    event: NewEvent<string>,
    lookUp?: LookUp<string>,
    key?: string,
  ): void {
    const { kind } = event
    if (key !== undefined && !this.#oncePerMinute.isDue(`${kind} ${key}`)) return
    const limit = this.#limits.get(kind) ?? new EventLimit(this.#clock)
    this.#limits.set(kind, limit)
    if (!limit.allows(network)) return
    const leftOut = limit.takeLeftOut()
    const detail = leftOut === 0 ? event.detail : { ...event.detail, leftOut }
    void this.record({ ...event, ...(detail && { detail }) }, lookUp)
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** Adds the time and the request context. */
  #complete(event: NewEvent<string>): StoredEvent {
    const context = currentContext()
    const at = this.#clock()
    return {
      id: eventId(at, ++this.#count, this.#settings.random),
      at,
      kind: event.kind,
      userId: event.userId,
      sessionId: event.sessionId,
      actor: event.actor ?? context?.actor,
      address: event.address ?? context?.address,
      requestId: context?.requestId,
      detail: event.detail ?? {},
    }
  }

  async #write(event: StoredEvent, lookUp?: LookUp<string>): Promise<void> {
    try {
      await this.#events.append({ ...event, ...(await this.#lookedUp(lookUp)) })
    } catch (error) {
      this.#settings.log({
        level: 'error',
        event: 'an audit event could not be written',
        kind: event.kind,
        user: event.userId,
        session: event.sessionId,
        reason: String(error),
      })
    }
  }

  async #lookedUp(lookUp?: LookUp<string>): Promise<Partial<NewEvent<string>>> {
    if (lookUp === undefined) return {}
    // A lookup takes longer for some names than for others, and no answer may reveal which (P8).
    await nextTurn()
    return lookUp()
  }
}

/** Ascending within one process, also within a second. */
const eventId = (at: UnixSeconds, count: number, random: Random): string =>
  hex(Math.floor(at * 1000), 12) +
  hex(count % 0x10000, 4) +
  Buffer.from(random(8)).toString('hex')

const hex = (number: number, digits: number): string =>
  number.toString(16).padStart(digits, '0')
