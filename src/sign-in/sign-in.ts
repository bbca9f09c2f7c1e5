import type { AuditLog, NewEvent } from '../audit/audit-log.ts'
import { callHook } from '../base/call-hook.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { networkOf, truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Counters } from '../observability/counters.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginAttempt, LoginThrottle } from '../throttling/login.ts'
import { isAllowed, type TokenSettings } from '../tokens/token-settings.ts'
import { findByLogin, readByLogin } from '../users/find-by-login.ts'
import { throttleKeyOf } from '../users/names.ts'
import type { Account, User } from '../users/user.ts'
import type { Users } from '../users/users.ts'
import { type CheckPasswordOptions, verifyCredentials } from './check-password.ts'

/** Django's mask of a password in signals. */
const MASKED = '*'.repeat(20)

/** Checks a password. @throws AuthError `no_active_account`, `throttled`, `invalid`, `busy` */
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
 * Checks passwords, for all schemes and endpoints: attempts are throttled (D22), and failures are counted, recorded in
 * the audit log, and passed to `on.signInFailed`.
 */
export function passwordCheck(settings: SignInSettings): CheckPassword {
  const { users, tokens, addressOf } = settings
  const options: CheckPasswordOptions = {
    ...users,
    allows: (user) => isAllowed(user, tokens),
  }
  return async (login, password, request, deps) => {
    const attempt: LoginAttempt = {
      account: throttleKeyOf(login),
      address: addressOf(request),
      findUser: async () =>
        (await readByLogin(deps.users, users.loginField, login))?.user,
    }
    // A few dozen clients fill the queue, and one subscriber of IPv6 may have hundreds of /64 networks.
    const client = networkOf(attempt.address, 48)
    const check = () => verifyCredentials(login, password, deps, { ...options, client })
    try {
      if (deps.loginThrottle === undefined) return await check()
      return await deps.loginThrottle(attempt, check)
    } catch (error) {
      if (error instanceof AuthError)
        await reportFailure(error, { ...attempt, login, request }, settings, deps)
      throw error
    }
  }
}

interface FailedAttempt extends LoginAttempt {
  readonly login: string
  readonly request: AuthRequest
}

async function reportFailure(
  { code }: AuthError,
  { account, address, login, request }: FailedAttempt,
  { users: { loginField }, on, log }: SignInSettings,
  { users, audit, counters }: CheckPasswordDeps,
): Promise<void> {
  const network = networkOf(address)
  const event = { address: truncateAddress(address) }
  // The login itself is not recorded: users type passwords into its field by mistake.
  const findUser = async (): Promise<Partial<NewEvent>> => ({
    userId: (await findByLogin(users, loginField, login))?.user.id,
  })
  if (code === 'busy') counters.signIns.add('busy')
  if (code === 'throttled') {
    counters.signIns.add('throttled')
    const key = `${truncateAddress(account)} ${network}`
    audit.recordLimited(network, { kind: 'sign_in_throttled', ...event }, findUser, key)
  }
  if (code === 'no_active_account') {
    counters.signIns.add('failed')
    audit.recordLimited(network, { kind: 'sign_in_failed', ...event }, findUser)
    const credentials = { [loginField]: login, password: MASKED }
    await callHook(log, 'on.signInFailed', () =>
      on.signInFailed?.({ credentials, request }),
    )
  }
}

/** Signs in with a password: checks it, records the sign-in, and calls `on.signedIn`. */
export function passwordSignIn(settings: SignInSettings): CheckPassword {
  const { users, tokens, on, log } = settings
  const checkPassword = passwordCheck(settings)
  return async (login, password, request, deps) => {
    const account = await checkPassword(login, password, request, deps)
    const { user } = account
    deps.counters.signIns.add('ok')
    // With sessions, the sign-in is recorded when its session is inserted.
    if (!tokens.sessions) void deps.audit.record({ kind: 'signed_in', userId: user.id })
    if (users.updateLastLogin)
      await deps.users.change(user.id, { lastLoginAt: deps.clock() })
    await callHook(log, 'on.signedIn', () => on.signedIn?.({ user, request }))
    return account
  }
}
