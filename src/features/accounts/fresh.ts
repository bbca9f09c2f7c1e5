import { minutes, type Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { Field } from '../../http/fields.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { PASSWORD } from '../tokens/credentials.ts'
import { requireCurrentPassword } from './current-password.ts'
import { ownAccount } from './own-account.ts'

/** How young a sign-in must be for what decides whom an account belongs to (rule S7). */
const FRESH: Seconds = minutes(10)

export const CURRENT_PASSWORD: Field = { ...PASSWORD, optional: true }

export interface FreshInput {
  /** As the client sent it. */
  readonly current_password?: string | undefined
}

/**
 * Requires the current password, or a sign-in of the last ten minutes.
 *
 * @returns the principal's account, as committed
 * @throws AuthError `sign_in_again`; `invalid` if the password is wrong; `throttled`, `busy`; `user_not_found`
 */
export async function requireFresh(
  principal: Principal,
  { current_password: password }: FreshInput,
  core: Core,
): Promise<Account> {
  const account = await ownAccount(principal.user.id, core)
  if (password !== undefined) await requireCurrentPassword(account, password, core)
  else if (!(await isFresh(principal, core))) throw new AuthError('sign_in_again')
  return account
}

async function isFresh(principal: Principal, core: Core): Promise<boolean> {
  // Basic credentials have the password.
  if (principal.scheme === 'basic') return true
  const { sessionId } = principal
  if (sessionId === undefined || core.sessions === undefined) return false
  const session = (await core.sessions.find(sessionId as SessionId))?.session
  if (session === undefined || session.userId !== principal.user.id) return false
  return core.clock() < (session.authTime ?? session.createdAt) + FRESH
}
