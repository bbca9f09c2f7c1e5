import { parseMediaType } from '../../http/media-type.ts'
import { queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import { type Form, formOf, readForm } from '../../pages/form.ts'
import { invalidRequest } from './oauth-error.ts'

/** The parameters of a request to an endpoint for applications. */
export interface Parameters {
  /** The value; `undefined` if it is missing or empty, which are the same (RFC 6749 §3.1). */
  get(name: string): string | undefined
  /** @throws AuthError `invalid_request` if it is missing */
  require(name: string): string
  /** The services that the tokens should be for; may be repeated (RFC 8707 §2). */
  readonly resource: readonly string[]
  /** The same by name, of a token exchange; may be repeated (RFC 8693 §2.1). */
  readonly audience: readonly string[]
  /** All of them, as the query of an address. */
  query(): string
}

/**
 * Reads the body, which is a form.
 *
 * @throws AuthError `invalid_request` if it is none, a parameter is repeated, or the address has parameters: they would stand in logs
 */
export async function readParameters(request: AuthRequest): Promise<Parameters> {
  if (request.url.includes('?'))
    throw invalidRequest('URL query parameters are not allowed')
  const { type } = parseMediaType(request.header('content-type') ?? '')
  if (type !== 'application/x-www-form-urlencoded')
    throw invalidRequest('The body must be application/x-www-form-urlencoded.')
  return parametersOf(await readForm(request))
}

/** The parameters of the address. @throws AuthError `invalid_request` if one is repeated; `parse_error` */
export const queryParameters = (request: AuthRequest): Parameters =>
  parametersOf(formOf(queryOf(request.url)))

const REPEATABLE: readonly string[] = ['resource', 'audience']

export function parametersOf(form: Form): Parameters {
  const [repeated] = form.repeated().filter((name) => !REPEATABLE.includes(name))
  if (repeated !== undefined)
    throw invalidRequest(`Duplicate ${printable(repeated)} parameter.`)
  const get = (name: string): string | undefined => form.exact(name) || undefined
  return {
    get,
    require(name) {
      const value = get(name)
      if (value === undefined) throw invalidRequest(`Missing ${name} parameter.`)
      return value
    },
    resource: form.all('resource').filter(Boolean),
    audience: form.all('audience').filter(Boolean),
    query: form.query,
  }
}

const printable = (name: string): string => name.replace(/[^\w.-]/g, '?').slice(0, 40)
