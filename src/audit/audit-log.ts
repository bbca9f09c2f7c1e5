import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, minutes, type Seconds, type UnixSeconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { currentContext } from '../base/request-context.ts'
import type { SessionId } from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'
import type { AuditEvent, CoreEventKind, Events } from './event.ts'
import { OncePer } from './once-per.ts'

/** An event to record; its time and request context are added. */
/** @typeParam Kind the kinds that the part which records them has */
export interface NewEvent<Kind extends string = CoreEventKind> {
  readonly kind: Kind
  readonly userId?: UserId | undefined
  readonly sessionId?: SessionId | undefined
  /** Overrides the address of the request context. */
  readonly address?: string | undefined
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * Records events. No answer waits for it or changes with it (rule D8): an event that cannot be written is reported in the
 * log, and what is being written is waited for at the end.
 */
export interface AuditLog<Kind extends string = CoreEventKind> {
  /** Resolves when it is written, or cannot be. Never rejects. @param finding found out meanwhile */
  record(
    happening: NewEvent<Kind>,
    finding?: () => Promise<Partial<NewEvent<Kind>>>,
  ): Promise<void>
  /** The same, once a minute for each key: for what others can bring about as often as they like. */
  recordSeldom(
    key: string,
    happening: NewEvent<Kind>,
    finding?: () => Promise<Partial<NewEvent<Kind>>>,
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

export function auditLog(
  events: Events,
  { audit, random, log }: AuditSettings,
  clock: Clock,
): AuditLog<string> {
  if (audit === undefined) return SILENT
  const seldom = new OncePer(minutes(1), clock)
  const writing = new Set<Promise<void>>()
  let count = 0

  const write = async (
    event: AuditEvent,
    finding: () => Promise<Partial<NewEvent<string>>>,
  ): Promise<void> => {
    try {
      // A lookup takes longer for some names than for others, and no answer may reveal which (P8).
      if (finding !== NOTHING) await nextTurn()
      await events.append({ ...event, ...(await finding()) })
    } catch (error) {
      const { kind, userId: user, sessionId: session } = event
      log({
        level: 'error',
        event: 'an audit event could not be written',
        kind,
        user,
        session,
        reason: String(error),
      })
    }
  }
  const record: AuditLog<string>['record'] = (happening, finding = NOTHING) => {
    const { requestId, address, actor } = currentContext() ?? {}
    const { kind, userId, sessionId, detail = {} } = happening
    const from = happening.address ?? address
    const at = clock()
    const id = eventId(at, ++count, random)
    const written = write(
      { id, at, kind, userId, sessionId, actor, address: from, requestId, detail },
      finding,
    )
    writing.add(written)
    return written.finally(() => writing.delete(written))
  }

  return {
    record,
    recordSeldom(key, happening, finding) {
      if (seldom.isDue(`${happening.kind} ${key}`)) void record(happening, finding)
    },
    async settled() {
      while (writing.size > 0) await Promise.all(writing)
    },
  }
}

/** Ascending within one process, also within a second. */
const eventId = (at: UnixSeconds, count: number, random: Random): string =>
  hex(Math.floor(at * 1000), 12) +
  hex(count % 0x10000, 4) +
  Buffer.from(random(8)).toString('hex')

const hex = (number: number, digits: number): string =>
  number.toString(16).padStart(digits, '0')

const NOTHING = async (): Promise<object> => ({})

const SILENT: AuditLog<string> = {
  record: async () => {},
  recordSeldom() {},
  settled: async () => {},
}
