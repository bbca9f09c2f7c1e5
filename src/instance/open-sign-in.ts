import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { CheckedPassword } from '../features/core.ts'
import type { Counters } from '../observability/counters.ts'
import { type BreachedCheck, strengthRules } from '../passwords/breached.ts'
import type { Encodings } from '../passwords/encodings.ts'
import { type Passwords, passwords } from '../passwords/passwords.ts'
import { hashQueue, type QueueLoad } from '../passwords/queue.ts'
import type { StrengthRule } from '../passwords/strength.ts'
import {
  type CheckPassword,
  type PasswordCheckSettings,
  passwordCheck,
} from '../sign-in/check-password.ts'
import {
  type CompleteSignIn,
  type CompleteSignInSettings,
  type KeyOfRequest,
  refuseStopped,
  type SignInCheck,
  signInCompletion,
} from '../sign-in/complete-sign-in.ts'
import type { Hits } from '../throttling/hits.ts'
import { LOGIN_LIMIT, type LoginThrottle, loginThrottle } from '../throttling/login.ts'
import type { Limit } from '../throttling/rate.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import type { Users } from '../users/users.ts'

export interface OpenSignInSettings
  extends PasswordCheckSettings,
    CompleteSignInSettings {
  readonly users: PasswordCheckSettings['users'] &
    CompleteSignInSettings['users'] & { readonly breached?: BreachedCheck | undefined }
  readonly on: PasswordCheckSettings['on'] & CompleteSignInSettings['on']
  readonly hashesAtOnce: number
  readonly throttle: Readonly<Record<string, Limit | null>>
}

export interface OpenSignInDeps {
  readonly users: Users
  readonly hits: Hits
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly audit: AuditLog
  readonly counters: Counters
  readonly tokens: TokenDeps
  /** What may stop a sign-in. */
  readonly signInChecks: readonly SignInCheck[]
  readonly keyOf: KeyOfRequest | undefined
  /** Default: the encodings of passwords at their full cost. */
  readonly encodings: Encodings | undefined
}

/** Passwords, and the ways of signing in with one. */
export interface SignIns {
  readonly passwords: Passwords
  /** The rules for new passwords. */
  readonly strength: readonly StrengthRule[]
  readonly hashing: () => QueueLoad
  /** `undefined` if it is switched off. */
  readonly loginThrottle: LoginThrottle | undefined
  readonly checkPassword: CheckedPassword
  readonly checkPasswordUntrimmed: CheckedPassword
  /** For credentials that are checked at each request: what stops a sign-in refuses them. */
  readonly checkPasswordOfRequest: CheckedPassword
  readonly completeSignIn: CompleteSignIn
}

export function openSignIn(settings: OpenSignInSettings, deps: OpenSignInDeps): SignIns {
  const { random, log, encodings } = deps
  const queue = hashQueue({ concurrency: settings.hashesAtOnce })
  const parts = {
    ...deps,
    passwords: passwords({
      queue,
      random,
      warn: (event) => log({ level: 'warn', event }),
      encodings,
    }),
    loginThrottle: openLoginThrottle(settings.throttle, deps),
  }
  // Only the endpoints trim; Basic credentials in a header are used as they are.
  const untrimmed = { ...settings, users: { ...settings.users, trimPassword: false } }
  const bind =
    (check: CheckPassword): CheckedPassword =>
    (login, password, request) =>
      check(login, password, request, parts)
  return {
    passwords: parts.passwords,
    strength: strengthRules(settings.users.breached, log),
    loginThrottle: parts.loginThrottle,
    hashing: queue.load,
    checkPassword: bind(passwordCheck(settings)),
    checkPasswordUntrimmed: bind(passwordCheck(untrimmed)),
    checkPasswordOfRequest: bind(
      passwordCheck(untrimmed, refuseStopped(deps.signInChecks)),
    ),
    completeSignIn: signInCompletion(settings, { ...deps, checks: deps.signInChecks }),
  }
}

function openLoginThrottle(
  { login = LOGIN_LIMIT }: OpenSignInSettings['throttle'],
  { hits, clock }: OpenSignInDeps,
): LoginThrottle | undefined {
  if (login === null) return undefined
  return loginThrottle(login, { hits, clock })
}
