import { parseMediaType } from './media-type.ts'
import { queryValues } from './query.ts'
import type { AuthRequest } from './request.ts'

/**
 * What a request for a browsable route wants: the page about it, the description of it that the page's script reads, or what the
 * handler answers.
 */
export type Wanted = 'page' | 'route' | 'resource'

/** The media type of a route's description. */
export const ROUTE_TYPE = 'application/vnd.watchword.route+json'

/**
 * Only a document gets the page: a navigation of a browser, or a request that names `text/html` and is no script's. Never throws.
 *
 * `q` is read, unlike in the negotiation of endpoints: `text/html;q=0` must not be answered with HTML.
 */
export function wantedBy(request: AuthRequest): Wanted {
  const { method } = request
  if (method !== 'GET' && method !== 'HEAD') return 'resource'
  const accept = request.header('accept')
  if (accept === ROUTE_TYPE && method === 'HEAD') return 'resource'
  if (accept === ROUTE_TYPE) return 'route'
  if (!wantsHtml(request.url, accept)) return 'resource'
  if (isDocument(request)) return 'page'
  return 'resource'
}

const HTML_FORMATS = ['api', 'html']

function wantsHtml(url: string, accept: string | undefined): boolean {
  const format = url.includes('format=') ? queryValues(url, 'format').at(-1) : ''
  if (format) return HTML_FORMATS.includes(format)
  if (accept === undefined || accept.length > LONGEST_ACCEPT) return false
  if (!/text\/html/i.test(accept)) return false
  const ranges = accept.split(',', MAX_RANGES).map(parseMediaType)
  const html = qualityOf('text/html', ranges)
  return html > 0 && html > qualityOf('application/json', ranges)
}

/** Browsers send less than 200 characters. */
const LONGEST_ACCEPT = 2_048
const MAX_RANGES = 100

/** @returns 0 if no range has this very type */
function qualityOf(
  type: string,
  ranges: readonly ReturnType<typeof parseMediaType>[],
): number {
  const range = ranges.find((each) => each.type === type)
  if (range === undefined) return 0
  const quality = Number(range.parameters.get('q') ?? 1)
  if (quality > 0 && quality <= 1) return quality
  return 0
}

function isDocument(request: AuthRequest): boolean {
  const dest = request.header('sec-fetch-dest')
  const isNavigation = request.header('sec-fetch-mode') === 'navigate'
  if (dest !== undefined && !(dest === 'document' && isNavigation)) return false
  if (UNFIT.some((name) => request.header(name) !== undefined)) return false
  // Browsers repeat `Basic` credentials at navigations; else it is a program. Several such headers are the guard's to refuse.
  return isNavigation || !hasAuthorization(request)
}

const UNFIT = ['range', 'x-requested-with']

function hasAuthorization(request: AuthRequest): boolean {
  try {
    return request.header('authorization') !== undefined
  } catch {
    return true
  }
}
