import { AuthError } from '../base/errors.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import type { AuthRequest } from './request.ts'

/** The only type that we answer in; hence no answer varies with `Accept`. */
export const ANSWER_TYPE = 'application/json'

/**
 * How many blanks the answer is indented by, 0 to 8; 0 is no line break either. It is the most particular of the ranges
 * that take JSON which says so, be it all types at once.
 *
 * @throws AuthError `not_found` for another `?format=`; `not_acceptable` where the client takes no JSON (specification 0.4)
 */
export function negotiate(request: AuthRequest): number {
  const query = request.url.indexOf('?')
  const format =
    query === -1
      ? undefined
      : new URLSearchParams(request.url.slice(query)).getAll('format').at(-1)
  if (format !== undefined && format !== '' && format !== 'json')
    throw new AuthError('not_found')

  const accept = request.header('accept')
  if (accept === undefined || accept === '*/*') return 0
  const ranges = accept.split(',').map(parseMediaType).filter(takesJson)
  const [best] = ranges.sort((one, other) => particularity(other) - particularity(one))
  if (best === undefined) throw new AuthError('not_acceptable')
  return blanksOf(best.parameters.get('indent') ?? '')
}

/** As Django REST framework reads a range: each half may be a star. */
function takesJson({ type }: MediaType): boolean {
  const [main, sub] = type.split('/')
  return (main === '*' || main === 'application') && (sub === '*' || sub === 'json')
}

function particularity({ type, parameters }: MediaType): number {
  if (type.startsWith('*/')) return 0
  if (type.endsWith('/*')) return 1
  const isPlain = [...parameters.keys()].every((name) => name === 'q')
  return isPlain ? 2 : 3
}

const blanksOf = (indent: string): number =>
  /^\d+$/.test(indent) ? Math.min(Number(indent), 8) : 0
