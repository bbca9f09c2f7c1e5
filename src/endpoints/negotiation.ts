import { Refusal } from '../base/refusal.ts'
import type { AuthRequest } from '../base/request.ts'
import { parseMediaType } from './media-type.ts'

/** The only type that we answer in; hence no answer varies with `Accept`. */
export const ANSWER_TYPE = 'application/json'

const TAKES_JSON: readonly string[] = [ANSWER_TYPE, 'application/*', '*/*']

/**
 * How many blanks the answer is indented by, 0 to 8; 0 is no line break either.
 *
 * @throws Refusal `not_found` for another `?format=`; `not_acceptable` where the client takes no JSON (specification 0.4)
 */
export function negotiate(request: AuthRequest): number {
  const query = request.url.indexOf('?')
  const format = query === -1 ? undefined : new URLSearchParams(request.url.slice(query)).getAll('format').at(-1)
  if (format !== undefined && format !== '' && format !== 'json') throw new Refusal('not_found')

  const accept = request.header('accept')?.trim() || '*/*'
  const ranges = accept.split(',').map(parseMediaType)
  if (!ranges.some(({ type }) => TAKES_JSON.includes(type))) throw new Refusal('not_acceptable')
  const indent = ranges.find(({ type, parameters }) => type === ANSWER_TYPE && parameters.has('indent'))
  return blanksOf(indent?.parameters.get('indent') ?? '')
}

const blanksOf = (indent: string): number => (/^\d+$/.test(indent) ? Math.min(Number(indent), 8) : 0)
