import { type Claims, recordOf } from './claims.ts'
import type { Core } from './core.ts'
import type { Session } from './stored-state.ts'
import type { AuthEvent, AuthState, SignedOutReason } from './types.ts'

/** Sets the state, and notifies. */
export function enter<U>(
  core: Core<U>,
  event: AuthEvent,
  next: AuthState<U> = core.state,
): void {
  core.state = Object.freeze(next)
  // Never within a call of the client; one that throws stops no other, and is an uncaught error of the page.
  for (const listener of core.listeners)
    void Promise.resolve().then(() => listener(next, event))
}

export const userIn = <U>({ state }: Core<U>): U | undefined =>
  (state as { readonly user?: U }).user

/** Shows a session. @param given the user, if the server rendered it */
export function show<U>(core: Core<U>, next: Session, event: AuthEvent, given?: U): void {
  const { now, wall } = core.clock
  const { claims, csrf, at = wall() } = next
  const known = userIn(core)
  const user = given ?? core.options.user?.(claims) ?? (userOf(claims) as U)
  const isSame = JSON.stringify(known) === JSON.stringify(user)
  core.session = next
  core.isUnsure = false
  core.csrf = csrf ?? core.csrf
  core.issuedAt = now() - Math.max(wall() - at, 0)
  const isNews = !isSame || 'problem' in core.state
  enter(core, event, isNews ? { status: 'signedIn', user } : core.state)
  if (known && !isSame && event === 'refreshed') enter(core, 'userChanged')
  core.schedule?.()
}

/** The default of the option `user`: the claims without those of the token, and `id`. */
function userOf(claims: Claims): Claims {
  const { exp, iat, nbf, jti, token_type, gen, sid, cnf, ...own } = claims
  return { ...own, id: String(own.user_id ?? own.sub ?? own.id ?? '') }
}

/** Ends the session in this client. */
export function clear<U>(core: Core<U>, reason?: SignedOutReason | false): void {
  core.session = undefined
  core.isUnsure = false
  startEpoch(core)
  enter(core, 'signedOut', { status: 'signedOut', ...(reason && { reason }) })
}

/** Drops the answers to earlier requests. */
export function startEpoch<U>(core: Core<U>): void {
  core.epoch = {}
  core.round?.abort()
  core.refreshing = undefined
  core.refreshedAt = core.quietUntil = Number.NEGATIVE_INFINITY
  core.pausedUntil = core.failures = 0
  core.stopWaiting?.()
  core.schedule?.()
}

/** Seconds until the access token expires; infinite if that is not known. */
export function secondsLeft<U>({ session, clock, issuedAt = 0 }: Core<U>): number {
  const { exp = Number.POSITIVE_INFINITY, iat = 0 } = recordOf(session?.claims)
  // Of its age, because the clock of the device may be wrong.
  return Number(exp) - Number(iat) - (clock.now() - issuedAt) / 1000
}
