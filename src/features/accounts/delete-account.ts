import type { Core } from '../core.ts'
import { requireCurrentPassword } from './current-password.ts'
import { ownAccount } from './own-account.ts'

export interface AccountDeletion {
  /** The user who requests the deletion. */
  readonly userId: string
  readonly currentPassword: string
  /** The account's user. Default: `userId`. The caller authorizes the deletion of another one. */
  readonly deletedId?: string
}

/**
 * Deletes an account with all that belongs to it, if the user who asks for it knows their own password.
 *
 * @throws AuthError `invalid`, whose body names `current_password`; `throttled`; `busy`; `user_not_found`
 */
export async function deleteAccount(
  core: Core,
  { userId, currentPassword, deletedId = userId }: AccountDeletion,
): Promise<void> {
  await requireCurrentPassword(await ownAccount(userId, core), currentPassword, core)
  await core.userAdmin.delete(deletedId)
}
