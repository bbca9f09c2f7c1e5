import type { AuditLog } from '../audit/audit-log.ts'
import type { Awaitable } from '../base/awaitable.ts'
import { callHook } from '../base/call-hook.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import { userAgentOf } from '../http/user-agent.ts'
import type { Counters } from '../observability/counters.ts'
import type { CheckedSignIn } from '../sessions/checked-sign-in.ts'
import type { SessionId, SessionOrigin } from '../sessions/session.ts'
import { obtainPair, type Pair } from '../tokens/pairs.ts'
import {
  isAllowed,
  type TokenDeps,
  type TokenSettings,
} from '../tokens/token-settings.ts'
import type { Account, StoredUser, User } from '../users/user.ts'
import type { Users } from '../users/users.ts'

/** What a user has proved, and what for. */
export interface SignInAttempt {
  /**
   * How the user proved who they are: values of `amr` (RFC 8176 §2) such as `pwd`, `otp`, `sms` or `hwk`, and `link` for a link
   * in a mail, in the order of the steps. Empty: a program signs the user in.
   */
  readonly methods: readonly string[]
  /** `undefined` if a program signs the user in. */
  readonly request: AuthRequest | undefined
  /**
   * What the sign-in starts. Credentials that are checked at each request, as those of `basic()`, start nothing. They have no further
   * step, so a check that asks for one rejects them.
   */
  readonly starts: 'session' | 'api token' | 'nothing'
  /** The id of the user who signs in as this one. The user's own factors cannot be asked for then, so no check applies. */
  readonly actor?: string | undefined
}

/**
 * Checks an account whose credentials were right: a second factor that it has, for example, stops the sign-in.
 *
 * @returns `undefined` if the sign-in goes on, else a function that makes the error
 */
export type SignInCheck = (
  account: Account,
  attempt: SignInAttempt,
) => Awaitable<StopSignIn | undefined>

/** Makes the error. It is called only if a client gets the error, so a ticket in it is issued here. */
export type StopSignIn = () => Awaitable<AuthError>

export interface SignInOptions
  extends Pick<SignInAttempt, 'methods' | 'request' | 'actor'> {
  /** Default `session`. */
  readonly starts?: SignInAttempt['starts']
}

/** What a sign-in has started. */
export interface StartedSignIn<Result> {
  /** What the client gets. */
  readonly result: Result
  /** `undefined` if no session was opened. */
  readonly sessionId?: SessionId | undefined
  /** Recorded with the sign-in. */
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface StartSignIn<Result> {
  /** Starts the session, or what stands for one. It is called once nothing stops the sign-in. */
  start(signIn: CheckedSignIn): Promise<StartedSignIn<Result>>
}

export interface CompleteSignIn {
  /**
   * Signs an account in whose credentials were right: each way of signing in ends here. Checks the account, starts the session,
   * records the sign-in, and calls `on.signedIn`.
   *
   * @returns a refresh token and an access token, or what `start` returns
   * @throws AuthError `no_active_account` if the account may not sign in, or was changed since it was read; what a check says
   */
  <Result>(
    account: Account,
    options: SignInOptions & StartSignIn<Result>,
  ): Promise<Result>
  (account: Account, options: SignInOptions): Promise<Pair>
}

/**
 * The thumbprint of the key of which a request has a proof, if it has one.
 *
 * @throws AuthError `invalid_dpop_proof`, `use_dpop_nonce`
 */
export type KeyOfRequest = (
  request: AuthRequest | undefined,
) => Promise<string | undefined>

export interface CompleteSignInSettings {
  readonly users: { readonly updateLastLogin: boolean }
  readonly tokens: TokenSettings
  readonly on: {
    readonly signedIn?: (event: {
      user: User
      request: AuthRequest | undefined
      methods: readonly string[]
      actor: string | undefined
    }) => unknown
  }
  readonly addressOf: (request: AuthRequest) => string
  readonly log: Log
}

export interface CompleteSignInDeps {
  readonly users: Users
  readonly clock: Clock
  readonly audit: AuditLog
  readonly counters: Counters
  readonly tokens: TokenDeps
  /** Those of the features, each asked before and after the session is opened. */
  readonly checks: readonly SignInCheck[]
  /** The key that the tokens of a sign-in are bound to; `undefined` if the option `dpop` is off. */
  readonly keyOf?: KeyOfRequest | undefined
}

export function signInCompletion(
  settings: CompleteSignInSettings,
  deps: CompleteSignInDeps,
): CompleteSignIn {
  const startPair: StartSignIn<Pair>['start'] = async (signIn) => {
    const { session, ...result } = await obtainPair(signIn, deps.tokens)
    return { result, sessionId: session?.id }
  }
  return async (
    account: Account,
    options: SignInOptions & Partial<StartSignIn<unknown>>,
  ): Promise<never> => {
    const { starts = 'session', start = startPair } = options
    const attempt: SignInAttempt = { ...options, starts }
    await requireUnstopped(account, attempt, settings, deps)
    const origin = originOf(attempt, settings, deps)
    const jkt = start === startPair ? await deps.keyOf?.(attempt.request) : undefined
    if (settings.users.updateLastLogin && attempt.actor === undefined)
      await deps.users.change(account.user.id, { lastLoginAt: deps.clock() })
    // The one place that makes this type.
    const started = await start({ account, origin, jkt } as CheckedSignIn)
    await requireStillUnstopped(account, attempt, started, deps)
    await report(account.user, attempt, started, settings, deps)
    // What `start` returns.
    return started.result as never
  }
}

/** @throws AuthError `no_active_account`; what a check says */
async function requireUnstopped(
  account: Account,
  attempt: SignInAttempt,
  { tokens }: Pick<CompleteSignInSettings, 'tokens'>,
  { checks }: Pick<CompleteSignInDeps, 'checks'>,
): Promise<void> {
  if (!isAllowed(account.user, tokens)) throw new AuthError('no_active_account')
  if (attempt.actor !== undefined) return
  const stop = await findStop(account, attempt, checks)
  if (stop !== undefined) throw await stop()
}

/**
 * Checks again what was started: a second factor that was confirmed since the first check has ended the sessions of that moment, and
 * this one may have been opened after it. Only this order leaves no gap: a factor that is not seen here ends the session.
 *
 * @throws AuthError what a check says
 */
async function requireStillUnstopped(
  account: Account,
  attempt: SignInAttempt,
  { sessionId }: StartedSignIn<unknown>,
  { checks, tokens, clock }: CompleteSignInDeps,
): Promise<void> {
  if (attempt.actor !== undefined || attempt.starts === 'nothing') return
  const stop = await findStop(account, attempt, checks)
  if (stop === undefined) return
  if (sessionId !== undefined) await tokens.sessions?.revoke(sessionId, 'admin', clock())
  throw await stop()
}

const originOf = (
  { methods, request, actor }: SignInAttempt,
  { addressOf }: CompleteSignInSettings,
  { clock }: CompleteSignInDeps,
): SessionOrigin => ({
  address: (request && truncateAddress(addressOf(request))) || undefined,
  userAgent: request && userAgentOf(request),
  amr: methods,
  authTime: clock(),
  actor,
})

async function findStop(
  account: Account,
  attempt: SignInAttempt,
  checks: readonly SignInCheck[],
): Promise<StopSignIn | undefined> {
  for (const check of checks) {
    const stop = await check(account, attempt)
    if (stop !== undefined) return stop
  }
  return undefined
}

/**
 * For credentials that are checked at each request: rejects them like wrong ones if a check asks for a further step.
 *
 * @throws AuthError `no_active_account`
 */
export const refuseStopped =
  (checks: readonly SignInCheck[]) =>
  async (account: Account, request: AuthRequest): Promise<void> => {
    const attempt: SignInAttempt = { methods: ['pwd'], request, starts: 'nothing' }
    if ((await findStop(account, attempt, checks)) === undefined) return
    throw new AuthError('no_active_account', 'the account needs more than a password')
  }

async function report(
  user: StoredUser,
  { methods, request, actor }: SignInAttempt,
  { sessionId, detail }: StartedSignIn<unknown>,
  { on, log }: CompleteSignInSettings,
  { audit, counters }: CompleteSignInDeps,
): Promise<void> {
  counters.signIns.add('ok')
  void audit.record({
    kind: 'signed_in',
    userId: user.id,
    sessionId,
    actor,
    detail: { methods, ...detail },
  })
  await callHook(log, 'on.signedIn', () =>
    on.signedIn?.({ user, request, methods, actor }),
  )
}
