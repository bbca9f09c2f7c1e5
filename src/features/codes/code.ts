import type { UnixSeconds } from '../../base/clock.ts'
import type { StoreTransaction } from '../../users/joint-write.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import type { CodePurpose } from './purposes.ts'

export type CodeId = string & { readonly __is: 'CodeId' }
export type CodeDigest = string & { readonly __is: 'CodeDigest' }

/** `link`: 256 random bits, found by their digest. `digits`: few enough to type, found by their target, wrong ones counted. */
export type CodeForm = 'link' | 'digits'

/**
 * The user of a code. With `epoch` the code is void once the user's password, addresses or activity have changed: pass the
 * user as it was read. With the id alone it is valid as long as the user exists.
 */
export type CodeUser = Pick<StoredUser, 'id'> &
  Partial<Pick<StoredUser, 'epoch' | 'active' | 'email' | 'phone'>>

export interface StoredCode {
  readonly id: CodeId
  readonly purpose: CodePurpose
  readonly form: CodeForm
  readonly target: string
  readonly user: CodeUser | undefined
  readonly digest: CodeDigest
  readonly payload: CodePayload
  readonly attempts: number
  /** `undefined`: unlimited. */
  readonly maxAttempts: number | undefined
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds
  readonly redeemedAt: UnixSeconds | undefined
}

/** What belongs to a purpose, such as the new address of a change. Anything that JSON can hold, and no secret. */
export type CodePayload = Readonly<Record<string, unknown>>

/** A code as a client presents it. */
export interface PresentedCode {
  readonly purpose: CodePurpose
  readonly form: CodeForm
  /** Required for digits. */
  readonly target: string | undefined
  /** One for each key that digits may have been hashed with. */
  readonly digests: readonly CodeDigest[]
}

/** The port to one-time codes. Every verb is one statement. */
export interface Codes {
  /**
   * Stores a code in place of the former one of its purpose and target.
   *
   * @returns `false` if the user does not exist or has another epoch
   */
  issue(code: StoredCode): Promise<boolean>
  /**
   * Counts a wrong code, and redeems a right one, if it is neither expired, exhausted, redeemed nor void. Atomic: of concurrent
   * calls one redeems, and no more than `maxAttempts` are compared.
   *
   * @param mode `check` redeems nothing; it counts wrong digits, and each presentation of a link with `maxAttempts`
   * @returns the code after it, and whether the presented one was right; `undefined` if nothing was compared
   */
  attempt(
    presented: PresentedCode,
    now: UnixSeconds,
    mode: 'redeem' | 'check',
  ): Promise<{ readonly code: StoredCode; readonly isRight: boolean } | undefined>
  /**
   * Redeems a link in the transaction of the write that it authorizes.
   *
   * @throws AuthError `invalid_code` if it is not a right link
   */
  redeemIn(
    transaction: StoreTransaction,
    presented: PresentedCode,
    now: UnixSeconds,
  ): Promise<void>
  /** The code that `attempt` compares, or would compare. */
  find(presented: PresentedCode): Promise<StoredCode | undefined>
  /** The code that was issued last for a purpose and a target, also if it is spent, void or expired. */
  findIssued(purpose: CodePurpose, target: string): Promise<StoredCode | undefined>
  deleteAll(userId: UserId): Promise<number>
  /** Deletes the codes of a user that were issued at `moment` or later. */
  deleteSince(userId: UserId, moment: UnixSeconds): Promise<number>
  /** Deletes up to `limit` codes that expired before `moment`. @returns how many */
  flush(moment: UnixSeconds, limit: number): Promise<number>
}
