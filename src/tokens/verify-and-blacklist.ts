import type { UnixSeconds } from '../base/clock.ts'
import { AuthError, configError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { RevokeReason, SessionId, StoredSession } from '../sessions/session.ts'
import { sessionNamedBy, type TokenType } from './claims.ts'
import {
  adopt,
  type PresentedToken,
  refuseWrongType,
  requireLive,
  sessionOf,
} from './session-of-token.ts'
import type { TokenDeps } from './token-settings.ts'
import { refuseApplications, requireJti, typeFault, userIdOf } from './user-of-token.ts'

/**
 * Verifies a token of any type. The user is not looked up, so tokens of a deleted user verify. Tokens that were signed out
 * or spent do not, unless `tokens.sessions` is false (D3).
 *
 * @throws AuthError the token's own fault; `revoked`
 */
export async function verifyAny(token: string, deps: TokenDeps): Promise<void> {
  const { settings, sessions } = deps
  const claims = await deps.verify(token)
  refuseApplications(claims)
  const jti = requireJti(claims, settings)
  if (
    sessions === undefined ||
    (settings.verifyIgnoresBlacklist && !settings.blacklistAfterRotation)
  )
    return
  const named = sessionNamedBy(claims)
  if (named === undefined && !settings.adoptForeign) return
  const id = named?.id ?? foreignSessionId(jti)
  const session = (await sessions.find(id))?.session
  if (session === undefined) return
  if (isRevoked(session.revokeReason) || isSpent(claims, session, deps))
    throw new AuthError('revoked')
}

/** Reasons that concern the user, such as a changed password, are not checked here. */
const isRevoked = (reason: RevokeReason | undefined): boolean =>
  reason === 'logout' || reason === 'reuse' || reason === 'admin'

/** Whether a refresh token has a successor. */
const isSpent = (
  claims: Claims,
  session: StoredSession,
  { settings }: TokenDeps,
): boolean =>
  settings.rotate &&
  settings.blacklistAfterRotation &&
  claims[settings.typeClaim] === 'refresh' &&
  claims[settings.jtiClaim] !== session.jti

/** The session that a sign-out has revoked. */
export interface Revoked {
  readonly sessionId: SessionId
  /** Its user. `undefined`: another user has the id since. */
  readonly userId: string | undefined
}

/**
 * Signs out: revokes the session of a refresh or sliding token, and with it all tokens of that sign-in. The user is not
 * looked up.
 *
 * @throws AuthError the token's own fault; `revoked` if the session had ended
 */
export async function blacklist(
  token: string,
  type: Exclude<TokenType, 'access'>,
  deps: TokenDeps,
): Promise<Revoked> {
  const claims = await deps.verify(token)
  refuseApplications(claims)
  const now = deps.clock()
  const jti = requireJti(claims, deps.settings)
  await refuseWrongType(claims, type, now, deps)
  const presented = sessionOf(claims, jti, deps)
  if (presented === undefined) throw needsSessions()
  if (presented.foreign) await adopt(presented, claims, undefined, now, deps)
  return revoke(presented, claims, now, deps)
}

/**
 * Signs out by an access token of the session, which may have expired: a client that no longer has its refresh token can
 * still sign out.
 *
 * @throws AuthError as `blacklist`; `wrong_type` for any other token; `malformed` if it names no session
 */
export async function blacklistByAccess(
  token: string,
  deps: TokenDeps,
): Promise<Revoked> {
  const { sessions, settings } = deps
  const claims = await deps.verifyExpired(token)
  // Each service that an application sends its token to could end its session.
  refuseApplications(claims)
  const fault = typeFault(claims, 'access', settings)
  if (fault !== undefined) throw fault
  if (sessions === undefined) throw needsSessions()
  const named = sessionNamedBy(claims)
  if (named === undefined)
    throw new AuthError('malformed', 'the access token names no session')
  const presented = {
    ...named,
    jti: requireJti(claims, settings),
    foreign: false,
    sessions,
  }
  return revoke(presented, claims, deps.clock(), deps)
}

export const SIGN_OUT_NEEDS_SESSIONS =
  'tokens.sessions must be true for sign-out: set it to true, or leave endpoints.blacklist out.'

const needsSessions = (): AuthError => configError(SIGN_OUT_NEEDS_SESSIONS)

async function revoke(
  presented: PresentedToken,
  claims: Claims,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<Revoked> {
  // Before the session is revoked: that must not fail once it is.
  const userId = await ownerOf(presented, claims, deps)
  const ended = await presented.sessions.revoke(presented.id, 'logout', now)
  if (ended) return { sessionId: presented.id, userId }
  await requireLive(presented, now, deps)
  throw new AuthError('revoked')
}

/** A session that is older than the user with its user's id was of a deleted user. */
async function ownerOf(
  { id, foreign, sessions }: PresentedToken,
  claims: Claims,
  deps: TokenDeps,
): Promise<string | undefined> {
  const session = foreign ? undefined : (await sessions.find(id))?.session
  if (session?.userId === undefined) return userIdOf(claims, deps)
  const current = (await deps.users.read('id', session.userId))?.user
  const isOlder = current !== undefined && session.createdAt < current.joinedAt
  if (isOlder) return undefined
  return session.userId
}
