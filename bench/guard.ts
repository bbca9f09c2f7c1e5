import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seedBetterAuth } from './better-auth.ts'
import { type Child, inFolder, startServer } from './child.ts'
import { clientsOf, get, send } from './load.ts'
import { type Bar, type Contestant, type Finding, measure } from './measure.ts'
import { seed } from './seed.ts'

const USERS = 1_000
const CONNECTIONS = 16
const REQUESTS = 4_000

/** A framework with the other guards for its routes, none of which reads a store, and the goal of `statelessBearer()`. */
const FRAMEWORKS = [
  { name: 'node:http', server: 'node-route.ts', peers: [], goal: 1.1 },
  {
    name: 'Express',
    server: 'express-route.ts',
    peers: ['express-jwt', 'passport-jwt'],
    goal: 1.1,
  },
  { name: 'Fastify', server: 'fastify-route.ts', peers: ['@fastify/jwt'], goal: 1.1 },
  {
    name: 'Hono on @hono/node-server',
    server: 'hono-route.ts',
    peers: ['hono/jwt'],
    goal: 1.15,
  },
] as const

/** The cost of a guard per request: processor time of the server process, with the load from this one. */
export const guard = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const { database, publicKey, requests } = await prepared(folder)
    for (const { name, server, peers, goal } of FRAMEWORKS) {
      yield await compared(
        `${name}: GET of a guarded route, 1,000 users' ES256 tokens in turn, the same header sent to all`,
        [
          { name: 'unguarded', server, file: '', requests },
          ...OURS.map((each) => ({ name: each, server, file: database, requests })),
          ...peers.map((each) => ({ name: each, server, file: publicKey, requests })),
        ],
        [
          { of: 'statelessBearer()', to: 'unguarded', atMost: goal },
          { of: 'bearer()', to: 'unguarded', atMost: 1.2 },
          ...peers.map((to) => ({ of: to, to: 'unguarded' })),
          ...peers.map((to) => ({
            of: 'statelessBearer()',
            to,
            above: 'unguarded',
            atMost: 0.5,
          })),
        ],
      )
    }
    yield await besideBetterAuth(folder, database, requests)
  })

const OURS = ['statelessBearer()', 'bearer()'] as const

/** Both read the user from SQLite, each with its own kind of credentials. */
async function besideBetterAuth(
  folder: string,
  database: string,
  requests: readonly string[],
): Promise<Finding> {
  const sessions = join(folder, 'better-auth.db')
  const cookies = await seedBetterAuth(sessions, USERS)
  const withCookies = cookies.map((cookie) => get('/hello/', { Cookie: cookie }))
  const server = 'node-route.ts'
  return compared(
    "node:http: GET of a route that reads 1,000 users from SQLite in turn, with ours a token, with better-auth a session's cookie",
    [
      { name: 'unguarded', server, file: '', requests },
      { name: 'bearer()', server, file: database, requests },
      { name: 'better-auth', server, file: sessions, requests: withCookies },
    ],
    [
      { of: 'better-auth', to: 'unguarded' },
      { of: 'bearer()', to: 'better-auth', above: 'unguarded', atMost: 0.5 },
    ],
  )
}

/** Signed-in users: their database, the public key of their tokens, their requests. */
async function prepared(folder: string) {
  const database = join(folder, 'watchword.db')
  const { pairs, keys } = await seed(database, USERS)
  const key = keys.find(({ kid }) => kid === kidOf(pairs[0]!.access))
  const publicKey = join(folder, 'public.pem')
  writeFileSync(
    publicKey,
    createPublicKey({ format: 'jwk', key: { ...key } }).export({
      format: 'pem',
      type: 'spki',
    }),
  )
  return {
    database,
    publicKey,
    requests: pairs.map(({ access }) =>
      get('/hello/', { Authorization: `Bearer ${access}` }),
    ),
  }
}

const kidOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()).kid

interface Route {
  /** The name of its guard. */
  readonly name: string
  readonly server: string
  readonly file: string
  readonly requests: readonly string[]
}

async function compared(
  asks: string,
  routes: readonly Route[],
  bars: readonly Bar[],
): Promise<Finding> {
  const servers: Child[] = []
  try {
    const contestants: Contestant[] = []
    for (const { name, server, file, requests } of routes) {
      const child = await startServer(server, name, file)
      servers.push(child)
      contestants.push(contestant(name, child, requests))
    }
    return await measure({
      asks,
      unit: 'µs of processor time a request',
      rounds: 15,
      contestants,
      bars,
    })
  } finally {
    for (const server of servers) await server.stop()
  }
}

function contestant(
  name: string,
  server: Child,
  requests: readonly string[],
): Contestant {
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
