import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ServerLog } from './request-log.ts'

/** What is answered to a request that node's parser gave up on, by the code of its error. */
const ANSWERS: Readonly<Record<string, readonly [status: string, detail: string]>> = {
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
const NOT_HTTP = ['400 Bad Request', 'The request is not well-formed HTTP.'] as const

/**
 * Answers what cannot be read with its 4xx and closes the connection.
 *
 * Where an earlier request of the same connection is still being answered, that answer is waited for and nothing is
 * added: the client would take ours for it.
 */
export function answerBadRequest(
  server: Server,
  answering: ReadonlySet<ServerResponse>,
  { linger, log }: { readonly linger: number; readonly log: ServerLog | undefined },
): void {
  const given = new WeakSet<Socket>()
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket
    if (given.has(socket)) return
    given.add(socket)
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()

    const mine = [...answering].filter((response) => response.req.socket === socket)
    const earlier = mine.filter((response) => response.req.complete)
    const [status, detail] = ANSWERS[error.code ?? ''] ?? NOT_HTTP
    log?.({
      level: 'info',
      event: 'unreadable request',
      status: Number(status.slice(0, 3)),
    })
    if (earlier.length > 0) {
      for (const response of earlier) response.shouldKeepAlive = false
      earlier.at(-1)?.once('close', () => socket.destroy())
    } else if (mine.some((response) => response.headersSent)) {
      closeSoon(socket, linger)
    } else {
      socket.write(rawAnswer(status, JSON.stringify({ detail })))
      closeSoon(socket, linger)
    }
  })
}

/** Closes our side now, and the connection when its peer does or when `linger` milliseconds have passed. */
export function closeSoon(socket: Socket, linger: number): void {
  socket.end()
  const timer = setTimeout(() => socket.destroy(), linger)
  socket.once('close', () => clearTimeout(timer))
}

const rawAnswer = (status: string, body: string): string =>
  [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
