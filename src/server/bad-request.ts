import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ServerLog } from './request-log.ts'

type Answer = readonly [status: string, detail: string]

/** The response to a request that node's parser rejects, by the code of its error. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The request header is too large.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    '413 Content Too Large',
    'The request body is too large.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'The request took too long to arrive.',
  ],
}
const NOT_HTTP: Answer = ['400 Bad Request', 'The request is not well-formed HTTP.']

/**
 * Answers requests that node cannot parse with their 4xx and closes the connection.
 *
 * If an earlier request of the same connection is still being answered, the connection closes after that response and
 * nothing is added: the client would take ours for it.
 */
export function answerBadRequest(
  server: Server,
  unfinished: ReadonlySet<ServerResponse>,
  { linger, log }: { readonly linger: number; readonly log: ServerLog | undefined },
): void {
  const handled = new WeakSet<Socket>()
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    if (handled.has(socket)) return
    handled.add(socket)
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()

    const [status, detail] = ANSWERS[error.code ?? ''] ?? NOT_HTTP
    log?.({
      level: 'info',
      event: 'unreadable request',
      status: Number(status.slice(0, 3)),
    })
    const responses = [...unfinished].filter(({ req }) => req.socket === socket)
    const earlier = responses.filter(({ req }) => req.complete)
    if (earlier.length > 0) return closeAfter(earlier, socket)
    const isStarted = responses.some(({ headersSent }) => headersSent)
    if (!isStarted) socket.write(rawResponse(status, JSON.stringify({ detail })))
    closeSoon(socket, linger)
  })
}

function closeAfter(responses: readonly ServerResponse[], socket: Socket): void {
  for (const response of responses) response.shouldKeepAlive = false
  responses.at(-1)?.once('close', () => socket.destroy())
}

/** Closes our side now, and the connection when the client does or after `linger` milliseconds. */
export function closeSoon(socket: Socket, linger: number): void {
  socket.end()
  const timer = setTimeout(() => socket.destroy(), linger)
  socket.once('close', () => clearTimeout(timer))
}

const rawResponse = (status: string, body: string): string =>
  [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')

/**
 * What node's parser accepts, and a proxy may read differently: several Host headers (RFC 9112 §3.2), and Transfer-Encoding in
 * HTTP/1.0 (§6.1).
 */
export function isMalformed({
  httpVersionMinor,
  headers,
  rawHeaders,
}: IncomingMessage): boolean {
  if (httpVersionMinor === 0 && headers['transfer-encoding'] !== undefined) return true
  let hosts = 0
  // Names alone, and few of them as a copy: every request comes by.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts += 1
  }
  return hosts > 1
}
const HOST = 'host'

/** Answers with 400 and closes the connection. */
export function refuseMalformed(response: ServerResponse): void {
  const [, detail] = NOT_HTTP
  const body = JSON.stringify({ detail })
  response.shouldKeepAlive = false
  response.writeHead(400, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    Connection: 'close',
  })
  response.end(body)
}
