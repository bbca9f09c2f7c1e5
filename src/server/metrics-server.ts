import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { milliseconds } from '../base/clock.ts'

// `import` evaluates every export of node:http; one of them is a WebSocket client of 6 MiB and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** How long a stop waits for a response in flight. */
const STOP_TIMEOUT = milliseconds(2_000)

/**
 * Serves `GET /metrics` at an address of its own, because metrics are for the operator and not for clients.
 *
 * @throws the error of `listen`
 */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  exposition: () => Promise<string>,
): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000 },
    (request, response) => void respond(request, response, exposition),
  )
  server.maxConnections = 100
  server.listen({ host, port })
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/metrics`,
    stop() {
      server.close()
      setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT).unref()
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  exposition: () => Promise<string>,
): Promise<void> {
  // A scrape every few seconds gains nothing from a connection that stays open.
  response.shouldKeepAlive = false
  if (request.url?.replace(/\?.*$/s, '') !== '/metrics')
    return void response.writeHead(404).end()
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.writeHead(405, { Allow: 'GET, HEAD' }).end()
  try {
    const text = await exposition()
    const length = Buffer.byteLength(text)
    response
      .writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Content-Length': length })
      .end(text)
  } catch {
    response.writeHead(500).end()
  }
}
