import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Child, startServer } from './child.ts'
import { clientsOf } from './load.ts'
import { type Bar, type Contestant, type Finding, measure } from './measure.ts'
import { refreshing } from './refresh.ts'

/** Requests in flight. */
const CLIENTS = 64
/** Length of a turn, in milliseconds. */
const TURN = 300
const HERE = join(import.meta.dirname, '..')

/** A checkout of release 0.1.0 (`be1d220`), with its dependencies installed. */
const BEFORE = process.env.WATCHWORD_BENCH_BEFORE

/** The processor time that a server takes for a refresh with ES256 access tokens: now, as 0.1.0 signed, and 0.1.0 itself. */
export async function* refreshCost(folder: string): AsyncGenerator<Finding> {
  const password = randomBytes(12).toString('hex')
  const servers: Child[] = []
  const start = async (name: string, checkout: string, alg = ''): Promise<Contestant> => {
    const database = join(folder, `${name}.db`)
    const args = [checkout, database, password, alg]
    const server = await startServer('refresh-cost.ts', ...args)
    servers.push(server)
    return contestant(name, server, password)
  }
  try {
    const contestants = [
      await start('HMAC', HERE),
      await start('ES256', HERE, 'ES256'),
      ...(BEFORE === undefined ? [] : [await start('0.1.0', BEFORE)]),
    ]
    yield await measure({
      asks: `POST /api/token/refresh/ with rotation, ES256 access tokens, one process on SQLite; ${CLIENTS} in flight`,
      unit: 'µs of processor time a refresh, by how refresh tokens are signed',
      rounds: 61,
      contestants,
      bars: barsOf(contestants),
      leftOut: BEFORE === undefined ? ['0.1.0: WATCHWORD_BENCH_BEFORE is not set'] : [],
    })
  } finally {
    for (const server of servers) await server.stop()
  }
}

const barsOf = (contestants: readonly Contestant[]): readonly Bar[] => [
  { of: 'HMAC', to: 'ES256' },
  ...contestants
    .filter(({ name }) => name === '0.1.0')
    .map(({ name }) => ({ of: 'HMAC', to: name, atMost: 0.65 })),
]

async function contestant(
  name: string,
  server: Child,
  password: string,
): Promise<Contestant> {
  const clients = clientsOf(server.port, CLIENTS)
  const turn = await refreshing(clients, { username: 'ada', password }, TURN)
  return {
    name,
    async run() {
      const before = await server.used()
      const done = await turn()
      return (1000 * ((await server.used()) - before)) / done
    },
  }
}
