import { AuthError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import type { RevokeReason, Session, SessionId } from '../sessions/session.ts'
import { sessionNamedBy, type TokenType } from './claims.ts'
import { adopt, refuseEnded, refuseWrongType, sessionOf } from './session-of-token.ts'
import type { TokenDeps } from './token-settings.ts'
import { requireJti, userIdIn } from './user-of-token.ts'

/**
 * Judges a token of any type (specification 1.5). No user is looked up, so what ended with its user verifies; that somebody
 * signed out, or that the token was spent, is told wherever there is a store (D3).
 *
 * @throws AuthError of specification 1.2 without rows 16 and 17; `revoked`
 */
export async function verifyAny(token: string, deps: TokenDeps): Promise<void> {
  const { terms, sessions } = deps
  const claims = await deps.verify(token)
  const jti = requireJti(claims, terms)
  if (
    sessions === undefined ||
    (terms.verifyIgnoresBlacklist && !terms.blacklistAfterRotation)
  )
    return
  const named = sessionNamedBy(claims)
  if (named === undefined && !terms.adoptForeign) return
  const id = named?.id ?? sessionOf(claims, jti, deps)!.id
  const state = await sessions.find(id)
  if (state === undefined) return
  if (isSaidOfTheToken(state.session.endReason) || isSpent(claims, state.session, deps))
    throw new AuthError('revoked')
}

const isSaidOfTheToken = (reason: RevokeReason | undefined): boolean =>
  reason === 'logout' || reason === 'reuse' || reason === 'admin'

/** Whether a refresh token's generation is over: its successor is the one that counts now. */
const isSpent = (claims: Claims, session: Session, { terms }: TokenDeps): boolean =>
  terms.rotate &&
  terms.blacklistAfterRotation &&
  claims[terms.typeClaim] === 'refresh' &&
  claims[terms.jtiClaim] !== session.jti

/**
 * Signs out: ends the session of a refresh or sliding token, and with it every token of that sign-in. No user is looked up
 * (specification 1.6).
 *
 * @returns which session ended, and whose it was
 * @throws AuthError of specification 1.2; `revoked` where it had ended
 */
export async function blacklist(
  token: string,
  type: Exclude<TokenType, 'access'>,
  deps: TokenDeps,
): Promise<{ readonly sessionId: SessionId; readonly userId: string | undefined }> {
  const claims = await deps.verify(token)
  const now = deps.clock()
  const jti = requireJti(claims, deps.terms)
  await refuseWrongType(claims, type, now, deps)
  const presented = sessionOf(claims, jti, deps)
  if (presented === undefined)
    throw new AuthError('invalid_config', 'signing out needs a store of sessions (D4)')
  if (presented.foreign) await adopt(presented, claims, undefined, now, deps)
  const ended = await deps.sessions!.revoke(presented.id, 'logout', now)
  if (ended) return { sessionId: presented.id, userId: userIdIn(claims, deps.terms) }
  await refuseEnded(presented, now, deps)
  throw new AuthError('revoked')
}
