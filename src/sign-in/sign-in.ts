import { Refusal } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Settings } from '../settings/settings.ts'
import { bounded, networkOf } from '../http/client-address.ts'
import { isAllowed } from '../tokens/token-settings.ts'
import { signIn } from './check-password.ts'
import { usernameKey } from '../users/names.ts'
import type { Account } from '../users/user.ts'
import type { Happening } from '../audit/audit-log.ts'
import type { House } from '../instance/instance.ts'
import { tell } from '../base/call-hook.ts'

/** Credentials as an event may tell of them (specification 1.1). */
const HIDDEN = '*'.repeat(20)

/** What is asked of a name and its password, and where. */
export type CheckPassword = (
  login: string,
  password: string,
  request: AuthRequest,
  house: Pick<House, 'store' | 'clock' | 'passwords' | 'loginThrottle' | 'audit' | 'tallies'>,
) => Promise<Account>

/**
 * The account of somebody who knows its password. Every way in goes through here: it is throttled (D22), and a failure is
 * told: `on.signInFailed`.
 *
 * @throws Refusal `no_active_account`, `throttled`, `invalid`, `busy`
 */
export function checkPasswordVia(settings: Settings): CheckPassword {
  const { users, on, log, terms, addressOf } = settings
  const { loginField, trimPassword } = users
  const allows = (user: Account['user'] | undefined): boolean => isAllowed(user, terms)
  return async (login, password, request, { store, passwords, loginThrottle, audit, tallies }) => {
    const judge = (): Promise<Account> =>
      signIn(login, password, { users: store.users, passwords }, { loginField, trimPassword, allows })
    const guess = { account: usernameKey(login), address: addressOf(request) }
    try {
      return await (loginThrottle === undefined ? judge() : loginThrottle(guess, judge))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const address = bounded(guess.address)
      // A name that nobody has may be a password, typed in the wrong field: it is never written down.
      const whose = async (): Promise<Partial<Happening>> => ({
        userId: (await store.users.find(loginField, login))?.user.id,
      })
      if (error.code === 'busy') tallies.signIns.add('busy')
      if (error.code === 'throttled') {
        tallies.signIns.add('throttled')
        const key = `${bounded(guess.account)} ${networkOf(guess.address)}`
        audit.recordSeldom(key, { kind: 'sign_in_throttled', address }, whose)
      }
      if (error.code === 'no_active_account') {
        tallies.signIns.add('failed')
        void audit.record({ kind: 'sign_in_failed', address }, whose)
        const credentials = { [loginField]: login, password: HIDDEN }
        await tell(log, 'on.signInFailed', () => on.signInFailed?.({ credentials, request }))
      }
      throw error
    }
  }
}

/**
 * Signing in with a password: who does is remembered where that is wanted, and told: `on.signedIn`.
 *
 * @throws Refusal `no_active_account`, `throttled`, `invalid`, `busy`
 */
export function signInVia(settings: Settings): CheckPassword {
  const { users, on, log } = settings
  const checkPassword = checkPasswordVia(settings)
  return async (login, password, request, house) => {
    const account = await checkPassword(login, password, request, house)
    house.tallies.signIns.add('ok')
    // A sign-in that opens a session is written down with it.
    if (!settings.sessions) void house.audit.record({ kind: 'signed_in', userId: account.user.id })
    if (users.updateLastLogin) await house.store.users.change(account.user.id, { lastLoginAt: house.clock() })
    await tell(log, 'on.signedIn', () => on.signedIn?.({ user: account.user, request }))
    return account
  }
}
