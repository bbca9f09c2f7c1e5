import type { UnixSeconds } from '../../../base/clock.ts'
import type { SessionId } from '../../../sessions/session.ts'

/** A sign-in of a user to an application that wants to be notified of its end. */
export interface NewLogin {
  /** The session of the consent: the `sid` of its ID tokens. */
  readonly id: SessionId
  readonly clientId: string
  /** What its tokens name the user by. */
  readonly subject: string
  /** The session of the browser that the user agreed in. */
  readonly browserId: SessionId
  readonly expiresAt: UnixSeconds
}

/** One that has ended, and of whose end the application has not been notified. */
export interface EndedLogin extends NewLogin {
  readonly attempts: number
  readonly dueAt: UnixSeconds
  readonly endedAt: UnixSeconds
}

/** The port to sign-ins of users to applications, and to what is sent when they end. */
export interface Logins {
  insert(login: NewLogin): Promise<void>
  /** Makes due those whose session, or whose browser's, a user or an administrator has ended since a moment. */
  markEnded(since: number, now: UnixSeconds): Promise<void>
  /** The next ones that are due. */
  due(now: UnixSeconds, limit: number): Promise<readonly EndedLogin[]>
  /** @returns whether this call may send it: another process may be first */
  claim(login: EndedLogin, until: UnixSeconds): Promise<boolean>
  postpone(id: SessionId, dueAt: UnixSeconds): Promise<void>
  delete(id: SessionId): Promise<void>
  /** Deletes up to `limit` whose consent expired before `moment`. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
