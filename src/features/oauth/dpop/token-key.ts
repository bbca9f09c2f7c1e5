import { AuthError } from '../../../base/errors.ts'
import type { AuthRequest, Header } from '../../../http/request.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'

/** The key that the tokens of a request are bound to. */
export interface TokenKey {
  /** Its thumbprint; `undefined`: to none. */
  readonly jkt: string | undefined
  /** The headers of the answer. */
  readonly headers: readonly Header[]
}

const NONE: TokenKey = { jkt: undefined, headers: [] }

/**
 * The key of which a request has a proof (RFC 9449 §5).
 *
 * @throws AuthError `invalid_dpop_proof`, also if the application needs a proof and there is none; `use_dpop_nonce`
 */
export async function tokenKeyOf(
  request: AuthRequest,
  client: StoredClient,
  core: Core,
): Promise<TokenKey> {
  const isSent = request.header('dpop') !== undefined
  if (!isSent && !client.dpopBoundAccessTokens) return NONE
  const dpop = await core.tokens.dpop()
  const jkt = await dpop.check(request)
  return { jkt, headers: dpop.nonceHeaders() }
}

/**
 * Requires the key that a code or a refresh token is bound to (RFC 9449 §5, §10).
 *
 * @param bound `undefined`: to none
 * @throws AuthError `invalid_dpop_proof` without a proof, `invalid_grant` for one of another key
 */
export function requireSameKey(bound: string | undefined, jkt: string | undefined): void {
  if (bound === undefined || bound === jkt) return
  if (jkt === undefined) throw new AuthError('invalid_dpop_proof')
  throw new AuthError('invalid_grant', 'the DPoP proof is of another key')
}
