import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Decision, Denied } from './decision.ts'

/** The permission that denied a request, for explanations. */
export interface Denial {
  readonly permission: object
  readonly decision: Decision
}

const DENIALS = new WeakMap<AuthError, Denial>()

/** @returns `undefined` if no permission has caused the error */
export const denialOf = (error: AuthError): Denial | undefined => DENIALS.get(error)

export function causedBy(denial: Denial, error: AuthError): AuthError {
  DENIALS.set(error, denial)
  return error
}

/** The error of a denied request. Anonymous requests get 401 and the default text, authenticated ones 403. */
export function denialError(
  { reason, detail, as }: Denied,
  identity: { readonly client?: object | undefined } | undefined,
  request: AuthRequest,
): AuthError {
  if (as === 'not_found') return new AuthError('not_found', reason)
  if (as === 'method_not_allowed') {
    return new AuthError('method_not_allowed', reason, {
      detail: `Method "${request.method}" not allowed.`,
    })
  }
  if (identity === undefined) return new AuthError('not_authenticated', reason)
  if (as === 'insufficient_scope' && identity.client !== undefined)
    return new AuthError('insufficient_scope', reason)
  return new AuthError(
    'permission_denied',
    reason,
    detail === undefined ? {} : { detail },
  )
}
