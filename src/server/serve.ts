import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { monotonicSeconds } from '../base/monotonic.ts'
import { runInContext } from '../base/request-context.ts'
import { originForm } from '../base/request-target.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { internalsOf } from '../instance/internals.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import {
  answerBadRequest,
  closeSoon,
  isMalformed,
  refuseMalformed,
} from './bad-request.ts'
import { type MessageBus, messageBus } from './cluster/message-bus.ts'
import { LIMITS, type Limits } from './connection-limits.ts'
import { answerPreflight, corsFor } from './cors.ts'
import { clientOf } from './request-client.ts'
import { logWhenDone, type ServerLog } from './request-log.ts'
import { RequestStats } from './request-stats.ts'
import { OWN_PATHS, serverRoutes } from './routes.ts'
import type { MetricsPlace } from './start-metrics.ts'
import type { NamedPath } from './usage.ts'

// `import` evaluates every export of node:http; one of them is a WebSocket client of 6 MiB and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

/** A port, 0 for any free one, or a socket file. */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly socket: string }

export type ServeOptions = ListenAddress & {
  readonly auth: Watchword<User>
  /** Connects the workers that serve together. Default: this process alone. */
  readonly bus?: MessageBus
  /** How many proxies are in front. Default: 0. */
  readonly proxies?: number
  /** Origins whose pages may use the server, as browsers write them. Default: none. */
  readonly origins?: readonly string[]
  /** Where to serve metrics. Default: nowhere. */
  readonly metrics?: MetricsPlace
  readonly log?: ServerLog
  readonly limits?: Limits
  /** Public endpoints beside those of the instance and of the server. */
  readonly endpoints?: readonly Endpoint[]
  /** What to open in a browser, for the page at `/`. */
  readonly pages?: readonly NamedPath[]
}

export interface RunningServer {
  /** `http://host:port`, as bound, or `unix:PATH`. */
  readonly url: string
  /** The address of the metrics. */
  readonly metrics: string | undefined
  /** Accepts no more connections; those that are open go on as before. */
  stopListening(): void
  /**
   * Accepts no more connections, answers the requests in flight and closes the rest. A request that was sent on an idle
   * connection is still answered, with `Connection: close`. The instance stays open.
   */
  stop(): Promise<void>
}

/**
 * The stand-alone server.
 *
 * @throws the error of `listen`: `EADDRINUSE`, `EACCES`, …
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { auth, bus = messageBus(), metrics, log, limits = LIMITS } = options
  const server = createLimitedServer(limits)
  const connections = countConnections(server, limits)
  const stats = new RequestStats([...internalsOf(auth).paths, ...OWN_PATHS])
  let url = ''
  const unfinished = answerRequests(server, stats, options, () => originOf(url))
  answerBadRequest(server, unfinished.responses, { linger: limits.linger, log })

  const measured = { auth, requests: stats, connections }
  const metricsServer = metrics && (await startMetrics(metrics, measured, bus))
  try {
    url = await listenOn(server, options)
  } catch (error) {
    metricsServer?.stop()
    throw error
  }
  return {
    url,
    metrics: metricsServer?.url,
    stopListening: () => stopListening(server),
    async stop() {
      unfinished.closeConnections()
      await closeGracefully(server, limits)
      metricsServer?.stop()
    },
  }
}

/** Loaded only here: most servers have none. */
const startMetrics: typeof import('./start-metrics.ts').startMetrics = async (...args) =>
  (await import('./start-metrics.ts')).startMetrics(...args)

/** Routes the requests of a server, logs and counts them. */
function answerRequests(
  server: Server,
  stats: RequestStats,
  {
    auth,
    proxies = 0,
    origins = [],
    log,
    limits = LIMITS,
    endpoints = [],
    pages = [],
  }: ServeOptions,
  origin: () => string,
): UnfinishedResponses {
  const unfinished = new UnfinishedResponses()
  const cors = origins.length === 0 ? undefined : corsFor(origins)
  const route = serverRoutes(auth, {
    origin,
    // The next health check fails as soon as no more connections are accepted.
    isStopping: () => !server.listening,
    endpoints,
    pages,
  })
  server.on('request', (request, response) => {
    const client = clientOf(request, proxies)
    response.setHeader('X-Request-Id', client.request)
    unfinished.add(response)
    if (log !== undefined) logWhenDone(request, response, client, log)
    countWhenDone(request, response, stats)
    closeIfUnread(request, response, limits)
    const isPreflight = cors?.(request, response) ?? false
    if (isMalformed(request)) return refuseMalformed(response)
    if (isPreflight) return answerPreflight(response)
    const context = { requestId: client.request, address: client.address }
    runInContext(context, () => route(request, response))
  })
  return unfinished
}

class UnfinishedResponses {
  readonly responses = new Set<ServerResponse>()
  #isStopping = false

  add(response: ServerResponse): void {
    if (this.#isStopping) response.shouldKeepAlive = false
    this.responses.add(response)
    response.once('close', () => this.responses.delete(response))
  }

  /** From now on the connection of each response is closed after it. */
  closeConnections(): void {
    this.#isStopping = true
    for (const response of this.responses) response.shouldKeepAlive = false
  }
}

function createLimitedServer(limits: Limits): Server {
  const server = createServer(limits)
  server.timeout = limits.timeout
  server.maxConnections = limits.maxConnections
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket
  return server
}

/** @returns how many connections are open */
function countConnections(server: Server, { linger }: Limits): () => number {
  let open = 0
  server.on('connection', (socket) => {
    open++
    socket.once('close', () => open--)
    // Node cuts a connection after its last response. A client that is still sending would lose it (RFC 9112 §9.6).
    socket.destroySoon = () => closeSoon(socket, linger)
  })
  return () => open
}

function countWhenDone(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  stats: RequestStats,
): void {
  const began = monotonicSeconds()
  response.once('close', () => {
    stats.add(originForm(url), response.statusCode, monotonicSeconds() - began)
  })
}

/**
 * Closes the connection of a request that was answered before its body was read, if the rest is not worth reading: `send` has
 * announced it. Node reads the rest of a small body, and the connection serves the next request.
 */
function closeIfUnread(
  request: IncomingMessage,
  response: ServerResponse,
  { linger }: Limits,
): void {
  response.once('finish', () => {
    if (!request.complete && !response.shouldKeepAlive) closeSoon(request.socket, linger)
  })
}

/** @returns the URL of the bound address */
async function listenOn(server: Server, address: ListenAddress): Promise<string> {
  if ('socket' in address) server.listen({ path: address.socket })
  else server.listen({ host: address.host, port: address.port })
  await once(server, 'listening')
  // Only the owner and the group may connect.
  if ('socket' in address) chmodSync(address.socket, 0o660)
  return urlOf(server.address())
}

function urlOf(bound: string | AddressInfo | null): string {
  if (bound === null || typeof bound === 'string') return `unix:${bound}`
  const { address, family, port } = bound
  if (family === 'IPv6') return `http://[${address}]:${port}`
  return `http://${address}:${port}`
}

/** The address for the examples on the page at `/`. Behind a socket file only the proxy knows it. */
const originOf = (url: string): string =>
  url.startsWith('unix:') ? 'https://auth.example.com' : url

/** Stops accepting connections. `server.close()` would also cut idle connections, and requests already sent on them. */
function stopListening(server: Server): void {
  if (server.listening) NetServer.prototype.close.call(server)
}

async function closeGracefully(
  server: Server,
  { idleGrace, stopTimeout }: Limits,
): Promise<void> {
  const closed = new Promise((resolve) => server.once('close', resolve))
  stopListening(server)
  const closeIdle = setTimeout(() => server.close(), idleGrace)
  const closeAll = setTimeout(() => server.closeAllConnections(), stopTimeout)
  await closed
  clearTimeout(closeIdle)
  clearTimeout(closeAll)
  // Ends node's timer that looks for slow requests.
  server.close()
}
