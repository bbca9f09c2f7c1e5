import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder, startServer } from './child.ts'
import { type Client, clientsOf } from './load.ts'
import { type Finding, measure } from './measure.ts'

/** Requests in flight. */
const CLIENTS = 64
/** Length of a turn, in milliseconds. */
const TURN = 1_500

/** What a server of `servers/` writes for its clients. */
export interface Seeded {
  readonly path: string
  readonly authorization: string
  /** Of one user, each of a consent of its own. */
  readonly refreshTokens: readonly string[]
}

/** By default oidc-provider writes a row for each access token. As a JWT, as ours are, it writes none; its applications are in memory, ours in the database. */
const SERVERS = [
  ['watchword', 'oauth.ts', ''],
  ['oidc-provider', 'oidc-provider.ts', 'opaque'],
  ['oidc-provider, JWT', 'oidc-provider.ts', 'jwt'],
] as const

/** Tokens of applications, beside oidc-provider on the same database. */
export const oauth = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const servers: Server[] = []
    for (const [name, file, format] of SERVERS)
      servers.push(await start(name, file, format, folder))
    try {
      yield* compared('client_credentials', servers, ownToken, 2.5)
      yield* compared('refresh_token and rotation, synchronous=FULL', servers, refresh, 4)
    } finally {
      await Promise.all(servers.map(({ stop }) => stop()))
    }
  })

async function* compared(
  grant: string,
  servers: readonly Server[],
  ask: Ask,
  atLeast: number,
): AsyncGenerator<Finding> {
  const asks = `a token for ${grant}, ES256, SQLite, ${CLIENTS} in flight`
  const [of, to, jwt] = SERVERS.map(([name]) => name) as [string, string, string]
  yield await measure({
    asks,
    unit: 'a second, the clients on the same cores',
    rounds: 9,
    contestants: servers.map(({ name, ...server }) => ({
      name,
      run: async () => (await turn(server, ask)).rate,
    })),
    bars: [
      { of, to, atLeast },
      { of, to: jwt },
    ],
  })
  yield await measure({
    asks,
    unit: 'microseconds of processor time of the server',
    rounds: 5,
    contestants: servers.map(({ name, ...server }) => ({
      name,
      run: async () => (await turn(server, ask)).effort,
    })),
    bars: [to, jwt].map((each) => ({ of: each, to: of })),
  })
}

type Server = Awaited<ReturnType<typeof start>>

async function start(name: string, file: string, format: string, folder: string) {
  const seed = join(folder, `${name}.json`)
  const { port, stop, used } = await startServer(
    file,
    join(folder, `${name}.db`),
    seed,
    String(CLIENTS),
    format,
  )
  const seeded: Seeded = JSON.parse(readFileSync(seed, 'utf8'))
  // Each client has a refresh token, which every refresh replaces.
  const tokens = [...seeded.refreshTokens]
  return { name, stop, used, seeded, tokens, clients: clientsOf(port, CLIENTS) }
}

type Ask = (client: Client, own: number, server: Asked) => Promise<void>

type Asked = Omit<Server, 'name' | 'stop'>

/** The answers of a second, and what one costs. */
async function turn(server: Asked, ask: Ask) {
  const [before, began] = [await server.used(), performance.now()]
  let done = 0
  const work = async (client: Client, own: number): Promise<void> => {
    do {
      await ask(client, own, server)
      done++
    } while (performance.now() - began < TURN)
  }
  await Promise.all(server.clients.map(work))
  const rate = (1000 * done) / (performance.now() - began)
  return { rate, effort: (1000 * ((await server.used()) - before)) / done }
}

const ownToken: Ask = async (client, _, { seeded }) => {
  await tokensFrom(client, seeded, {
    grant_type: 'client_credentials',
    scope: 'posts:read',
  })
}

const refresh: Ask = async (client, own, { seeded, tokens }) => {
  const refresh_token = tokens[own] ?? ''
  const body = await tokensFrom(client, seeded, {
    grant_type: 'refresh_token',
    refresh_token,
  })
  tokens[own] = body.refresh_token
}

async function tokensFrom(
  client: Client,
  { path, authorization }: Seeded,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly refresh_token: string }> {
  const body = String(new URLSearchParams(fields))
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: ${authorization}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ]
  const answer = await client.ask(`${head.join('\r\n')}\r\n\r\n${body}`)
  if (answer.status !== 200)
    throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
  return JSON.parse(answer.body)
}
