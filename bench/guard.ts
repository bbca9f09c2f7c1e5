import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, inFolder, startServer } from './child.ts'
import { clientsOf, get, send } from './load.ts'
import { type Contestant, type Finding, measure } from './measure.ts'
import { seed } from './seed.ts'

const USERS = 1_000
const CONNECTIONS = 16
const REQUESTS = 4_000

/** What a guard costs a route: processor time of the server's process, the load coming from this one. */
export const guard = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const database = join(folder, 'watchword.db')
    const { pairs, keys } = await seed(database, USERS)
    const requests = pairs.map(({ access }) => get('/hello/', { Authorization: `Bearer ${access}` }))
    const key = keys.find(({ kid }) => kid === kidOf(pairs[0]!.access))
    const publicKey = join(folder, 'public.pem')
    writeFileSync(
      publicKey,
      createPublicKey({ format: 'jwk', key: { ...key } }).export({ format: 'pem', type: 'spki' }),
    )

    const servers = {
      unguarded: await startServer('route.ts', 'bare'),
      'statelessBearer()': await startServer('route.ts', 'stateless', database),
      'bearer(), user read': await startServer('route.ts', 'bearer', database),
      fastify: await startServer('fastify-route.ts', 'bare'),
      '@fastify/jwt': await startServer('fastify-route.ts', 'guarded', publicKey),
    }
    try {
      yield await measure({
        asks: "GET of a guarded route, 1,000 users' ES256 tokens in turn, the same header sent to all",
        unit: 'µs of processor time a request',
        rounds: 15,
        contestants: Object.entries(servers).map(([name, server]) => contestant(name, server, requests)),
        bars: [
          { of: 'statelessBearer()', to: 'unguarded', atMost: 1.1 },
          { of: 'bearer(), user read', to: 'unguarded', atMost: 1.1 },
          { of: '@fastify/jwt', to: 'fastify' },
        ],
      })
    } finally {
      for (const server of Object.values(servers)) await server.stop()
    }
  })

const kidOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()).kid

function contestant(name: string, server: Child, requests: readonly string[]): Contestant {
  const clients = clientsOf(server.port, CONNECTIONS)
  return {
    name,
    async run() {
      const before = await server.used()
      await send(clients, REQUESTS, (index) => requests[index % requests.length]!)
      return (1000 * ((await server.used()) - before)) / REQUESTS
    },
  }
}
