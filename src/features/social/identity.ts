import type { UnixSeconds } from '../../base/clock.ts'
import type { RemovalOutcome, SignInRows } from '../../stores/sign-in-rows.ts'
import type { UserId } from '../../users/user.ts'

export type IdentityId = string & { readonly __is: 'IdentityId' }

/** An account with another service that signs a user in. */
export interface Identity {
  readonly id: IdentityId
  readonly userId: UserId
  /** The name of the provider in the option `social`. */
  readonly provider: string
  /** The provider's id of the person. Compared as text. */
  readonly subject: string
  /** The address that the provider named when it was linked. */
  readonly email: string | undefined
  readonly createdAt: UnixSeconds
  readonly lastUsedAt: UnixSeconds | undefined
}

/** The port to the identities. Every verb is one statement, or one transaction. */
export interface Identities {
  /**
   * Links an identity to a user, if no user has it and the user still has this epoch.
   *
   * @returns `false` if it is linked already, to any user, or the user has changed
   */
  link(identity: Identity, epoch: number): Promise<boolean>
  find(provider: string, subject: string): Promise<Identity | undefined>
  /** The identities of a user, the oldest first. */
  list(userId: UserId): Promise<readonly Identity[]>
  /** Notes that an identity has signed its user in. */
  touch(id: IdentityId, now: UnixSeconds): Promise<void>
  /**
   * Removes an identity of a user.
   *
   * @param ways the rows of which one of the user's stays, also of those that are removed at once. `undefined`: none has to
   */
  unlink(
    id: IdentityId,
    userId: UserId,
    ways: readonly SignInRows[] | undefined,
  ): Promise<RemovalOutcome>
  deleteAll(userId: UserId): Promise<number>
}
