import type { IncomingMessage, ServerResponse } from 'node:http'
import { METHODS } from '../http/endpoint.ts'

/** Sets the CORS headers of a response. @returns whether the request is a preflight, which has no other answer */
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
    const { origin = '' } = request.headers
    // Also without an Origin: a cache must not give that answer to a page.
    response.setHeader('Vary', 'Origin')
    const isPreflight = isPreflightOf(request)
    if (!listed.has(origin)) return isPreflight
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeaders(ALLOWED)
    if (isPreflight) response.setHeaders(preflightHeaders(request))
    return isPreflight
  }
}

/** Answers a preflight whose headers are set. */
export const answerPreflight = (response: ServerResponse): void =>
  void response.writeHead(204).end()

const ALLOWED = new Headers({
  'Access-Control-Allow-Credentials': 'true',
  // `Date`: clients compare their clock with the server's.
  'Access-Control-Expose-Headers': 'Date, Retry-After, WWW-Authenticate, X-Request-Id',
})

const isPreflightOf = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined

/** The page is trusted, so it may send any header: tracing libraries add some of their own. */
const preflightHeaders = ({ headers }: IncomingMessage): Headers =>
  new Headers({
    'Access-Control-Allow-Methods': METHODS.join(', '),
    'Access-Control-Allow-Headers': headers['access-control-request-headers'] ?? '',
    'Access-Control-Max-Age': MAX_AGE,
    Vary: 'Origin, Access-Control-Request-Headers',
  })

/** Seconds; Chromium keeps a preflight no longer. */
const MAX_AGE = '7200'
