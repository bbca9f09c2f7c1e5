import { type AssuranceLevel, acrOf } from '../base/acr.ts'
import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { UserId } from '../users/user.ts'

/** The id of a session inside the package; programs have strings. */
export type SessionId = string & { readonly __is: 'SessionId' }

/** Why a session was revoked. The first three concern the token, the others its user. */
export type RevokeReason =
  | 'logout'
  | 'reuse'
  | 'admin'
  | 'password'
  | 'inactive'
  | 'deleted'

/** How a session began. */
export interface SessionOrigin {
  /** The client's at the sign-in, behind the trusted proxies; `undefined` if a program signed the user in. */
  readonly address: string | undefined
  /** The client's `User-Agent` at the sign-in, at most 200 characters. */
  readonly userAgent: string | undefined
  /**
   * How the user proved who they are: values of `amr` (RFC 8176 §2), in the order of the steps; empty if a program signed the user in.
   * `undefined` if another issuer or release 0.1.0 did.
   */
  readonly amr: readonly string[] | undefined
  /** When the user did (`auth_time`); a refresh does not change it. `undefined` as `amr`. */
  readonly authTime: number | undefined
  /** The id of the user who acts as this one, as passed to `auth.signIn` (RFC 8693 §1.1, impersonation). */
  readonly actor: string | undefined
}

/** What an application may do with the tokens of a session: the consent of a user, or what the application may do itself. */
export interface SessionGrant {
  /** The application that the tokens were issued to (RFC 6749 §2.2); `undefined`: the user signed in with the instance itself. */
  readonly clientId: string | undefined
  /** What the tokens are limited to (RFC 6749 §3.3); empty without an application. */
  readonly scopes: readonly string[]
  /** The services that they are for (RFC 8707); empty: the instance's own. */
  readonly resource: readonly string[]
}

/** One sign-in, or one consent to an application, as programs see it. Moments are in seconds since 1970. */
export interface Session extends SessionOrigin, SessionGrant {
  /** 32 hexadecimal digits: the `sid` of every token of the session. */
  readonly id: string
  /** The thumbprint of the key that its tokens are bound to (RFC 9449 §6.1); `undefined`: who has them may use them. */
  readonly jkt: string | undefined
  /** `undefined` if the session is an application's own, or of a blacklisted token whose user is not in this store. */
  readonly userId: string | undefined
  readonly createdAt: number
  /** The moment of the last refresh. */
  readonly rotatedAt: number | undefined
  /** How often the session has been refreshed. */
  readonly generation: number
  /** When the session ends, however often it is refreshed. */
  readonly expiresAt: number
  /** When the session ends unless it is refreshed: each refresh extends this, up to `expiresAt`. */
  readonly idleExpiresAt: number
  /** The last request or refresh with one of its tokens, at most a minute late; `undefined` before the first. */
  readonly lastUsedAt: number | undefined
  readonly revokedAt: number | undefined
  readonly revokeReason: RevokeReason | undefined
  /** The class of the sign-in, from `amr`: `aal1`, or `aal2` with two different factors. Of `sessions.list`. */
  readonly acr?: AssuranceLevel | undefined
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
  /** The `jti` of the refresh token of this generation, and of the previous one. */
  readonly jti: string
  readonly previousJti: string | undefined
  /** How often the previous token has moved the session on: each time left a generation that was never presented. */
  readonly lostAnswers: number
  /** When the previous token was first spent. */
  readonly spentAt: UnixSeconds | undefined
  /** `User.epoch` at sign-in. */
  readonly epoch: number
}

/** The row without what refresh tokens are compared with. */
export const publicSession = ({
  jti: _,
  previousJti: __,
  lostAnswers: ___,
  spentAt: ____,
  epoch: _____,
  ...session
}: StoredSession): Session => ({ ...session, acr: acrOf(session.amr) })

/** What a refresh reads of a session: its origin and its grant stay where they are. */
export type RotatedSession = Omit<
  StoredSession,
  keyof SessionOrigin | keyof SessionGrant | 'lastUsedAt' | 'jkt'
>

export interface NewSession
  extends Pick<
    StoredSession,
    'id' | 'userId' | 'jti' | 'createdAt' | 'expiresAt' | 'idleExpiresAt' | 'epoch'
  > {
  /** `undefined` if it is not known. */
  readonly origin?: SessionOrigin | undefined
  /** `undefined`: of no application. */
  readonly grant?: SessionGrant | undefined
  /** `undefined`: its tokens are bound to no key. */
  readonly jkt?: string | undefined
}

/** A request or a refresh with a token of a session. */
export interface SessionUse {
  readonly id: SessionId
  readonly at: UnixSeconds
}

/** The exchange of a refresh token: what is compared, and what is written. */
export interface Rotation {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
  readonly newJti: string
  /** Lifetime of the successor, within that of the session. */
  readonly idle: Seconds
  /** For how long after its end a session still counts as live, as its tokens do. */
  readonly leeway: Seconds
  readonly now: UnixSeconds
  readonly require: UserRequirements
}

/** The exchange of a spent refresh token whose successor was never presented. */
export interface Recovery extends Rotation {
  /** The successor, which is still the session's current token. */
  readonly unused: Pick<StoredSession, 'generation' | 'jti'>
  /** The moment since which the presented token must have been spent. */
  readonly spentSince: UnixSeconds
}

/** What the user of a session must be for the session to go on. */
export interface UserRequirements {
  /** Whether the session must have a user. A user that it has must exist in any case. */
  readonly user: boolean
  readonly active: boolean
  /** Whether the user must be of the epoch in which the session began. */
  readonly epoch: boolean
}

/** A session with the current state of its user; `undefined` if the user was deleted. */
export interface SessionState {
  readonly session: StoredSession
  readonly user: { readonly active: boolean; readonly epoch: number } | undefined
}

/** A session in the revocation feed. */
export interface RevokedSession {
  readonly id: SessionId
  readonly revokedAt: UnixSeconds
}

/** A position in the revocation feed: sessions revoked at this moment or later, and after this session if it has an id. */
export type FeedPosition = Pick<RevokedSession, 'revokedAt'> & Partial<RevokedSession>

/** The sessions that go on after a new password. */
export interface CarriedOver {
  /** One session. Default: all. */
  readonly only?: SessionId | undefined
  /** Whether those of applications go on. */
  readonly ofApplications: boolean
}

/** The port of sessions. Every verb is one statement or one transaction, and its row count decides. */
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
   * Compare-and-swap: advances to the next generation only if the session is at this generation and `jti`, is neither
   * revoked nor expired (leeway included), and its user exists and meets `require`. Of any number of callers in any
   * number of processes one gets the session after the swap; the others get `undefined`, and `find` gives the reason.
   */
  rotate(rotation: Rotation): Promise<RotatedSession | undefined>
  /**
   * Compare-and-swap: the same for the previous token, if the session is still at its unused successor, and that token was not
   * spent before `spentSince`. The unused successor is then a generation that was spent.
   */
  recover(recovery: Recovery): Promise<RotatedSession | undefined>
  /** Committed state, never older than the last answered write of any process. */
  find(id: SessionId): Promise<SessionState | undefined>
  /** Those of the ids that exist, by one statement. */
  findAll(ids: readonly SessionId[]): Promise<readonly SessionState[]>
  /**
   * Revokes a session. That of an application's own tokens also expires then. A reason that concerns the token (logout, reuse, admin)
   * replaces one that concerns its user.
   *
   * @returns whether this call revoked it or changed the reason: `false` if it was revoked before or does not exist
   */
  revoke(id: SessionId, reason: RevokeReason, now: UnixSeconds): Promise<boolean>
  /** Revokes all live sessions of a user. @returns the ids that this call revoked */
  revokeAll(
    userId: UserId,
    reason: RevokeReason,
    now: UnixSeconds,
    except?: SessionId,
  ): Promise<readonly SessionId[]>
  /**
   * Revokes all live sessions of an application, those of its users included.
   *
   * @param own only those without a user, and not this one
   * @returns the ids that this call revoked
   */
  revokeAllOfClient(
    clientId: string,
    reason: RevokeReason,
    now: UnixSeconds,
    own?: { readonly except: SessionId },
  ): Promise<readonly SessionId[]>
  /**
   * Lets live sessions of a user go on after a new password: they continue in the next epoch.
   *
   * @param epoch the one that they began in, which the new password ended
   * @returns how many sessions go on
   */
  carryOver(userId: UserId, epoch: number, which: CarriedOver): Promise<number>
  list(userId: UserId): Promise<readonly StoredSession[]>
  /** Sets the last uses of sessions that exist, unless a later one is known. A row that is being changed is left out. */
  recordUses(uses: readonly SessionUse[]): Promise<void>
  /** A page of the revocation feed from this position on, in the order of moments, then of ids. */
  revokedSince(from: FeedPosition, limit: number): Promise<readonly RevokedSession[]>
  /** Deletes up to `limit` sessions whose `expiresAt` is before `moment`. @returns how many it deleted */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
