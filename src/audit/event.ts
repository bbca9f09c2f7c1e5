import type { UnixSeconds } from '../base/clock.ts'
import type { SessionId } from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'

/** The kinds of the core's events; features add theirs. A successful refresh is not an event. */
export const CORE_EVENT_KINDS = [
  'signed_in',
  'sign_in_failed',
  /** Too many wrong passwords: nobody looked at this one. Told once a minute of the same name and address. */
  'sign_in_throttled',
  'signed_out',
  /** A spent refresh token came back within the overlap and was given the same successor. Told once a minute of a session. */
  'refresh_replayed',
  /** A spent refresh token came back later: its session has ended, where the settings say so. */
  'reuse_detected',
  /** A refresh token of a generation that its session has not reached: a backup was restored, or a key is known to others. */
  'refresh_ahead',
  'session_ended',
  'password_changed',
  'user_created',
  'user_changed',
  'user_deleted',
  'keys_rotated',
] as const
export type CoreEventKind = (typeof CORE_EVENT_KINDS)[number]

/** One line of the audit log. Neither a password nor a token is ever in it, nor a name that no user has. */
export interface AuditEvent<Kind extends string = string> {
  /** 32 hexadecimal digits: those of one process are in order, also within a moment. */
  readonly id: string
  readonly at: UnixSeconds
  readonly kind: Kind
  readonly userId: UserId | undefined
  readonly sessionId: SessionId | undefined
  /** Who did it, where somebody else did than the user: `command`, or whom the program named. */
  readonly actor: string | undefined
  /** The client's, behind the proxies that are trusted. */
  readonly address: string | undefined
  readonly requestId: string | undefined
  /** What belongs to its kind, such as the names of the fields that were changed. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface EventQuery {
  readonly userId?: UserId | undefined
  readonly kind?: string | undefined
  /** At or after. */
  readonly since?: UnixSeconds | undefined
  /** The last event of the page before. */
  readonly after?: Pick<AuditEvent, 'id' | 'at'> | undefined
  readonly limit: number
}

/** The port that keeps events. They are added and, when they are old, deleted: no verb changes one. */
export interface Events {
  append(event: AuditEvent): Promise<void>
  /** The newest first. */
  list(query: EventQuery): Promise<readonly AuditEvent[]>
  /** Deletes up to `limit` events from before `moment`. @returns how many it deleted */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
