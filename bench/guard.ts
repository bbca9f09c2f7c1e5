import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seedBetterAuth } from './better-auth.ts'
import { type Child, inFolder, startServer } from './child.ts'
import { type Client, clientsOf, get, send } from './load.ts'
import { type Bar, type Finding, measure, rotated } from './measure.ts'
import { pinToOneCore } from './pin.ts'
import { seed } from './seed.ts'
import { NO_OP } from './servers/ours.ts'

const USERS = 1_000
const CONNECTIONS = 16
const ROUNDS = 5
/** Requests to each server of a round that do not count: by then V8 has compiled all of them for good. */
const WARM_UP = 20_000
/** The servers of a round take turns. */
const TURNS = 10
const REQUESTS = 2_000

/** A framework with the other guards for its routes, none of which reads a store, and the goal of `statelessBearer()`. */
const FRAMEWORKS = [
  { name: 'node:http', server: 'node-route.ts', peers: [], goal: 1.1, beside: [] },
  {
    name: 'Express',
    server: 'express-route.ts',
    peers: ['express-jwt', 'passport-jwt'],
    goal: 1.1,
    beside: [NO_OP],
  },
  {
    name: 'Fastify',
    server: 'fastify-route.ts',
    peers: ['@fastify/jwt'],
    goal: 1.1,
    beside: [NO_OP],
  },
  {
    name: 'Hono on @hono/node-server',
    server: 'hono-route.ts',
    peers: ['hono/jwt'],
    goal: 1.15,
    beside: [NO_OP],
  },
] as const

/** The cost of a guard per request: processor time of the server process, with the load from this one. */
export const guard = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const pinned = pinToOneCore()
    try {
      yield* guards(folder, pinned.how)
    } finally {
      pinned.undo()
    }
  })

async function* guards(folder: string, how: string): AsyncGenerator<Finding> {
  const { database, publicKey, requests } = await prepared(folder)
  for (const { name, server, peers, goal, beside } of FRAMEWORKS) {
    yield await compared(
      `${name}: GET of a guarded route, 1,000 users' ES256 tokens in turn, the same header sent to all`,
      how,
      [
        { name: 'unguarded', server, file: '', requests },
        ...OURS.map((each) => ({ name: each, server, file: database, requests })),
        ...beside.map((each) => ({ name: each, server, file: '', requests })),
        ...peers.map((each) => ({ name: each, server, file: publicKey, requests })),
      ],
      [
        { of: 'statelessBearer()', to: 'unguarded', atMost: goal },
        { of: 'bearer()', to: 'unguarded', atMost: 1.2 },
        ...[...beside, ...peers].map((of) => ({ of, to: 'unguarded' })),
        ...peers.map((to) => ({
          of: 'statelessBearer()',
          to,
          above: 'unguarded',
          atMost: 0.5,
        })),
      ],
    )
  }
  yield await besideBetterAuth(folder, how, database, requests)
}

const OURS = ['statelessBearer()', 'bearer()'] as const

/** Both read the user from SQLite, each with its own kind of credentials. */
async function besideBetterAuth(
  folder: string,
  how: string,
  database: string,
  requests: readonly string[],
): Promise<Finding> {
  const sessions = join(folder, 'better-auth.db')
  const cookies = await seedBetterAuth(sessions, USERS)
  const withCookies = cookies.map((cookie) => get('/hello/', { Cookie: cookie }))
  const server = 'node-route.ts'
  return compared(
    "node:http: GET of a route that reads 1,000 users from SQLite in turn, with ours a token, with better-auth a session's cookie",
    how,
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
  how: string,
  routes: readonly Route[],
  bars: readonly Bar[],
): Promise<Finding> {
  const running = new Map<Route, RunningServer>()
  let round = 0
  return measure({
    asks,
    unit: 'µs of processor time a request',
    how: `each round with new servers: ${count(WARM_UP)} requests as a warm-up, then ${TURNS} turns of ${count(REQUESTS)} each; ${how}`,
    rounds: ROUNDS,
    turns: TURNS,
    contestants: routes.map((route) => ({
      name: route.name,
      run: () => costOf(running.get(route)!, route.requests),
    })),
    async inRound(run) {
      try {
        for (const route of rotated(routes, round++))
          running.set(route, await startWarm(route))
        // While others started, a server was idle, and V8 gave memory back.
        for (const [{ requests }, server] of running) await costOf(server, requests)
        await run()
      } finally {
        for (const server of running.values()) await stop(server)
        running.clear()
      }
    },
    bars,
  })
}

const count = (n: number): string => n.toLocaleString('en')

interface RunningServer {
  readonly child: Child
  readonly clients: readonly Client[]
}

async function startWarm({ name, server, file, requests }: Route) {
  const child = await startServer(server, name, file)
  const clients = clientsOf(child.port, CONNECTIONS)
  await send(clients, WARM_UP, (index) => requests[index % requests.length]!)
  return { child, clients }
}

async function stop({ child, clients }: RunningServer): Promise<void> {
  for (const client of clients) client.close()
  await child.stop()
}

/** @returns processor time of one request, in µs */
async function costOf(
  { child, clients }: RunningServer,
  requests: readonly string[],
): Promise<number> {
  const before = await child.used()
  await send(clients, REQUESTS, (index) => requests[index % requests.length]!)
  return (1000 * ((await child.used()) - before)) / REQUESTS
}
