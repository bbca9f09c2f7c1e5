import type { UnixSeconds } from '../../base/clock.ts'
import type { UserId } from '../../users/user.ts'

export type CredentialId = string & { readonly __is: 'CredentialId' }

/** What proves who a user is, beside a password. */
export type CredentialKind = 'totp' | 'recovery'

/** A long-lived credential of a user. */
export interface Credential {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly userId: UserId
  /** What the user calls it. */
  readonly label: string
  /** The secret of a TOTP authenticator, sealed; the digest of a recovery code. */
  readonly secret: string
  /** The last step of a TOTP authenticator that was used: the same and earlier ones are refused. -1 before the first. */
  readonly counter: number
  readonly createdAt: UnixSeconds
  /** `undefined`: the user has not yet shown that it works. */
  readonly confirmedAt: UnixSeconds | undefined
  readonly lastUsedAt: UnixSeconds | undefined
}

/** The port to them. Each function is one statement or one transaction. */
export interface Credentials {
  /** @returns `false` if there is no such user any more */
  insert(credential: Credential): Promise<boolean>
  list(userId: UserId): Promise<readonly Credential[]>
  /**
   * Makes a credential valid, once.
   *
   * @returns `false` if it is confirmed already, or does not exist
   */
  confirm(id: CredentialId, counter: number, now: UnixSeconds): Promise<boolean>
  /**
   * Uses a step of a confirmed credential, once.
   *
   * @returns `false` if this or a later step was used before
   */
  advance(id: CredentialId, counter: number, now: UnixSeconds): Promise<boolean>
  /** Uses a recovery code up. @returns `false` if there is none with these digests */
  redeem(userId: UserId, digests: readonly string[]): Promise<boolean>
  /** Replaces the recovery codes of a user. @returns `false` if there is no such user any more */
  replaceRecoveryCodes(userId: UserId, codes: readonly Credential[]): Promise<boolean>
  /** @returns whether it existed */
  delete(id: CredentialId, userId: UserId): Promise<boolean>
  /** @returns how many it deleted */
  deleteAll(userId: UserId): Promise<number>
  /** Deletes credentials that were never confirmed, and those of deleted users. @returns how many */
  flush(before: UnixSeconds, limit: number): Promise<number>
}
