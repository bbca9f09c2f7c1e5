import { type StepUp, stepUpChallengeOf } from '../../authentication/step-up.ts'
import { minutes } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { stepUpCheck } from '../../guard/step-up.ts'
import type { Field } from '../../http/fields.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { PASSWORD } from '../tokens/credentials.ts'
import { requireCurrentPassword } from './current-password.ts'
import { ownAccount } from './own-account.ts'

/** How young a sign-in must be for what decides whom an account belongs to (rule S7). */
const FRESH: StepUp = { fresh: minutes(10) }

export const CURRENT_PASSWORD: Field = {
  ...PASSWORD,
  optional: true,
  description: 'Not needed within ten minutes after the sign-in.',
}

/** What `requireFresh` throws besides the errors of every endpoint. */
export const FRESH_ERRORS = ['insufficient_user_authentication', 'invalid'] as const

export interface FreshInput {
  /** As the client sent it. */
  readonly current_password?: string | undefined
}

/**
 * Requires the current password, or a sign-in of the last ten minutes.
 *
 * @returns the principal's account, as committed
 * @throws AuthError `insufficient_user_authentication`; `invalid` if the password is wrong; `throttled`, `busy`; `user_not_found`
 */
export async function requireFresh(
  principal: Principal,
  { current_password: password }: FreshInput,
  core: Core,
): Promise<Account> {
  const account = await ownAccount(principal.user.id, core)
  if (password !== undefined) await requireCurrentPassword(account, password, core)
  else await requireFreshSignIn(principal, core)
  return account
}

async function requireFreshSignIn(principal: Principal, core: Core): Promise<void> {
  // Basic credentials have the password.
  if (principal.scheme === 'basic') return
  try {
    await stepUpCheck(FRESH, core, core.clock).require(principal)
  } catch (error) {
    if (error instanceof AuthError && error.status === 401)
      throw error.withChallenges([stepUpChallengeOf('Bearer realm="api"', FRESH)])
    throw error
  }
}
