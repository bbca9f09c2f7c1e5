import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { mount } from '../adapters/node.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { LIMITS, type Limits } from './limits.ts'
import { logWhenDone } from './request-log.ts'
import { routesOf } from './routes.ts'
import { answerUnreadable, closeSoon } from './unreadable.ts'

// An import evaluates every export of node:http, and one of them is a WebSocket client: 6 MiB, and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

export interface Serving {
  readonly auth: Watchword<User>
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Gets a line a request. */
  readonly log?: (line: string) => void
  readonly limits?: Limits
}

export interface Running {
  /** `http://host:port`, as bound. */
  readonly url: string
  /**
   * Takes no more connections, answers what is in flight, closes the rest. A request that is on its way on an idle
   * connection is still answered, with `Connection: close`. The instance stays open.
   */
  stop(): Promise<void>
}

/**
 * The stand-alone server.
 *
 * @throws the error of `listen`: `EADDRINUSE`, `EACCES`, …
 */
export async function serve({ auth, host, port, log, limits = LIMITS }: Serving): Promise<Running> {
  const server = createServer(limits)
  server.timeout = limits.timeout
  server.maxConnections = limits.maxConnections
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket

  const answering = new Set<ServerResponse>()
  let stopping = false
  let url = ''

  server.on(
    'request',
    routesOf(auth, mount(server, auth), () => url),
  )
  // Node cuts a connection after a last answer. A peer that is still writing would lose the answer with it (RFC 9112 §9.6).
  server.on('connection', (socket) => {
    socket.destroySoon = () => closeSoon(socket, limits.linger)
  })
  server.prependListener('request', (request, response) => {
    if (stopping) response.shouldKeepAlive = false
    if (log !== undefined) logWhenDone(request, response, log)
    answering.add(response)
    response.once('finish', () => {
      // Answered before it was read to its end. Its rest is not worth waiting for.
      if (!request.complete) closeSoon(request.socket, limits.linger)
    })
    response.once('close', () => answering.delete(response))
  })
  answerUnreadable(server, answering, { linger: limits.linger, log })

  server.listen({ host, port })
  await once(server, 'listening')
  url = urlOf(server.address() as AddressInfo)

  async function stop(): Promise<void> {
    stopping = true
    for (const response of answering) response.shouldKeepAlive = false
    const closed = once(server, 'close')
    // Not the close of the HTTP server: that one cuts idle connections, and with them requests that are on their way.
    NetServer.prototype.close.call(server)
    const farewell = setTimeout(() => server.close(), limits.farewell)
    const cut = setTimeout(() => server.closeAllConnections(), limits.stop)
    await closed
    clearTimeout(farewell)
    clearTimeout(cut)
    server.close() // ends the timer that looks for slow requests
  }

  return { url, stop }
}

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
