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
import type { Account } from '../users/user.ts'
import type { Users } from '../users/users.ts'
import { type VerifyCredentialsOptions, verifyCredentials } from './verify-credentials.ts'

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

export interface PasswordCheckSettings {
  readonly users: Omit<VerifyCredentialsOptions, 'allows'>
  readonly tokens: TokenSettings
  readonly addressOf: (request: AuthRequest) => string
  readonly on: {
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
 *
 * @param refuse called with the account of a right password; what it throws is a failure, too
 */
export function passwordCheck(
  settings: PasswordCheckSettings,
  refuse?: (account: Account, request: AuthRequest) => Promise<void>,
): CheckPassword {
  const { users, tokens, addressOf } = settings
  const options: VerifyCredentialsOptions = {
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
    const check = async () => {
      const account = await verifyCredentials(login, password, deps, {
        ...options,
        client,
      })
      await refuse?.(account, request)
      return account
    }
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
  { users: { loginField }, on, log }: PasswordCheckSettings,
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
