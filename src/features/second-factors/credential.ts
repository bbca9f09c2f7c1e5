import type { UnixSeconds } from '../../base/clock.ts'
import type { RemovalOutcome, SignInRows } from '../../stores/sign-in-rows.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { UserId } from '../../users/user.ts'

export type CredentialId = string & { readonly __is: 'CredentialId' }

/** The kinds of a user's credentials beside the password. */
export type CredentialKind = 'totp' | 'recovery' | 'passkey'

/** A passkey as its authenticator has described it (WebAuthn Level 3 §4, credential record). */
export interface PasskeyRecord {
  /** Its id at the authenticator, in base64url. Unique. */
  readonly credentialId: string
  /** COSE, in base64url. */
  readonly publicKey: string
  /** How browsers reach it: `internal`, `hybrid`, `usb` … */
  readonly transports: readonly string[]
  /** The model of the authenticator; zeros if it does not say. */
  readonly aaguid: string
  /** Whether it may be copied to other devices of its user. */
  readonly isSyncable: boolean
  /** Whether it has been. */
  readonly isBackedUp: boolean
}

/** A long-lived credential of a user. */
export interface Credential {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly userId: UserId
  /** A name that the user chose. */
  readonly label: string
  /** The secret of a TOTP authenticator, sealed; the digest of a recovery code; empty for a passkey. */
  readonly secret: string
  /**
   * The last step of a TOTP authenticator that was used: the same and earlier ones are rejected; -1 before the first. The signature
   * counter of a passkey; 0 if it has none.
   */
  readonly counter: number
  readonly createdAt: UnixSeconds
  /** `undefined`: the user has not yet shown that it works. */
  readonly confirmedAt: UnixSeconds | undefined
  readonly lastUsedAt: UnixSeconds | undefined
  /** Of a passkey that no longer signs in alone: see `Core.recovered`. A second step with it ends this. */
  readonly suspendedAt?: UnixSeconds | undefined
  /** Of a passkey only. */
  readonly passkey?: PasskeyRecord | undefined
}

/** The port to credentials. Each function is one statement or one transaction; `joint` is made in it, if it writes something. */
export interface Credentials {
  /**
   * @param epoch the user's, as it was read. Default: any
   * @returns `false` if there is no such user any more, or another row has the id of this passkey
   */
  insert(credential: Credential, epoch?: number, joint?: JointWrite): Promise<boolean>
  list(userId: UserId): Promise<readonly Credential[]>
  /**
   * Makes an authenticator or a passkey valid, once.
   *
   * @param onlyAsFirst whether the user must have no other second factor: of two confirmed at once, one is
   * @returns `false` if it is confirmed already, or does not exist
   */
  confirm(
    id: CredentialId,
    use: { readonly counter: number; readonly now: UnixSeconds },
    onlyAsFirst: boolean,
    joint?: JointWrite,
  ): Promise<boolean>
  /**
   * Uses a step of a confirmed credential, once.
   *
   * @returns `false` if this or a later step was used before
   */
  advance(id: CredentialId, counter: number, now: UnixSeconds): Promise<boolean>
  /**
   * Uses a passkey that does not count.
   *
   * @returns `false` if it has counted before, or does not exist
   */
  touch(id: CredentialId, now: UnixSeconds): Promise<boolean>
  /** Suspends the passkeys of a user that were added at `since` or later. @returns how many */
  suspendPasskeys(userId: UserId, since: UnixSeconds, now: UnixSeconds): Promise<number>
  /** Ends the suspension of a passkey. */
  restorePasskey(id: CredentialId): Promise<void>
  /** The passkey with this id at its authenticator. */
  findPasskey(credentialId: string): Promise<Credential | undefined>
  /** @returns `false` if the user has no such passkey */
  renamePasskey(id: CredentialId, userId: UserId, label: string): Promise<boolean>
  /**
   * Deletes a passkey.
   *
   * @param ways the rows of which one of the user's stays, also of those that are removed at once. `undefined`: none has to
   */
  deletePasskey(
    id: CredentialId,
    userId: UserId,
    ways: readonly SignInRows[] | undefined,
    joint?: JointWrite,
  ): Promise<RemovalOutcome>
  /** Uses a recovery code up. @returns `false` if there is none with these digests */
  redeem(userId: UserId, digests: readonly string[]): Promise<boolean>
  /** Replaces the recovery codes of a user. @returns `false` if there is no such user any more */
  replaceRecoveryCodes(
    userId: UserId,
    codes: readonly Credential[],
    joint?: JointWrite,
  ): Promise<boolean>
  /** Deletes the recovery codes of a user who has no confirmed factor. */
  deleteUnusedRecoveryCodes(userId: UserId): Promise<void>
  /** Deletes a TOTP authenticator. @returns whether it existed */
  deleteTotp(id: CredentialId, userId: UserId, joint?: JointWrite): Promise<boolean>
  /** @returns how many it deleted */
  deleteAll(userId: UserId): Promise<number>
  /** Deletes credentials that were never confirmed, and those of deleted users. @returns how many */
  flush(before: UnixSeconds, limit: number): Promise<number>
}
