import { Refusal } from '../base/refusal.ts'
import type { AuthRequest } from '../base/request.ts'
import type { Settings } from '../settings/settings.ts'
import { isAllowed } from '../tokens/terms.ts'
import { signIn } from '../users/authenticate.ts'
import type { Account } from '../users/user.ts'
import type { House } from './house.ts'
import { tell } from './tell.ts'

/** Credentials as an event may tell of them (specification 1.1). */
const HIDDEN = '*'.repeat(20)

/**
 * Signing in with a password, and whom it is told: `on.signedIn`, `on.signInFailed`.
 *
 * @throws Refusal `no_active_account`, `invalid`, `busy`
 */
export function signInVia({ users: { loginField, trimPassword, updateLastLogin }, on, clock, log, terms }: Settings) {
  const allows = (user: Account['user'] | undefined): boolean => isAllowed(user, terms)
  return async (
    login: string,
    password: string,
    request: AuthRequest,
    { store, passwords }: House,
  ): Promise<Account> => {
    try {
      const world = { users: store.users, passwords }
      const account = await signIn(login, password, world, { loginField, trimPassword, allows })
      if (updateLastLogin) await store.users.change(account.user.id, { lastLoginAt: clock() })
      await tell(log, 'on.signedIn', () => on.signedIn?.({ user: account.user, request }))
      return account
    } catch (error) {
      if (error instanceof Refusal && error.code === 'no_active_account') {
        const credentials = { [loginField]: login, password: HIDDEN }
        await tell(log, 'on.signInFailed', () => on.signInFailed?.({ credentials, request }))
      }
      throw error
    }
  }
}
