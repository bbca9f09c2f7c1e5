import type { Awaitable } from '../base/awaitable.ts'
import type { UnixSeconds } from '../base/clock.ts'
import type { Account, User, UserId } from './user.ts'

export type UserField = 'id' | 'username' | 'email'

export interface NewUser {
  readonly id: UserId
  readonly username: string
  /** `username` in the form that must be unique: NFKC, lower case (see `names.ts`). */
  readonly usernameKey: string
  readonly email: string | undefined
  readonly hash: string
  readonly active: boolean
  readonly staff: boolean
  readonly superuser: boolean
  readonly roles?: readonly string[]
  readonly joinedAt: UnixSeconds
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface UserChange {
  readonly email?: string | undefined
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
  readonly lastLoginAt?: UnixSeconds
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** The port that keeps users. Every verb is one statement or one transaction. */
export interface Users {
  /**
   * Exact and case-sensitive. What this process wrote counts at once, what another wrote within a second. At once where nothing has
   * to be waited for.
   */
  find(field: UserField, value: string): Awaitable<Account | undefined>
  /** @returns `false` where the id, the name's unique form or the email is taken; nothing is written then */
  insert(user: NewUser): Promise<boolean>
  /** @returns the user after the change, or `undefined` where there is none */
  change(id: UserId, change: UserChange): Promise<User | undefined>
  /** A new password: the hash is replaced and the epoch raised in one statement. @returns `false`: no such user */
  setPassword(id: UserId, hash: string): Promise<boolean>
  /** The same password in another encoding, only while the hash is still `old`: the epoch stays. */
  upgradeHash(id: UserId, old: string, hash: string): Promise<boolean>
  delete(id: UserId): Promise<boolean>
  /** By username, ascending; `after` is the last username of the page before. */
  list(page: {
    readonly after?: string
    readonly limit: number
  }): Promise<readonly User[]>
  count(): Promise<number>
}
