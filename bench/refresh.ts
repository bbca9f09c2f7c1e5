import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inFolder, startServer } from './child.ts'
import { type Client, clientsOf, post } from './load.ts'
import { type Contestant, type Finding, measure } from './measure.ts'
import { startOracle } from './oracle.ts'

/** Requests in flight. */
const CLIENTS = 64
/** Length of a turn, in milliseconds. */
const TURN = 1_500

/** Refresh with rotation, each durable before its response. */
export const refresh = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const password = randomBytes(12).toString('hex')
    const ours = { username: 'ada', password }
    const together = await startServer(
      'refresh.ts',
      join(folder, 'together.db'),
      password,
    )
    const oneByOne = await startServer(
      'refresh.ts',
      join(folder, 'one-by-one.db'),
      password,
      'one-by-one',
    )
    const oracle = await startOracle('rotate-blacklist', 2, { iterations: 1000 })
    try {
      const contestants = [
        await contestant('watchword', together.port, ours),
        await contestant('one by one', oneByOne.port, ours),
      ]
      if (typeof oracle !== 'string')
        contestants.push(await contestant('Django, gunicorn', oracle.port, oracle))
      yield await measure({
        asks: `POST /api/token/refresh/ with rotation, HS256, synchronous=FULL, ${CLIENTS} in flight`,
        unit: 'a second, the clients on the same cores',
        rounds: 9,
        contestants,
        bars: [
          { of: 'watchword', to: 'one by one', atLeast: 8 },
          ...(typeof oracle === 'string'
            ? []
            : [{ of: 'watchword', to: 'Django, gunicorn', atLeast: 20 }]),
        ],
        leftOut: typeof oracle === 'string' ? [oracle] : [],
      })
    } finally {
      await Promise.all([
        together.stop(),
        oneByOne.stop(),
        typeof oracle === 'string' ? undefined : oracle.stop(),
      ])
    }
  })

interface User {
  readonly username: string
  readonly password: string
}

async function contestant(name: string, port: number, user: User): Promise<Contestant> {
  const turn = await refreshing(clientsOf(port, CLIENTS), user, TURN)
  return {
    name,
    async run() {
      const began = performance.now()
      const done = await turn()
      return (1000 * done) / (performance.now() - began)
    },
  }
}

/**
 * Signs clients in, each of which refreshes its own session repeatedly.
 *
 * @param length of a turn in milliseconds
 * @returns a turn, which returns the number of refreshes
 */
export async function refreshing(
  clients: readonly Client[],
  { username, password }: User,
  length: number,
): Promise<() => Promise<number>> {
  const tokens: string[] = []
  for (const client of clients)
    tokens.push(await refreshTokenFrom(client, '/api/token/', { username, password }))
  return async () => {
    const began = performance.now()
    let done = 0
    const work = async (client: Client, own: number): Promise<void> => {
      do {
        tokens[own] = await refreshTokenFrom(client, '/api/token/refresh/', {
          refresh: tokens[own]!,
        })
        done++
      } while (performance.now() - began < length)
    }
    await Promise.all(clients.map(work))
    return done
  }
}

async function refreshTokenFrom(
  client: Client,
  path: string,
  body: object,
): Promise<string> {
  const answer = await client.ask(post(path, body))
  if (answer.status !== 200)
    throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
  return JSON.parse(answer.body).refresh
}
