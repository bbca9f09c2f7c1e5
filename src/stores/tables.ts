import type { Seconds, UnixSeconds } from '../base/clock.ts'
import type { Algorithm } from '../jwt/index.ts'
import type { Stage } from '../keys/keys.ts'
import type { RevokeReason, SessionId } from '../sessions/session.ts'
import type { UserId } from '../users/user.ts'

/** A boolean column: SQLite has no boolean type. */
export type Flag = 0 | 1

export const flag = (yes: boolean): Flag => (yes ? 1 : 0)

/** The tables, in types that SQLite and PostgreSQL both have: moments are double precision, JSON is text. */
export interface Tables {
  users: UserTable
  sessions: SessionTable
  keys: KeyTable
  throttle_hits: HitTable
  events: EventTable
  proofs: ProofTable
}

export interface UserTable {
  readonly id: UserId
  readonly username: string
  readonly username_key: string
  readonly email: string | null
  /** `email` in lower case; null if an older row had it first, or release 0.1.0 wrote the address. */
  readonly email_key: string | null
  readonly email_verified_at: UnixSeconds | null
  readonly phone: string | null
  readonly phone_verified_at: UnixSeconds | null
  readonly hash: string
  readonly active: Flag
  readonly staff: Flag
  readonly superuser: Flag
  readonly roles: string
  readonly epoch: number
  readonly joined_at: UnixSeconds
  readonly last_login_at: UnixSeconds | null
  readonly attributes: string
}

/** A session outlives its user, so that a token that comes back late still finds it ended: `user_id` is no foreign key. */
export interface SessionTable {
  readonly id: SessionId
  readonly user_id: UserId | null
  readonly generation: number
  readonly jti: string
  readonly previous_jti: string | null
  readonly rotated_at: UnixSeconds | null
  readonly created_at: UnixSeconds
  readonly expires_at: UnixSeconds
  readonly idle_expires_at: UnixSeconds
  readonly epoch: number
  readonly ended_at: UnixSeconds | null
  readonly end_reason: RevokeReason | null
  /** How often a lost answer has moved the session on since the current token was last spent. */
  readonly lost_answers: number
  /** When the previous token was first spent, if `lost_answers` is not 0; otherwise that is `rotated_at`. */
  readonly spent_at: UnixSeconds | null
  readonly address: string | null
  readonly user_agent: string | null
  /** JSON: a list of strings. */
  readonly amr: string | null
  readonly auth_time: UnixSeconds | null
  readonly last_used_at: UnixSeconds | null
  /** The id of the user who acts as this one. */
  readonly actor: string | null
  readonly client_id: string | null
  /** Separated by spaces. */
  readonly scopes: string | null
  /** JSON: a list of strings. */
  readonly resource: string | null
  /** The thumbprint of the key that its tokens are bound to (RFC 9449 §6.1). */
  readonly jkt: string | null
}

export interface KeyTable {
  readonly id: string
  readonly algorithm: Algorithm
  readonly stage: Stage
  readonly public_jwk: string
  readonly sealed: string
  readonly created_at: UnixSeconds
  readonly token_life: Seconds
  readonly verifies_until: UnixSeconds | null
}

export interface HitTable {
  readonly key: string
  readonly slot: number
  readonly at: UnixSeconds
}

/** An event outlives its user and its session: neither is a foreign key. */
export interface EventTable {
  readonly id: string
  readonly at: UnixSeconds
  readonly kind: string
  readonly user_id: UserId | null
  readonly session_id: SessionId | null
  readonly actor: string | null
  readonly address: string | null
  readonly request_id: string | null
  readonly detail: string
}

export interface ProofTable {
  /** SHA-256 of a value that is accepted once. */
  readonly digest: string
  readonly expires_at: UnixSeconds
}
