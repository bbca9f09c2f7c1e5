import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, isIP } from 'node:net'
import type { Network } from '../../src/http/fetch-public.ts'

/** The server of an application, as a case describes it. */
export interface Site {
  /** The addresses of its name. Default: none. */
  readonly resolves?: readonly string[]
  readonly answer?: {
    readonly status: number
    readonly location?: string
    readonly body?: string
  }
}

/** The server of an application. TLS ends before it, at the addresses that its name has. */
export async function siteAt({ resolves = [], answer = { status: 200 } }: Site) {
  const { status, location, body } = answer
  const server = createServer((_, response) =>
    response.writeHead(status, location === undefined ? {} : { location }).end(body),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  let connections = 0
  const network: Network = {
    resolve: async () => resolves.map((address) => ({ address, family: isIP(address) })),
    connect() {
      connections++
      return connect(port, '127.0.0.1')
    },
  }
  return {
    network,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
