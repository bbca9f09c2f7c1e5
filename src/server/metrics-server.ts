import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

// An import evaluates every export of node:http, and one of them is a WebSocket client: 6 MiB, and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

const TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Milliseconds that an answer may take at a stop. */
const FAREWELL = 2_000

/**
 * Answers `GET /metrics`, and nothing else, at an address of its own: what is told there is for the operator.
 *
 * @throws the error of `listen`
 */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  told: () => Promise<string>,
): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000 },
    async (request, response) => {
      // It is asked every few seconds: nothing is gained by a connection that stays.
      response.shouldKeepAlive = false
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      const isHere = request.url?.replace(/\?.*$/s, '') === '/metrics'
      if (!isRead || !isHere) {
        response.writeHead(isHere ? 405 : 404, isHere ? { Allow: 'GET, HEAD' } : {}).end()
        return
      }
      try {
        const text = await told()
        response
          .writeHead(200, {
            'Content-Type': TYPE,
            'Content-Length': Buffer.byteLength(text),
          })
          .end(text)
      } catch {
        response.writeHead(500).end()
      }
    },
  )
  server.maxConnections = 100
  server.listen({ host, port })
  await once(server, 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/metrics`,
    stop() {
      server.close()
      setTimeout(() => server.closeAllConnections(), FAREWELL).unref()
    },
  }
}
