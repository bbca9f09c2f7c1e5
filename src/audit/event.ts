import type { UnixSeconds } from '../base/clock.ts'
import type { SessionId } from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'

/** The kinds of the core's events; features add theirs. A successful refresh is not an event. */
export const CORE_EVENT_KINDS = [
  'signed_in',
  'sign_in_failed',
  /** Too many failures: this password was not checked. Recorded once a minute per name and address. */
  'sign_in_throttled',
  'signed_out',
  /** A spent refresh token was used again within the overlap and got the same successor. Recorded once a minute per session. */
  'refresh_replayed',
  /** A spent refresh token, whose successor was never used, was used again after the overlap and got a new successor. */
  'lost_answer',
  /** A spent refresh token was used again later, or its successor had been used: its session is revoked, unless `tokens.reuse` is "reject". */
  'reuse_detected',
  /** A refresh token that its session has not issued: a backup was restored, or others know a key. Once a minute per session. */
  'refresh_ahead',
  'session_revoked',
  'password_changed',
  'user_created',
  'user_changed',
  'user_deleted',
  /** An import has ended; `detail` counts the users. There is no event for each. */
  'users_imported',
  'keys_rotated',
] as const
export type CoreEventKind = (typeof CORE_EVENT_KINDS)[number]

/** One line of the audit log. Neither a password nor a token is ever in it, nor a name that no user has. */
export interface AuditEvent<Kind extends string = string> {
  /** 32 hexadecimal digits: those of one process are in order, also within a moment. */
  readonly id: string
  /** Seconds since 1970. */
  readonly at: number
  readonly kind: Kind
  readonly userId: string | undefined
  readonly sessionId: string | undefined
  /** Who did it, if not the user: `command`, or the name passed to `events.by`. */
  readonly actor: string | undefined
  /** The client's, behind the proxies that are trusted. */
  readonly address: string | undefined
  readonly requestId: string | undefined
  /** What belongs to its kind, such as the names of the fields that were changed. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** The same, as the store returns it. */
export interface StoredEvent<Kind extends string = string> extends AuditEvent<Kind> {
  readonly at: UnixSeconds
  readonly userId: UserId | undefined
  readonly sessionId: SessionId | undefined
}

export interface EventQuery {
  readonly userId?: UserId | undefined
  readonly kind?: string | undefined
  /** Only events at this moment or later. */
  readonly since?: UnixSeconds | undefined
  /** The last event of the page before. */
  readonly after?: Pick<StoredEvent, 'id' | 'at'> | undefined
  readonly limit: number
}

/** The port that keeps events. They are added and, when they are old, deleted: no verb changes one. */
export interface Events {
  append(event: StoredEvent): Promise<void>
  /** The newest first. */
  list(query: EventQuery): Promise<readonly StoredEvent[]>
  /** Deletes up to `limit` events from before `moment`. @returns how many it deleted */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
