import type { AuthRequest } from '../http/request.ts'
import type { Account } from '../users/user.ts'

/**
 * A sign-in that may happen: the account is allowed, and no check stops it. Only `completeSignIn` makes one, and nothing
 * starts a session without one.
 */
export interface CheckedSignIn {
  readonly __is: 'CheckedSignIn'
  readonly account: Account
  /** How the user proved who they are: values of `amr` (RFC 8176 §2), in the order of the steps. Empty: a program did. */
  readonly methods: readonly string[]
  /** `undefined` if a program signs the user in. */
  readonly request: AuthRequest | undefined
}
