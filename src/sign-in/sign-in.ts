import type { AuditLog, NewEvent } from '../audit/audit-log.ts'
import { callHook } from '../base/call-hook.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { networkOf, truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Counters } from '../observability/counters.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginThrottle } from '../throttling/login.ts'
import { isAllowed, type TokenSettings } from '../tokens/token-settings.ts'
import { usernameKey } from '../users/names.ts'
import type { Account, User } from '../users/user.ts'
import type { Users } from '../users/users.ts'
import { type CheckPasswordOptions, verifyCredentials } from './check-password.ts'

/** Credentials as an event may tell of them (specification 1.1). */
const HIDDEN = '*'.repeat(20)

/** What is asked of a name and its password, and where. */
export type CheckPassword = (
  login: string,
  password: string,
  request: AuthRequest,
  deps: CheckPasswordDeps,
) => Promise<Account>

export interface CheckPasswordDeps {
  readonly users: Users
  readonly clock: Clock
  readonly passwords: Passwords
  readonly loginThrottle: LoginThrottle | undefined
  readonly audit: AuditLog
  readonly counters: Counters
}

export interface SignInSettings {
  readonly users: Omit<CheckPasswordOptions, 'allows'> & {
    readonly updateLastLogin: boolean
  }
  readonly tokens: TokenSettings & {
    /** Whether there is a store of sessions. */
    readonly sessions: boolean
  }
  readonly addressOf: (request: AuthRequest) => string
  readonly on: {
    readonly signedIn?: (event: {
      user: User
      request: AuthRequest | undefined
    }) => unknown
    readonly signInFailed?: (event: {
      credentials: object
      request: AuthRequest | undefined
    }) => unknown
  }
  readonly log: Log
}

/**
 * The account of somebody who knows its password. Every way in goes through here: it is throttled (D22), and a failure is
 * told: `on.signInFailed`.
 *
 * @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy`
 */
export function passwordCheck(settings: SignInSettings): CheckPassword {
  const { users, on, log, tokens, addressOf } = settings
  const { loginField, trimPassword } = users
  const allows = (user: User | undefined): boolean => isAllowed(user, tokens)
  return async (
    login,
    password,
    request,
    { users: accounts, passwords, loginThrottle, audit, counters },
  ) => {
    const judge = (): Promise<Account> =>
      verifyCredentials(
        login,
        password,
        { users: accounts, passwords },
        { loginField, trimPassword, allows },
      )
    const guess = { account: usernameKey(login), address: addressOf(request) }
    try {
      return await (loginThrottle === undefined ? judge() : loginThrottle(guess, judge))
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      const address = truncateAddress(guess.address)
      // A name that nobody has may be a password, typed in the wrong field: it is never written down.
      const whose = async (): Promise<Partial<NewEvent>> => ({
        userId: (await accounts.find(loginField, login))?.user.id,
      })
      if (error.code === 'busy') counters.signIns.add('busy')
      if (error.code === 'throttled') {
        counters.signIns.add('throttled')
        const key = `${truncateAddress(guess.account)} ${networkOf(guess.address)}`
        audit.recordSeldom(key, { kind: 'sign_in_throttled', address }, whose)
      }
      if (error.code === 'no_active_account') {
        counters.signIns.add('failed')
        void audit.record({ kind: 'sign_in_failed', address }, whose)
        const credentials = { [loginField]: login, password: HIDDEN }
        await callHook(log, 'on.signInFailed', () =>
          on.signInFailed?.({ credentials, request }),
        )
      }
      throw error
    }
  }
}

/**
 * Signing in with a password: who does is remembered where that is wanted, and told: `on.signedIn`.
 *
 * @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy`
 */
export function passwordSignIn(settings: SignInSettings): CheckPassword {
  const { users, on, log } = settings
  const checkPassword = passwordCheck(settings)
  return async (login, password, request, deps) => {
    const account = await checkPassword(login, password, request, deps)
    deps.counters.signIns.add('ok')
    // A sign-in that opens a session is written down with it.
    if (!settings.tokens.sessions)
      void deps.audit.record({ kind: 'signed_in', userId: account.user.id })
    if (users.updateLastLogin)
      await deps.users.change(account.user.id, {
        lastLoginAt: deps.clock(),
      })
    await callHook(log, 'on.signedIn', () =>
      on.signedIn?.({ user: account.user, request }),
    )
    return account
  }
}
