import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { UserId } from '../users/user.ts'

/** The id of a session, inside: programs have strings. */
export type SessionId = string & { readonly __is: 'SessionId' }

/** Why a session ended. The first three are said of the token, the others of its user. */
export type RevokeReason =
  | 'logout'
  | 'reuse'
  | 'admin'
  | 'password'
  | 'inactive'
  | 'deleted'

/** One sign-in, as programs see it. Moments are in seconds since 1970. */
export interface Session {
  /** 32 hexadecimal digits: the `sid` of every token of the session. */
  readonly id: string
  /** `undefined`: a token was blacklisted whose user this store does not know. */
  readonly userId: string | undefined
  readonly createdAt: number
  /** Of the last refresh. */
  readonly rotatedAt: number | undefined
  /** Counts refreshes, from 0. */
  readonly generation: number
  /** The end that never moves. */
  readonly expiresAt: number
  /** The end that moves with each refresh, never past `expiresAt`. */
  readonly idleExpiresAt: number
  readonly revokedAt: number | undefined
  readonly revokeReason: RevokeReason | undefined
}

/** The row that all refresh tokens of a sign-in share, changed in place at each refresh. */
export interface StoredSession extends Session {
  readonly id: SessionId
  readonly userId: UserId | undefined
  readonly createdAt: UnixSeconds
  readonly rotatedAt: UnixSeconds | undefined
  readonly expiresAt: UnixSeconds
  readonly idleExpiresAt: UnixSeconds
  readonly revokedAt: UnixSeconds | undefined
  /** `jti` of the refresh token of this generation, and of the one before. */
  readonly jti: string
  readonly previousJti: string | undefined
  /** `User.epoch` at sign-in. */
  readonly epoch: number
}

/** The row without what refresh tokens are compared with. */
export const publicSession = ({
  jti: _,
  previousJti: __,
  epoch: ___,
  ...session
}: StoredSession): Session => session

export type NewSession = Pick<
  StoredSession,
  'id' | 'userId' | 'jti' | 'createdAt' | 'expiresAt' | 'idleExpiresAt' | 'epoch'
>

/** The exchange of a refresh token: what is compared, and what is written. */
export interface Rotation {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
  readonly newJti: string
  /** Life of the successor, if the session lives as long. */
  readonly idle: Seconds
  /** For how long after its end a session still counts as alive, as its tokens do. */
  readonly leeway: Seconds
  readonly now: UnixSeconds
  readonly require: UserRequirements
}

/** What a session that goes on asks of its user. */
export interface UserRequirements {
  /** That the session names one. Without it sessions that name none go on; a user that is named must exist in any case. */
  readonly user: boolean
  readonly active: boolean
  /** To be of the epoch in which the session began. */
  readonly epoch: boolean
}

/** A session with the current state of its user; `undefined` if the user was deleted. */
export interface SessionState {
  readonly session: StoredSession
  readonly user: { readonly active: boolean; readonly epoch: number } | undefined
}

/** A session in the feed of revocations, and when it ended. */
export interface RevokedSession {
  readonly id: SessionId
  readonly revokedAt: UnixSeconds
}

/** Whatever ended at this moment or later; behind this session, where one is named. */
export type FeedPosition = Pick<RevokedSession, 'revokedAt'> & Partial<RevokedSession>

/** The port that keeps sessions. Every verb is one statement or one transaction, and its row count decides. */
export interface Sessions {
  /**
   * Inserts the session of a sign-in, if its user still is what was checked before a password was hashed: exists, in the
   * epoch of the session and, with `active`, active. A change of the user that is under way is waited for.
   *
   * @returns `false` if not, and nothing was inserted
   */
  open(session: NewSession, require: Pick<UserRequirements, 'active'>): Promise<boolean>
  /** Inserts the session of a token that another issuer signed with our key; does nothing if the row exists. */
  adopt(session: NewSession): Promise<void>
  /**
   * Compare-and-swap: the next generation, only if the session is at this generation and `jti`, has not ended or
   * expired (leeway included), and its user exists and is what `require` asks. Of any number of callers in any
   * number of processes one gets the session after the swap; the others `undefined`, and ask `find` why.
   */
  rotate(rotation: Rotation): Promise<StoredSession | undefined>
  /** Committed state, never older than the last answered write of any process. */
  find(id: SessionId): Promise<SessionState | undefined>
  /**
   * Ends a session. A reason said of the token (logout, reuse, admin) takes the place of one said of its user.
   *
   * @returns whether this call ended it or changed the reason: `false` if it was revoked before or does not exist
   */
  revoke(id: SessionId, reason: RevokeReason, now: UnixSeconds): Promise<boolean>
  /** Ends all of a user's that have not ended. @returns the ids that this call ended */
  revokeAll(
    userId: UserId,
    reason: RevokeReason,
    now: UnixSeconds,
    except?: SessionId,
  ): Promise<readonly SessionId[]>
  list(userId: UserId): Promise<readonly StoredSession[]>
  /** The feed of revocations, a page of up to `limit`: what has ended from there on, in the order of moments, then of ids. */
  revokedSince(from: FeedPosition, limit: number): Promise<readonly RevokedSession[]>
  /** Deletes up to `limit` sessions whose `expiresAt` is before `moment`. @returns how many it deleted */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
