import { after, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type { CheckedSignIn } from '../sessions/checked-sign-in.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { Granted, RefreshClaims, RotationOutcome } from '../sessions/rotate.ts'
import type {
  NewSession,
  RevokeReason,
  SessionId,
  StoredSession,
} from '../sessions/session.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import { usernameKey } from '../users/names.ts'
import type { Account, StoredUser } from '../users/user.ts'
import { sessionNamedBy, type TokenType } from './claims.ts'
import { isAllowed, type TokenDeps } from './token-settings.ts'
import { accountOf, hasType, passwordChanged, typeError } from './user-of-token.ts'

/** A refresh or sliding token, and where its session is kept. */
export interface PresentedToken extends RefreshClaims {
  /** Another issuer signed it with our key: its session has no row until it is first written. */
  readonly foreign: boolean
  readonly sessions: SessionManager
}

const NO_SESSION = 'the store has no session of this token'

/**
 * The session of a sign-in, to be inserted once its tokens are signed: a sign-in that fails leaves no session.
 *
 * @param expiresAt its end, which no refresh moves
 * @returns `undefined` if `tokens.sessions` is false
 */
export function newSession(
  { account: { user }, origin, jkt }: CheckedSignIn,
  expiresAt: UnixSeconds,
  now: UnixSeconds,
  { sessions, settings, random }: TokenDeps,
): StoredSession | undefined {
  if (sessions === undefined) return undefined
  return {
    id: hexId(random) as SessionId,
    userId: user.id,
    jti: hexId(random),
    createdAt: now,
    expiresAt,
    idleExpiresAt: Math.min(after(now, settings.refresh), expiresAt) as UnixSeconds,
    epoch: user.epoch,
    generation: 0,
    previousJti: undefined,
    lostAnswers: 0,
    spentAt: undefined,
    rotatedAt: undefined,
    lastUsedAt: undefined,
    revokedAt: undefined,
    revokeReason: undefined,
    jkt,
    clientId: undefined,
    scopes: [],
    resource: [],
    ...origin,
  }
}

/**
 * Inserts the session of a sign-in.
 *
 * @throws AuthError `no_active_account` if the user was changed, deactivated or deleted since it was read
 */
export async function openSession(
  session: StoredSession | undefined,
  { account: { user }, origin }: CheckedSignIn,
  deps: TokenDeps,
): Promise<void> {
  if (deps.sessions === undefined || session === undefined)
    return requireUnchanged(user, deps)
  const { id, userId, jti, createdAt, expiresAt, idleExpiresAt, epoch, jkt } = session
  const fresh: NewSession = {
    id,
    userId,
    jti,
    createdAt,
    expiresAt,
    idleExpiresAt,
    epoch,
    origin,
    jkt,
  }
  await deps.sessions.open(fresh)
}

/**
 * Without stored sessions, no conditional insert checks the user: it is read again after the password was hashed, as
 * committed, since a cache may not have another process's change yet.
 */
async function requireUnchanged(
  { id, username, epoch }: StoredUser,
  { users, settings }: TokenDeps,
): Promise<void> {
  const current = await users.findByKey('username', usernameKey(username))
  const isSame = current?.id === id && current.epoch === epoch
  if (!isSame || !isAllowed(current, settings))
    throw new AuthError('no_active_account', 'the user was changed during the sign-in')
}

/**
 * Reads which session a token belongs to.
 *
 * @returns `undefined` if `tokens.sessions` is false
 * @throws AuthError `malformed` if the token names no session, unless `tokens.adoptForeign` is on
 */
export function sessionOf(
  claims: Claims,
  jti: string,
  { sessions, settings }: TokenDeps,
): PresentedToken | undefined {
  if (sessions === undefined) return undefined
  const named = sessionNamedBy(claims)
  // The successor of a foreign token that was not spent names its session, but that has no row either.
  const isFromForeign =
    settings.adoptForeign &&
    claims[settings.typeClaim] === 'refresh' &&
    claims.gen === undefined
  if (named !== undefined && !isFromForeign)
    return { ...named, jti, foreign: false, sessions }
  if (!settings.adoptForeign)
    throw new AuthError('malformed', 'the token names no session')
  const id = named?.id ?? foreignSessionId(jti)
  return { id, generation: 0, jti, foreign: true, sessions }
}

/** The end of the year 9999: a foreign issuer's `exp` may be larger than the store's columns hold. */
const LAST_MOMENT = 253_402_300_799

/** Inserts the session of a foreign token, unless the store has it already. */
export function adopt(
  { id, jti, sessions }: PresentedToken,
  claims: Claims,
  account: Account | undefined,
  now: UnixSeconds,
  { settings }: TokenDeps,
): Promise<void> {
  // The session lasts as long as any token with this jti can be valid (D7).
  const ends = settings.kinds.map((kind) => kind.endOf(claims))
  const end = Math.max(Number(claims.exp), ...ends)
  const expiresAt = Math.min(end, LAST_MOMENT) as UnixSeconds
  return sessions.adopt({
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
 * Requires that the session of a token is live, by the committed state of the store.
 *
 * @returns the live session; `undefined` if a foreign token's has no row yet
 * @throws AuthError `revoked`, `expired`, `account_gone`, `password_changed`; `malformed` if a token of this instance has no row
 */
export async function requireLive(
  presented: PresentedToken,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<StoredSession | undefined> {
  const state = await presented.sessions.find(presented.id)
  if (state === undefined) {
    if (presented.foreign) return undefined
    throw new AuthError('malformed', NO_SESSION)
  }
  const { session, user } = state
  if (session.revokeReason !== undefined) throw revokedError(session.revokeReason, deps)
  if (now >= session.expiresAt + deps.settings.leeway) throw new AuthError('expired')
  if (
    deps.settings.checkRevoke === 'session' &&
    user !== undefined &&
    user.epoch !== session.epoch
  )
    throw passwordChanged()
  return session
}

/** As in Simple JWT, a token of the wrong type that is blacklisted is answered with "blacklisted". */
export async function refuseWrongType(
  claims: Claims,
  type: TokenType,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<void> {
  if (hasType(claims, type, deps.settings)) return
  const { jtiClaim, typeClaim } = deps.settings
  const jti = claims[jtiClaim]
  if (typeof jti === 'string' && claims[typeClaim] !== 'access') {
    const presented = sessionOf(claims, jti, deps)
    if (presented !== undefined) await requireLive(presented, now, deps)
  }
  throw typeError(claims, deps.settings)
}

/**
 * Reads the account of a token to be exchanged. If its revoke claim is outdated, or its user is deleted or inactive, its
 * session is revoked before the error is thrown.
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
      await revokeFor(error, presented, claims, now, deps)
    throw error
  }
}

async function revokeFor(
  { code }: AuthError,
  presented: PresentedToken,
  claims: Claims,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<void> {
  const { id, sessions, foreign } = presented
  if (code === 'password_changed') {
    if (foreign) await adopt(presented, claims, undefined, now, deps)
    await sessions.revoke(id, 'password', now)
  }
  if (code !== 'account_gone') return
  const state = await sessions.find(id)
  if (state?.session.userId === undefined) return
  if (state.user === undefined) await sessions.revoke(id, 'deleted', now)
  else if (deps.settings.checkActive && !state.user.active)
    await sessions.revoke(id, 'inactive', now)
}

/** The error of a rotation that did not happen. */
export function errorForOutcome(
  outcome: Exclude<RotationOutcome, Granted>,
  deps: TokenDeps,
): AuthError {
  switch (outcome.kind) {
    case 'unknown':
      return new AuthError('malformed', NO_SESSION)
    case 'ahead':
      return new AuthError('malformed', 'the session has not issued this refresh token')
    case 'expired':
      return new AuthError('expired')
    case 'user':
    case 'revoked':
      return revokedError(outcome.reason, deps)
    case 'reused':
      return new AuthError('revoked', 'a spent refresh token came back')
  }
}

/** The error of a token whose session was revoked for this reason. */
function revokedError(reason: RevokeReason, { settings }: TokenDeps): AuthError {
  switch (reason) {
    case 'inactive':
    case 'deleted':
      return new AuthError('account_gone')
    case 'password':
      if (settings.checkRevoke === 'session') return passwordChanged()
      return new AuthError('revoked')
    default:
      return new AuthError('revoked')
  }
}
