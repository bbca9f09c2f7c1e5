import type { ErrorCode } from '../base/errors.ts'
import type { Claims } from './json.ts'

/** Octets of the longest subject (OpenID Connect Core 1.0 §2). */
const SUBJECT = 255

/**
 * What an ID token must say beyond what every token must, to its client `audience` who sent `nonce` (OpenID Connect Core 1.0
 * §3.1.3.7). Pure.
 *
 * @returns the first fault, or `undefined`
 */
export function idTokenFault(
  claims: Claims,
  { audience, nonce }: { readonly audience: string; readonly nonce: string },
): ErrorCode | undefined {
  const { aud, azp, sub } = claims
  if ('token_type' in claims) return 'wrong_type'
  if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== audience)
    return 'invalid_claim'
  if (!nonce || claims.nonce !== nonce) return 'invalid_claim'
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT)
    return 'invalid_claim'
  return typeof claims.iat === 'number' ? undefined : 'invalid_claim'
}
