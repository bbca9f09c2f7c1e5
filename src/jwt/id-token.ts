import type { ErrorCode } from '../base/errors.ts'
import type { Claims } from './json.ts'

/** A subject has at most 255 ASCII characters (OpenID Connect Core 1.0 §2). */
const LONGEST_SUBJECT = 255

/**
 * Checks what an ID token must claim beyond what `verifier` checks (OpenID Connect Core 1.0 §3.1.3.7). Pure.
 *
 * @param expected `audience`: the client's id; `nonce`: the value that the client sent
 * @returns the first fault, or `undefined` if the claims are valid
 */
export function idTokenFault(
  claims: Claims,
  expected: { readonly audience: string; readonly nonce: string },
): ErrorCode | undefined {
  // One of this library's own tokens, which share the issuer's keys.
  if ('token_type' in claims) return 'wrong_type'
  const isValid =
    isAuthorizedParty(claims, expected.audience) &&
    expected.nonce &&
    claims.nonce === expected.nonce &&
    isSubject(claims.sub) &&
    typeof claims.iat === 'number'
  if (isValid) return undefined
  return 'invalid_claim'
}

/** With several audiences, `azp` must name the client. */
function isAuthorizedParty({ aud, azp }: Claims, audience: string): boolean {
  if (azp !== undefined) return azp === audience
  return !Array.isArray(aud) || aud.length < 2
}

const isSubject = (sub: unknown): boolean =>
  typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT
