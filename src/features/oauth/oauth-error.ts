import { AuthError, type ErrorCode } from '../../base/errors.ts'
import { isAboutProof } from '../../proofs/binding.ts'

/** The `error` of an answer, by the code of the error; others are `invalid_request` (RFC 6749 §5.2). */
const NAMES: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_grant',
  unauthorized_client: 'unauthorized_client',
  unsupported_grant_type: 'unsupported_grant_type',
  unsupported_token_type: 'unsupported_token_type',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
  invalid_redirect_uri: 'invalid_redirect_uri',
  invalid_client_metadata: 'invalid_client_metadata',
  // Of a registration, whose tokens are presented as Bearer (RFC 6750 §3.1).
  not_authenticated: 'invalid_token',
  authorization_pending: 'authorization_pending',
  slow_down: 'slow_down',
  access_denied: 'access_denied',
  expired_token: 'expired_token',
  insufficient_scope: 'insufficient_scope',
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
  throttled: 'temporarily_unavailable',
  busy: 'temporarily_unavailable',
  store_unavailable: 'temporarily_unavailable',
  keys_unavailable: 'temporarily_unavailable',
  temporarily_unavailable: 'temporarily_unavailable',
  server_error: 'server_error',
  invalid_config: 'server_error',
}

/** The same error with the body of RFC 6749. */
export function oauthError(error: AuthError): AuthError {
  const { code, message, retryAfter, headers, challenges, cause } = error
  const body = {
    error: NAMES[code] ?? 'invalid_request',
    error_description: descriptionOf(error),
  }
  // RFC 9449 §5 has 400 at these endpoints.
  return new AuthError(isAboutProof(error) ? 'invalid_request' : code, message, {
    body,
    headers,
    cause,
    ...(retryAfter !== undefined && { retryAfter }),
    ...challengesFor(code, challenges),
  })
}

/** An answer 401 names the scheme that a client can use (RFC 6749 §5.2). */
function challengesFor(code: ErrorCode, challenges: readonly string[] | undefined) {
  if (code === 'invalid_client') return { challenges: [BASIC] }
  return { ...(challenges !== undefined && { challenges }) }
}

const BASIC = 'Basic realm="oauth"'

/** Printable ASCII without quotation marks and backslashes (RFC 6749 §5.2). */
const descriptionOf = ({ detail }: AuthError): string =>
  detail.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")

export const invalidRequest = (detail: string): AuthError =>
  new AuthError('invalid_request', undefined, { detail })
