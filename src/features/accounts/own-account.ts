import { AuthError } from '../../base/errors.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'

/** The account of a user who is signed in, as committed. @throws AuthError `user_not_found` */
export async function ownAccount(
  userId: string,
  { users }: Pick<Core, 'users'>,
): Promise<Account> {
  const account = await users.read('id', userId)
  if (account === undefined) throw new AuthError('user_not_found')
  return account
}

/**
 * Refuses API tokens, which programs have: they may not change how the account is signed in to.
 *
 * @throws AuthError `permission_denied`
 */
export function requireOwner({ credential }: Pick<Principal, 'credential'>): void {
  if (credential !== undefined)
    throw new AuthError('permission_denied', 'an API token may not do this')
}
