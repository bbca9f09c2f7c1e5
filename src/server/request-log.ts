import type { IncomingMessage, ServerResponse } from 'node:http'

/** Writes a line once the response is over. Nothing of a header, a query or a body is in it (L3). */
export function logWhenDone(request: IncomingMessage, response: ServerResponse, log: (line: string) => void): void {
  const began = performance.now()
  response.once('close', () => {
    const outcome = response.writableFinished ? response.statusCode : 'broken off'
    log(`${request.method} ${pathForLog(request.url ?? '')} ${outcome} ${Math.round(performance.now() - began)} ms`)
  })
}

/**
 * The path without its query, in printable ASCII. A segment too long for a name is left out: it may be a token that
 * somebody put there.
 */
export function pathForLog(url: string): string {
  const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const short = path
    .split('/')
    .slice(0, 9)
    .map((segment) => (segment.length > 32 ? '…' : segment))
  return short.join('/').replace(/[^\x21-\x7e…]/g, '?')
}
