import {
  type Parameters,
  parametersOf,
  readParameters,
} from '../../features/oauth/parameters.ts'
import { parseMediaType } from '../../http/media-type.ts'
import type { AuthRequest } from '../../http/request.ts'
import { EMPTY_FORM } from '../../pages/form.ts'

/**
 * Reads the body. One that is no form has no parameters, as in the toolkit.
 *
 * @throws AuthError `invalid_request`
 */
export async function toolkitParameters(request: AuthRequest): Promise<Parameters> {
  if (request.url.includes('?') || isForm(request)) return readParameters(request)
  return parametersOf(EMPTY_FORM)
}

function isForm(request: AuthRequest): boolean {
  const { type } = parseMediaType(request.header('content-type') ?? '')
  return type === 'application/x-www-form-urlencoded'
}

/** The same with a scope, if the request names none. */
export function withScope(parameters: Parameters, scope: string | undefined): Parameters {
  const get = (name: string): string | undefined => {
    const value = parameters.get(name)
    return name === 'scope' ? (value ?? scope) : value
  }
  return { ...parameters, get }
}
