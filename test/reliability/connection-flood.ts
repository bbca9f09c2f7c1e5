import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../../src/server/connection-limits.ts'
import { type Answer, ask, askJson, type Pair, signIn } from '../server/client.ts'
import { type ServerProcess, startServer } from '../server/process.ts'
import { stopwatch } from '../time.ts'
import { atLeast, atMost, trial } from './trial.ts'

/** Open files that client and server need besides. */
const SPARE = 500

/** R20. */
export const connectionFlood = trial({
  name: 'R20',
  promise:
    'thousands of idle and reconnecting connections keep few clients out and leave nothing behind',
  databases: ['sqlite'],
  long: { connections: 5000, seconds: 30 },
  short: { connections: 600, seconds: 3 },
  sabotages: [{ name: 'few-connections' }, { name: 'never-disconnect' }],
  async run(deps, { connections, seconds }) {
    if (mostOpen() < connections + SPARE) {
      return deps.skip(
        `${connections + SPARE} open files are needed; raise the limit: ulimit -n ${connections + SPARE}`,
      )
    }
    const server = await startServer(deps, {
      database: deps.database,
      limits: limitsWith(deps.sabotage, connections),
    })
    const pair = await signIn(server)
    const before = openIn(server)

    const child = fork(
      join(import.meta.dirname, 'flooder.ts'),
      [String(server.port), String(connections)],
      {
        execPath: process.execPath,
        execArgv: [],
      },
    )
    deps.after(() => child.kill('SIGKILL'))
    const [{ idle }] = (await once(child, 'message')) as [{ readonly idle: number }]
    deps.progress(`${idle} idle connections, ${openIn(server)} open files`)
    const answers = await honest(server, pair, seconds * 1000)
    if (deps.sabotage === 'never-disconnect') process.kill(child.pid!, 'SIGSTOP')
    else child.disconnect()
    await sleep(100)

    using watch = stopwatch()
    while (openIn(server) > before + 20 && watch.ms() < 10_000) await sleep(100)
    const good = answers.filter(({ status }) => status === 200).length
    return [
      atLeast(0.9 * (connections / 2), 'idle connections', idle),
      atLeast(
        99,
        '% of the requests of well-behaved clients answered',
        (100 * good) / answers.length,
      ),
      atMost(20, 'more open files, ten seconds after', openIn(server) - before),
    ]
  },
})

function limitsWith(sabotage: string | undefined, connections: number): Partial<Limits> {
  if (sabotage === 'few-connections') return { maxConnections: connections / 3 }
  // The flood stops without closing; the server must detect silent connections itself.
  return sabotage === 'never-disconnect'
    ? { headersTimeout: 0, requestTimeout: 0, timeout: 0 }
    : {}
}

/** Eight clients without pause, half of them on a new connection each time. */
async function honest(
  server: ServerProcess,
  { access, refresh: first }: Pair,
  ms: number,
): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true })
  const until = performance.now() + ms
  const answers: Answer[] = []
  const greet = (i: number): Promise<Answer> =>
    ask(server, '/hello/', {
      method: 'GET',
      headers: { Authorization: `Bearer ${access}` },
      agent: i % 2 === 0 && agent,
    })
  const client = async (i: number): Promise<void> => {
    for (let refresh = first; performance.now() < until; await sleep(20)) {
      const answer = await (i === 0
        ? askJson(server, '/api/token/refresh/', { refresh }, agent)
        : greet(i)
      ).catch(unanswered)
      answers.push(answer)
      if (i === 0 && answer.status === 200)
        refresh = (JSON.parse(answer.body) as Pair).refresh
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, i) => client(i)))
  agent.destroy()
  return answers
}

const unanswered = ({ message }: Error): Answer => ({
  status: 0,
  headers: {},
  body: message,
  ms: 0,
})

const openIn = ({ pid }: ServerProcess): number => readdirSync(`/proc/${pid}/fd`).length

const mostOpen = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
