import { after, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type {
  Presented as PresentedSession,
  RotationOutcome,
} from '../sessions/rotate.ts'
import type { NewSession, RevokeReason, Session, SessionId } from '../sessions/session.ts'
import type { Account, User } from '../users/user.ts'
import { sessionNamedBy, type TokenType } from './claims.ts'
import type { TokenDeps } from './token-settings.ts'
import { accountOf, passwordChanged, typeFault } from './user-of-token.ts'

/** What a refresh or sliding token says of its session. */
export interface PresentedToken extends PresentedSession {
  /** Another issuer signed it with our key: its session has no row before somebody needs one. */
  readonly foreign: boolean
}

/** Writes the row of a sign-in that ends at `expiresAt`, whatever happens. `undefined` where there is no store of sessions. */
export async function openSession(
  user: User,
  expiresAt: UnixSeconds,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<Session | undefined> {
  if (deps.sessions === undefined) return undefined
  const session: NewSession = {
    id: hexId(deps.random) as SessionId,
    userId: user.id,
    jti: hexId(deps.random),
    createdAt: now,
    expiresAt,
    idleExpiresAt: Math.min(after(now, deps.terms.refresh), expiresAt) as UnixSeconds,
    epoch: user.epoch,
  }
  await deps.sessions.open(session)
  return {
    ...session,
    generation: 0,
    previousJti: undefined,
    rotatedAt: undefined,
    endedAt: undefined,
    endReason: undefined,
  }
}

/**
 * The session of a token; `undefined` where there is no store of sessions.
 *
 * @throws AuthError `malformed` where the store never issued the token, unless foreign tokens are taken in
 */
export function sessionOf(
  claims: Claims,
  jti: string,
  { sessions, terms }: TokenDeps,
): PresentedToken | undefined {
  if (sessions === undefined) return undefined
  const named = sessionNamedBy(claims)
  // A foreign token that was exchanged without being spent has a successor that names its session, which has no row either.
  const isFromForeign =
    terms.adoptForeign &&
    claims[terms.typeClaim] === 'refresh' &&
    claims.gen === undefined
  if (named !== undefined && !isFromForeign) return { ...named, jti, foreign: false }
  if (!terms.adoptForeign)
    throw new AuthError('malformed', 'the store never issued this token')
  return { id: named?.id ?? foreignSessionId(jti), generation: 0, jti, foreign: true }
}

/** The end of the year 9999. */
const LAST_MOMENT = 253_402_300_799

/** Gives the session of a foreign token its row, unless it has one. */
export function adopt(
  { id, jti }: PresentedToken,
  claims: Claims,
  account: Account | undefined,
  now: UnixSeconds,
  { sessions, terms }: TokenDeps,
): Promise<void> {
  const exp = Number(claims.exp)
  const refreshExp = Number(claims[terms.slidingRefreshClaim] ?? 0)
  // As long as any token of this jti can live, a sliding one refreshed at the last moment included (D7).
  const longest = Math.max(exp, refreshExp > 0 ? refreshExp + terms.sliding : 0)
  // Whoever signed it may have meant for ever.
  const expiresAt = Math.min(longest, LAST_MOMENT) as UnixSeconds
  return sessions!.adopt({
    id,
    userId: account?.user.id,
    jti,
    createdAt: now,
    expiresAt,
    idleExpiresAt: expiresAt,
    epoch: account?.user.epoch ?? 0,
  })
}

/**
 * Specification 1.2, row 13, with the committed state of the store.
 *
 * @returns the session as it goes on; `undefined` where a foreign token's has no row yet
 * @throws AuthError `revoked`, `account_gone`, `password_changed`; `malformed` where a token of ours has no row
 */
export async function refuseEnded(
  presented: PresentedToken,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<Session | undefined> {
  const state = await deps.sessions!.find(presented.id)
  if (state === undefined) {
    if (presented.foreign) return undefined
    throw new AuthError('malformed', 'the store knows no session of this token')
  }
  const { session, user } = state
  if (session.endReason !== undefined) throw revokedError(session.endReason, deps)
  if (now >= session.expiresAt + deps.terms.leeway) throw new AuthError('expired')
  if (
    deps.terms.checkRevoke === 'session' &&
    user !== undefined &&
    user.epoch !== session.epoch
  )
    throw passwordChanged()
  return session
}

/** Rows 16 and 17, but "blacklisted" is said before them (row 13). */
export async function refuseWrongType(
  claims: Claims,
  type: TokenType,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<void> {
  const fault = typeFault(claims, type, deps.terms)
  if (fault === undefined) return
  const jti = claims[deps.terms.jtiClaim]
  if (
    deps.sessions !== undefined &&
    typeof jti === 'string' &&
    claims[deps.terms.typeClaim] !== 'access'
  ) {
    await refuseEnded(sessionOf(claims, jti, deps)!, now, deps)
  }
  throw fault
}

/**
 * The account that a token is exchanged for. Where its password was changed since, and the claim says so (specification 1.3,
 * row 6), or its user is gone or inactive (T7), its session is ended before the refusal is given.
 */
export async function accountBehind(
  claims: Claims,
  presented: PresentedToken | undefined,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<Account | undefined> {
  try {
    return await accountOf(claims, deps)
  } catch (error) {
    if (presented !== undefined && error instanceof AuthError)
      await endFor(error, presented, claims, now, deps)
    throw error
  }
}

async function endFor(
  { code }: AuthError,
  presented: PresentedToken,
  claims: Claims,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<void> {
  const { sessions, terms } = deps
  if (code === 'password_changed') {
    if (presented.foreign) await adopt(presented, claims, undefined, now, deps)
    await sessions!.revoke(presented.id, 'password', now)
  }
  if (code !== 'account_gone') return
  const state = await sessions!.find(presented.id)
  if (state?.session.userId === undefined) return
  if (state.user === undefined) await sessions!.revoke(presented.id, 'deleted', now)
  else if (terms.checkActive && !state.user.active)
    await sessions!.revoke(presented.id, 'inactive', now)
}

/** What the client is told of a swap that did not come about. */
export function errorForOutcome(
  outcome: Exclude<RotationOutcome, { readonly kind: 'rotated' | 'replayed' }>,
  deps: TokenDeps,
): AuthError {
  switch (outcome.kind) {
    case 'unknown':
    case 'ahead':
      return new AuthError(
        'malformed',
        `the store knows no such refresh token (${outcome.kind})`,
      )
    case 'expired':
      return new AuthError('expired')
    case 'user':
    case 'revoked':
      return revokedError(outcome.reason, deps)
    case 'reused':
      return new AuthError('revoked', 'a spent refresh token came back')
  }
}

/** What is said of a session that ended for this reason. */
function revokedError(reason: RevokeReason, { terms }: TokenDeps): AuthError {
  switch (reason) {
    case 'inactive':
    case 'deleted':
      return new AuthError('account_gone')
    case 'password':
      return terms.checkRevoke === 'session'
        ? passwordChanged()
        : new AuthError('revoked')
    default:
      return new AuthError('revoked')
  }
}
