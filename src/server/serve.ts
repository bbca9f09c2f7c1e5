import { EventEmitter, once } from 'node:events'
import { chmodSync } from 'node:fs'
import type { Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { mount } from '../adapters/node.ts'
import { runInContext } from '../base/request-context.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { answerBadRequest, closeSoon } from './bad-request.ts'
import { clientOf } from './client.ts'
import { type MessageBus, messageBusVia } from './cluster/message-bus.ts'
import { LIMITS, type Limits } from './connection-limits.ts'
import { logWhenDone, type ServerLog } from './request-log.ts'
import { RequestStats } from './request-stats.ts'
import { OWN_PATHS, serverRoutes } from './routes.ts'
import { type MetricsPlace, startMetrics } from './start-metrics.ts'

// An import evaluates every export of node:http, and one of them is a WebSocket client: 6 MiB, and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

/** Where a server listens: on a port (0: any that is free), or on a socket file. */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string }

export type ServeOptions = ListenAddress & {
  readonly auth: Watchword<User>
  /** Who serves beside this process. Default: nobody. */
  readonly bus?: MessageBus
  /** How many proxies stand in front. Default: none. */
  readonly proxies?: number
  /** Where Prometheus is told how it goes. Default: nowhere. */
  readonly metrics?: MetricsPlace
  /** Told of each request. */
  readonly log?: ServerLog
  readonly limits?: Limits
}

export interface RunningServer {
  /** `http://host:port`, as bound; `unix:PATH`. */
  readonly url: string
  /** Where metrics are told. */
  readonly metrics: string | undefined
  /** Takes no more connections. Those that there are go on as before. */
  shut(): void
  /**
   * Takes no more connections, answers what is in flight, closes the rest. A request that is on its way on an idle
   * connection is still answered, with `Connection: close`. The instance stays open.
   */
  stop(): Promise<void>
}

/** What the first page says of where it is, when the proxy in front alone knows. */
const ELSEWHERE = 'https://auth.example.com'

/**
 * The stand-alone server.
 *
 * @throws the error of `listen`: `EADDRINUSE`, `EACCES`, …
 */
export async function serve(serving: ServeOptions): Promise<RunningServer> {
  const {
    auth,
    bus = messageBusVia(),
    proxies = 0,
    metrics,
    log,
    limits = LIMITS,
    ...place
  } = serving
  const server = createServer(limits)
  server.timeout = limits.timeout
  server.maxConnections = limits.maxConnections
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket

  const answering = new Set<ServerResponse>()
  let stopping = false
  let url = ''

  const stats = new RequestStats([...auth.paths, ...OWN_PATHS])
  let connections = 0

  /** What comes of requests, each on its own occasion. */
  const requests = new EventEmitter()
  // Listeners for requests are all that an adapter needs of a server.
  mount(requests as Server, auth)
  requests.on(
    'request',
    serverRoutes(auth, {
      origin: () => (url.startsWith('unix:') ? ELSEWHERE : url),
      // From here on others are asked, before the last answers are given.
      isStopping: () => !server.listening,
    }),
  )
  // Node cuts a connection after a last answer. A peer that is still writing would lose the answer with it (RFC 9112 §9.6).
  server.on('connection', (socket) => {
    connections++
    socket.once('close', () => connections--)
    socket.destroySoon = () => closeSoon(socket, limits.linger)
  })
  server.on('request', (request, response) => {
    const began = performance.now()
    const caller = clientOf(request, proxies)
    if (stopping) response.shouldKeepAlive = false
    response.setHeader('X-Request-Id', caller.request)
    if (log !== undefined) logWhenDone(request, response, caller, log)
    answering.add(response)
    response.once('finish', () => {
      // Answered before it was read to its end. Its rest is not worth waiting for.
      if (!request.complete) closeSoon(request.socket, limits.linger)
    })
    response.once('close', () => {
      answering.delete(response)
      stats.add(
        request.url ?? '',
        response.statusCode,
        (performance.now() - began) / 1000,
      )
    })
    runInContext({ requestId: caller.request, address: caller.address }, () =>
      requests.emit('request', request, response),
    )
  })
  answerBadRequest(server, answering, { linger: limits.linger, log })

  const measured =
    metrics &&
    (await startMetrics(
      metrics,
      { auth, requests: stats, connections: () => connections },
      bus,
    ))
  try {
    server.listen(
      'socket' in place ? { path: place.socket } : { host: place.host, port: place.port },
    )
    await once(server, 'listening')
  } catch (error) {
    measured?.stop()
    throw error
  }
  // Who is not of the owner's group has nothing to say here.
  if ('socket' in place) chmodSync(place.socket, 0o660)
  url = urlOf(server.address())

  const closed = new Promise((resolve) => server.once('close', resolve))

  // Not the close of the HTTP server: that one cuts idle connections, and with them requests that are on their way.
  const shut = (): void =>
    void (server.listening && NetServer.prototype.close.call(server))

  async function stop(): Promise<void> {
    stopping = true
    for (const response of answering) response.shouldKeepAlive = false
    shut()
    const farewell = setTimeout(() => server.close(), limits.farewell)
    const cut = setTimeout(() => server.closeAllConnections(), limits.stop)
    await closed
    clearTimeout(farewell)
    clearTimeout(cut)
    measured?.stop()
    server.close() // ends the timer that looks for slow requests
  }

  return { url, metrics: measured?.url, shut, stop }
}

function urlOf(bound: string | AddressInfo | null): string {
  if (bound === null || typeof bound === 'string') return `unix:${bound}`
  const { address, family, port } = bound
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
