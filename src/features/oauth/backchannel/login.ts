import type { UnixSeconds } from '../../../base/clock.ts'
import type { NewSession, SessionId } from '../../../sessions/session.ts'

/** A sign-in of a user to an application that wants to be notified of its end. */
export interface NewLogin {
  /** The session of the consent: the `sid` of its ID tokens. */
  readonly id: SessionId
  readonly clientId: string
  readonly subject: string
  /** The session of the browser that the user agreed in. */
  readonly browserId: SessionId
  readonly expiresAt: UnixSeconds
}

interface NotifiedClient {
  readonly id: string
  readonly backchannelLogoutUri: string | undefined
}

/**
 * The sign-in that a session of an application begins.
 *
 * @param browserId the session of the browser, whose end counts, too. Default: the session itself, for a sign-in that needs no browser
 * @returns `undefined` if the application is not notified of sign-outs
 */
export function loginOf(
  { id, userId, expiresAt }: NewSession,
  { id: clientId, backchannelLogoutUri }: NotifiedClient,
  browserId: SessionId = id,
): NewLogin | undefined {
  if (backchannelLogoutUri === undefined || userId === undefined) return undefined
  return { id, clientId, subject: userId, browserId, expiresAt }
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
