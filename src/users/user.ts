import type { UnixSeconds } from '../base/clock.ts'

/** 1 to 64 characters; of our making 32 hexadecimal digits, of another's whatever its database had (`"1"`). */
export type UserId = string & { readonly __is: 'UserId' }

/** An account, as the application sees it. The password's hash is not among its fields: see `Account`. */
export interface User {
  readonly id: UserId
  readonly username: string
  readonly email: string | undefined
  readonly active: boolean
  readonly staff: boolean
  readonly superuser: boolean
  /** Names of roles; what each may do is said in the instance's options. */
  readonly roles: readonly string[]
  /** Counts what must end every sign-in: password changes, mostly. Sessions remember the value they began with. */
  readonly epoch: number
  readonly joinedAt: UnixSeconds
  readonly lastLoginAt: UnixSeconds | undefined
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A user and the hash of the password, in Django's `algorithm$…` notation; `!…` where there is no password. */
export interface Account {
  readonly user: User
  readonly hash: string
}
