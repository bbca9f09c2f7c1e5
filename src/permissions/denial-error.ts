import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Denied } from './decision.ts'

/**
 * The refusal that follows from a no (specification 6.1): whoever has not signed in is asked to, and is not told the
 * permission's own sentence.
 */
export function denialError(
  { because, says, as }: Denied,
  identity: object | undefined,
  request: AuthRequest,
): AuthError {
  if (as === 'not_found') return new AuthError('not_found', because)
  if (as === 'method_not_allowed') {
    return new AuthError('method_not_allowed', because, {
      detail: `Method "${request.method}" not allowed.`,
    })
  }
  if (identity === undefined) return new AuthError('not_authenticated', because)
  return new AuthError(
    'permission_denied',
    because,
    says === undefined ? {} : { detail: says },
  )
}
