import type { Account } from '../users/user.ts'
import type { SessionOrigin } from './session.ts'

/**
 * A sign-in that may happen: the account is allowed, and no check stops it. Only `completeSignIn` makes one, and nothing
 * starts a session without one.
 */
export interface CheckedSignIn {
  readonly __is: 'CheckedSignIn'
  readonly account: Account
  /** What its session shows. */
  readonly origin: SessionOrigin
  /** The thumbprint of the key that its tokens are bound to. */
  readonly jkt: string | undefined
}
