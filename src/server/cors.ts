import type { IncomingMessage, ServerResponse } from 'node:http'
import { METHODS } from '../http/endpoint.ts'
import { isPreflight } from '../http/preflight.ts'

/**
 * Sets the CORS headers of a response.
 *
 * @returns `true` for a preflight: answer it with `answerPreflight`
 */
export type Cors = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Lets pages of these origins read every answer (Fetch §3.3). The headers are set before a request is routed, because a browser
 * hides an error without them from the page.
 *
 * @param origins as browsers write them
 */
export function corsFor(origins: readonly string[]): Cors {
  const listed = new Set(origins)
  return (request, response) => {
    const { method, headers } = request
    const { origin = '' } = headers
    // Set without an Origin too: otherwise a cache could serve this response to a page.
    response.setHeader('Vary', 'Origin')
    const preflight = isPreflight({ method, header: (name) => headers[name] })
    if (!listed.has(origin)) return preflight
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeaders(ALLOWED)
    if (preflight) response.setHeaders(preflightHeaders(request))
    return preflight
  }
}

/** Answers a preflight whose headers are set. */
export const answerPreflight = (response: ServerResponse): void =>
  void response.writeHead(204).end()

const ALLOWED = new Map([
  ['Access-Control-Allow-Credentials', 'true'],
  // `Date`: clients compare their clock with the server's.
  [
    'Access-Control-Expose-Headers',
    'Date, Retry-After, WWW-Authenticate, DPoP-Nonce, X-Request-Id',
  ],
])

/** Any request header is allowed: listed pages are trusted, and tracing libraries add headers of their own. */
const preflightHeaders = ({ headers }: IncomingMessage): Map<string, string> =>
  new Map([
    ['Access-Control-Allow-Methods', METHODS.join(', ')],
    ['Access-Control-Allow-Headers', headers['access-control-request-headers'] ?? ''],
    ['Access-Control-Max-Age', MAX_AGE],
    ['Vary', 'Origin, Access-Control-Request-Headers'],
  ])

/** Seconds; Chromium keeps a preflight no longer. */
const MAX_AGE = '7200'
