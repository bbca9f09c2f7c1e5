import { AuthError, configError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import { foreignSessionId } from '../sessions/foreign-session-id.ts'
import type { RevokeReason, SessionId, StoredSession } from '../sessions/session.ts'
import { sessionNamedBy, type TokenType } from './claims.ts'
import { adopt, refuseWrongType, requireLive, sessionOf } from './session-of-token.ts'
import type { TokenDeps } from './token-settings.ts'
import { requireJti, userIdOf } from './user-of-token.ts'

/**
 * Verifies a token of any type. The user is not looked up, so tokens of a deleted user verify. Tokens that were signed out
 * or spent do not, unless `tokens.sessions` is false (D3).
 *
 * @throws AuthError the token's own fault; `revoked`
 */
export async function verifyAny(token: string, deps: TokenDeps): Promise<void> {
  const { settings, sessions } = deps
  const claims = await deps.verify(token)
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

/**
 * Signs out: revokes the session of a refresh or sliding token, and with it all tokens of that sign-in. The user is not
 * looked up.
 *
 * @returns the session and its user
 * @throws AuthError the token's own fault; `revoked` if the session had ended
 */
export async function blacklist(
  token: string,
  type: Exclude<TokenType, 'access'>,
  deps: TokenDeps,
): Promise<{ readonly sessionId: SessionId; readonly userId: string | undefined }> {
  const claims = await deps.verify(token)
  const now = deps.clock()
  const jti = requireJti(claims, deps.settings)
  await refuseWrongType(claims, type, now, deps)
  const presented = sessionOf(claims, jti, deps)
  if (presented === undefined)
    throw configError(
      'Signing out needs sessions. Set the option "tokens.sessions" to true.',
    )
  if (presented.foreign) await adopt(presented, claims, undefined, now, deps)
  const ended = await presented.sessions.revoke(presented.id, 'logout', now)
  if (ended) return { sessionId: presented.id, userId: await userIdOf(claims, deps) }
  await requireLive(presented, now, deps)
  throw new AuthError('revoked')
}
