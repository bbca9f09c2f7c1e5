import { Refusal } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Denied } from './decision.ts'

/**
 * The refusal that follows from a no (specification 6.1): whoever has not signed in is asked to, and is not told the
 * permission's own sentence.
 */
export function refusalOf({ because, says, as }: Denied, identity: object | undefined, request: AuthRequest): Refusal {
  if (as === 'not_found') return new Refusal('not_found', because)
  if (as === 'method_not_allowed') {
    return new Refusal('method_not_allowed', because, { detail: `Method "${request.method}" not allowed.` })
  }
  if (identity === undefined) return new Refusal('not_authenticated', because)
  return new Refusal('permission_denied', because, says === undefined ? {} : { detail: says })
}
