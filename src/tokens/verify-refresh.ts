import { AuthError, ERRORS } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import { type PresentedToken, sessionOf } from './session-of-token.ts'
import { spendsTokens, type TokenDeps } from './token-settings.ts'
import { hasType, requireJti } from './user-of-token.ts'

/**
 * Verifies a token to be exchanged. If it has expired and was spent, its session is revoked before the error is thrown: the
 * unused successor of a lost answer may be presented for the first time after its expiry.
 *
 * @throws AuthError the token's own fault; `store_unavailable`
 */
export async function verifyRefresh(token: string, deps: TokenDeps): Promise<Claims> {
  try {
    return await deps.verifyOnce(token)
  } catch (error) {
    // A verifier checks the times only after the signature: nothing is read for a forged token.
    if (error instanceof AuthError && error.code === 'expired')
      await revokeIfSpent(token, deps)
    throw error
  }
}

async function revokeIfSpent(token: string, deps: TokenDeps): Promise<void> {
  if (!spendsTokens(deps.settings)) return
  const presented = await expiredRefreshToken(token, deps)
  await presented?.sessions.judgeExpired(presented, deps.clock())
}

/** @returns `undefined` if the token has another fault as well */
async function expiredRefreshToken(
  token: string,
  deps: TokenDeps,
): Promise<PresentedToken | undefined> {
  try {
    const claims = await deps.verifyExpired(token)
    if (!hasType(claims, 'refresh', deps.settings)) return undefined
    return sessionOf(claims, requireJti(claims, deps.settings), deps)
  } catch (error) {
    if (error instanceof AuthError && ERRORS[error.code].status === 401) return undefined
    throw error
  }
}
