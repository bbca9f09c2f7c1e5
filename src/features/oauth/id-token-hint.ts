import { days } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { type Claims, verifier } from '../../jwt/index.ts'
import type { Core } from '../core.ts'
import { issuerOf } from './issuer.ts'
import { invalidRequest } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'

/**
 * The claims of `id_token_hint`. An ID token is good as a hint after it has expired (OpenID Connect RP-Initiated Logout 1.0 §2), for as
 * long as its key verifies.
 *
 * @throws AuthError `invalid_request`
 */
export function hintedClaims(parameters: Parameters, core: Core): Claims | undefined {
  const hint = parameters.get('id_token_hint')
  if (hint === undefined) return undefined
  try {
    return idTokenClaims(hint, core)
  } catch (error) {
    if (!(error instanceof AuthError) || error.status !== 401) throw error
    throw invalidRequest(
      'The ID Token is expired, revoked, malformed, or otherwise invalid.',
    )
  }
}

/** @throws AuthError `wrong_type` for a token of another kind */
function idTokenClaims(token: string, { keys, clock, ...core }: Core): Claims {
  const { verify } = verifier({
    keys: keys.verifying,
    clock,
    issuer: issuerOf(core),
    leeway: days(366),
    types: ['jwt'],
  })
  // The keys of the instance itself are in memory.
  const claims = verify(token) as Claims
  const isIdToken = typeof claims.azp === 'string' && claims.azp === claims.aud
  if (!isIdToken || core.tokens.settings.typeClaim in claims)
    throw new AuthError('wrong_type')
  return claims
}
