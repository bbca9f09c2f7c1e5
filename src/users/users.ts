import type { Awaitable } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { JointWrite } from './joint-write.ts'
import type { Account, StoredUser, UserId } from './user.ts'

export type UserField = 'id' | 'username' | 'email' | 'phone'

/** A field whose normalized form must be unique, not the stored one. */
export type KeyField = 'username' | 'email'

/** A field with an address at which a user proves to receive messages. */
export type AddressField = 'email' | 'phone'

export interface NewUser {
  readonly id: UserId
  readonly username: string
  /** `username` in the form that must be unique: NFKC, lower case (see `names.ts`). */
  readonly usernameKey: string
  readonly email: string | undefined
  readonly emailVerifiedAt?: UnixSeconds | undefined
  readonly phone?: string | undefined
  readonly phoneVerifiedAt?: UnixSeconds | undefined
  readonly hash: string
  /** Default 0. If the id may have been that of a deleted user, an epoch that the deleted user never had. */
  readonly epoch?: number
  readonly active: boolean
  readonly staff: boolean
  readonly superuser: boolean
  readonly roles?: readonly string[]
  readonly joinedAt: UnixSeconds
  readonly lastLoginAt?: UnixSeconds | undefined
  readonly attributes: Readonly<Record<string, unknown>>
}

/** The unique values of a user; `email` as its key (see `email.ts`). */
export type UserKeys = Pick<NewUser, 'id' | 'usernameKey' | 'email' | 'phone'>

/** The result of inserting users. Those in neither set have an id, a name or an address that is taken. */
export interface InsertedUsers {
  readonly inserted: ReadonlySet<UserId>
  /** Not inserted: see `insertWithId`. */
  readonly remains: ReadonlySet<UserId>
}

export interface UserChange {
  /** Increments the epoch if this field changes: sessions keep the one they began with, and sign-ins under way fail. */
  readonly beginsEpoch?: Exclude<UserField, 'id'>
  readonly username?: string
  /** Changes with `username`. */
  readonly usernameKey?: string
  /** A member without a value removes the address. Another address is unverified, unless `emailVerifiedAt` is a member, too. */
  readonly email?: string | undefined
  /** A member without a value: not verified. Ignored if there is no address. */
  readonly emailVerifiedAt?: UnixSeconds | undefined
  readonly phone?: string | undefined
  readonly phoneVerifiedAt?: UnixSeconds | undefined
  /** Increments the epoch if it is another one. */
  readonly hash?: string
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
  readonly lastLoginAt?: UnixSeconds
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The condition of a compare-and-swap: what must still be true of the user when the change is written. */
export interface UserCondition {
  /** A member without a value: the user has no address. */
  readonly email?: string | undefined
  readonly emailVerified?: boolean
  readonly phone?: string | undefined
  readonly epoch?: number | undefined
  /** As they were read. */
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Another user is an active superuser, or this one is none. */
  readonly leavesSuperuser?: boolean
}

/** The port to the users. Each function is one statement or one transaction. */
export interface Users {
  /**
   * Exact and case-sensitive, but for an email address: if no user has it, the one whose address differs in letter case. It sees this
   * process's writes at once, and those of others within a second. Cached accounts are returned without a promise.
   */
  find(field: UserField, value: string): Awaitable<Account | undefined>
  /**
   * Changes when a cached account may have changed: what `find` returns after this call without a promise is what it would return for
   * as long as this returns the same number.
   *
   * @returns `undefined` if accounts are not cached, or it is unknown whether others have changed one
   */
  version(): number | undefined
  /**
   * The same as committed, never from a cache: one read whether or not there is such an account, so that no response time shows
   * which names are known (P8).
   */
  read(field: UserField, value: string): Promise<Account | undefined>
  /** The user whose name or address has this key (see `names.ts`, `email.ts`), as committed: never from a cache. */
  findByKey(field: KeyField, key: string): Promise<StoredUser | undefined>
  /**
   * @param joint made in the same transaction, once the user is inserted
   * @returns `false` if the id, the `usernameKey`, the email in any letter case, or the phone is taken
   */
  insert(user: NewUser, joint?: JointWrite): Promise<boolean>
  /**
   * Inserts a user whose id may have been that of a deleted one, if nothing of that one is left: no session that is not revoked,
   * no row of a feature. What the former user writes at the same moment is committed before the deletion, and found here.
   */
  insertWithId(user: NewUser): Promise<'inserted' | 'taken' | 'remains'>
  /**
   * Does for each of the users what `insertWithId` does, in one transaction, with hundreds of them in a statement.
   *
   * @param users with different ids
   */
  insertAll(users: readonly NewUser[]): Promise<InsertedUsers>
  /** The keys of these users that stored users already have, unordered. One stored user may match several of them. */
  findKeys(users: readonly UserKeys[]): Promise<readonly UserKeys[]>
  /**
   * @param joint made in the same transaction, once a change with members is written
   * @returns the user after the change; `undefined` if there is no such user, or `onlyIf` does not hold of it
   */
  change(
    id: UserId,
    change: UserChange,
    onlyIf?: UserCondition,
    joint?: JointWrite,
  ): Promise<StoredUser | undefined>
  /**
   * Marks an address as verified, if the user still has it: the proof may be older than a change.
   *
   * @returns `false` if there is no such user, or the address is another
   */
  verify(
    id: UserId,
    field: AddressField,
    address: string,
    now: UnixSeconds,
  ): Promise<boolean>
  /**
   * Replaces the hash and increments the epoch in one statement.
   *
   * @param read of the user that was found before the hash was computed: with `joinedAt`, since another may have the id now; with
   *   `epoch`, if what proved the user's identity counts only until the next change
   * @param joint made in the same transaction, once the hash is replaced
   * @returns `false` if there is no such user
   */
  setPassword(
    id: UserId,
    hash: string,
    read?: Partial<Pick<StoredUser, 'joinedAt' | 'epoch'>>,
    joint?: JointWrite,
  ): Promise<boolean>
  /** Replaces the hash by one of the same password, if it is still `old`. The epoch does not change. */
  upgradeHash(id: UserId, old: string, hash: string): Promise<boolean>
  /** @returns `false` if there is no such user, or `onlyIf` does not hold of it */
  delete(id: UserId, onlyIf?: Pick<UserCondition, 'leavesSuperuser'>): Promise<boolean>
  /** Whether a user other than this one is an active superuser. */
  hasOtherSuperuser(id: UserId): Promise<boolean>
  /** A page of users, ordered by username. @param page.after the last username of the previous page */
  list(page: {
    readonly after?: string
    readonly limit: number
  }): Promise<readonly StoredUser[]>
  /** The same with the hashes. */
  listAccounts(page: {
    readonly after?: string
    readonly limit: number
  }): Promise<readonly Account[]>
  count(): Promise<number>
}
