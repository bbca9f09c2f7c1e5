import type { UnixSeconds } from '../base/clock.ts'

/** The id of a user, inside: programs have strings. */
export type UserId = string & { readonly __is: 'UserId' }

/** Any attributes of a user: those of an instance without the option `user`. */
export type Attributes = Readonly<Record<string, unknown>>

/**
 * A user, as programs see it. Without the hash of the password: see `Account`.
 *
 * @typeParam A the attributes, as the option `user` types them
 */
export interface User<out A extends object = Attributes> {
  /** 1 to 64 characters: 32 hexadecimal digits if generated here, else as imported (`"1"`). */
  readonly id: string
  readonly username: string
  readonly email: string | undefined
  /** When the user proved to receive mail at `email`, in seconds since 1970; `undefined`: not yet. Another address clears it. */
  readonly emailVerifiedAt: number | undefined
  /** In the form of E.164, such as `"+351912345678"`. */
  readonly phone: string | undefined
  /** When the user proved to receive messages at `phone`, in seconds since 1970; `undefined`: not yet. Another number clears it. */
  readonly phoneVerifiedAt: number | undefined
  readonly active: boolean
  readonly staff: boolean
  readonly superuser: boolean
  /** Names of roles. The option `roles` gives the permission strings of each. */
  readonly roles: readonly string[]
  /** Incremented by each password change. A session that began with a lower value has ended. */
  readonly epoch: number
  /** Seconds since 1970. */
  readonly joinedAt: number
  readonly lastLoginAt: number | undefined
  readonly attributes: Readonly<A>
}

/** A user, as the store returns it. */
export interface StoredUser extends User {
  readonly id: UserId
  readonly emailVerifiedAt: UnixSeconds | undefined
  readonly phoneVerifiedAt: UnixSeconds | undefined
  readonly joinedAt: UnixSeconds
  readonly lastLoginAt: UnixSeconds | undefined
}

/** A user and the hash of the password, in Django's `algorithm$…` notation; `!…` if there is no password. */
export interface Account {
  readonly user: StoredUser
  readonly hash: string
}
