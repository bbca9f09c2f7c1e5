import { Agent } from 'node:http'
import { type Answer, type Asked, ask } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { contention, untilAvailable } from '../time.ts'
import {
  atLeast,
  atMost,
  exactly,
  type TrialContext,
  trial,
  unavailable,
} from './trial.ts'

const SERVERS = 4

/** Wrong passwords that count, for one account from one address. */
const WRONG = 10

/** Requests that count from one address. */
const ANON = 250

/** R3. */
export const limits = trial({
  name: 'R3',
  promise: 'a limit holds for all processes together, at any concurrency',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 10 },
  short: { rounds: 1 },
  sabotages: [{ name: 'count-alone' }],
  async run(deps, { rounds }) {
    const before = contention()
    const servers = await counting(deps)
    const agent = new Agent({ keepAlive: true, maxSockets: 50 })
    deps.after(() => agent.destroy())
    const seen = { hashes: 0, wrong: 0, let: 0, most: 0, others: 0, unavailable: 0 }
    // A request that is answered 503 may have been counted.
    const one = (server: ServerProcess, path: string, asked: Asked): Promise<Answer> =>
      untilAvailable(
        () => ask(server, path, asked).catch(notAnswered),
        () => seen.unavailable++,
      )
    const all = (
      count: number,
      path: string,
      address: string,
      body: object,
    ): Promise<readonly Answer[]> =>
      Promise.all(
        Array.from({ length: count }, (_, i) => {
          const headers = {
            'Content-Type': 'application/json',
            'X-Forwarded-For': address,
          }
          return one(servers[i % SERVERS]!, path, {
            headers,
            body: JSON.stringify(body),
            agent,
          })
        }),
      )
    const access = await anAccessToken(servers[0]!)

    for (let round = 0; round < rounds; round++) {
      const hashes = await hashed(servers, async () => {
        const guesses = { username: `nobody${round}`, password: 'not the password' }
        const answers = await all(200, '/api/token/', `10.1.0.${round}`, guesses)
        seen.wrong += countOf(answers, 401)
        seen.others += countOther(answers, 401, 429)
      })
      seen.hashes = Math.max(seen.hashes, hashes)
      const answers = await all(ANON + 50, '/api/token/verify/', `10.2.0.${round}`, {
        token: access,
      })
      seen.let += countOf(answers, 200)
      seen.most = Math.max(seen.most, countOf(answers, 200))
      seen.others += countOther(answers, 200, 429)
    }
    return [
      atMost(WRONG + SERVERS, 'hashes for 200 wrong passwords', seen.hashes),
      atLeast(1, 'of them counted', seen.hashes),
      atMost(rounds * WRONG, 'of them verified', seen.wrong),
      atLeast(rounds * WRONG - seen.unavailable, 'of them verified', seen.wrong),
      atMost(ANON, `of ${ANON + 50} requests allowed`, seen.most),
      atLeast(
        rounds * ANON - seen.unavailable,
        'requests allowed, in all rounds',
        seen.let,
      ),
      exactly(0, 'other answers', seen.others),
      unavailable(seen.unavailable, Math.max(before, contention())),
    ]
  },
})

/** The server ends a connection on which nothing has moved for 30 seconds (src/server/connection-limits.ts). */
function notAnswered(error: NodeJS.ErrnoException): Answer {
  if (error.code !== 'ECONNRESET') throw error
  return { status: 503, headers: {}, body: '', ms: 0 }
}

const countOf = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length

const countOther = (answers: readonly Answer[], ...expected: readonly number[]): number =>
  answers.filter(({ status }) => !expected.includes(status)).length

async function counting(deps: TrialContext): Promise<readonly ServerProcess[]> {
  const { database, sabotage } = deps
  const counts = sabotage === 'count-alone' ? 'memory' : 'store'
  const options = {
    counts,
    proxies: 1,
    throttle: { login: `${WRONG}/day`, anon: `${ANON}/day` },
  } as const
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++) {
    servers.push(
      await startServer(deps, { database, options, user: i === 0 ? ADA : undefined }),
    )
  }
  return servers
}

async function anAccessToken(server: ServerProcess): Promise<string> {
  const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '10.3.0.0' }
  const { body } = await ask(server, '/api/token/', {
    headers,
    body: JSON.stringify(ADA),
  })
  return JSON.parse(body).access
}

/** Password hashes of all servers during the round. */
async function hashed(
  servers: readonly ServerProcess[],
  work: () => Promise<void>,
): Promise<number> {
  const [server, ...others] = servers
  if (server === undefined) {
    await work()
    return 0
  }
  let elsewhere = 0
  const { hashes } = await server.measure(async () => {
    elsewhere = await hashed(others, work)
  })
  return hashes + elsewhere
}
