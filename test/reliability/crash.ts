import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Pair, signIn } from '../server/client.ts'
import { startCommand, withAda } from '../server/command.ts'
import { whole } from '../server/load.ts'
import { stopwatch, until } from '../time.ts'
import { atLeast, atMost, exactly, trial, withinTime } from './trial.ts'

const CLIENTS = 12

/** Requests without which the trial shows nothing. */
const REFRESHES = 100

/** Milliseconds between two requests of one client. */
const PACE = 40

/** Fault: node:cluster distributes connections round-robin, and ignores what the program sets. */
const ROUND_ROBIN = `data:text/javascript,${encodeURIComponent(`import cluster from 'node:cluster'
Object.defineProperty(cluster, 'schedulingPolicy', { get: () => cluster.SCHED_RR, set() {} })`)}`

/** R25. */
export const crash = trial({
  name: 'R25',
  promise:
    'if a worker is killed under load, a retry is answered by another worker and the client stays signed in',
  databases: ['sqlite', 'postgres'],
  long: { kills: 20 },
  short: { kills: 3 },
  sabotages: [{ name: 'round-robin' }],
  async run(deps, { kills }) {
    await withAda(deps.database)
    const server = await startCommand(deps, {
      database: deps.database,
      words: ['--port', '0', '--workers', '2'],
      execArgv: deps.sabotage === 'round-robin' ? ['--import', ROUND_ROBIN] : [],
    })
    const seen = {
      refreshed: 0,
      broken: 0,
      brokenTwice: 0,
      loggedOut: 0,
      others: [] as string[],
      slowest: 0,
    }
    let isOver = false
    using watch = stopwatch()

    /** Refreshes until stopped; if the connection breaks, retries once with the same token. */
    const client = async ({ refresh: first }: Pair, keeps: boolean): Promise<void> => {
      const agent = new Agent({ keepAlive: keeps, maxSockets: 1 })
      const ask = (refresh: string) =>
        whole(
          {
            port: server.port,
            path: '/api/token/refresh/',
            method: 'POST',
            agent,
            headers: { 'content-type': 'application/json' },
          },
          JSON.stringify({ refresh }),
        )
      for (let refresh = first; !isOver; await sleep(PACE)) {
        const began = watch.ms()
        let { how, text } = await ask(refresh)
        if (!/^\d/.test(how)) {
          seen.broken++
          ;({ how, text } = await ask(refresh))
        }
        seen.slowest = Math.max(seen.slowest, watch.ms() - began)
        if (how === '200') {
          seen.refreshed++
          refresh = (JSON.parse(text) as Pair).refresh
        } else if (how === '401') {
          seen.loggedOut++
          break
        } else if (/^\d/.test(how)) seen.others.push(`${how} ${text}`)
        else seen.brokenTwice++
      }
      agent.destroy()
    }

    const pairs: Pair[] = []
    for (let i = 0; i < CLIENTS; i++) pairs.push(await signIn(server))
    const clients = pairs.map((pair, i) => client(pair, i % 2 === 0))
    for (let i = 0; i < kills; i++) {
      deps.progress(`kill ${i + 1} of ${kills}`)
      await sleep(300)
      const [oldest = 0] = server.workerIds()
      process.kill(oldest, 'SIGKILL')
      // Until then the other worker is alone.
      await server.untilLogged('another worker serves', i + 1)
    }
    await until(() => seen.refreshed >= REFRESHES || seen.loggedOut === CLIENTS)
    isOver = true
    await Promise.all(clients)
    const { code } = await server.stop()
    return [
      atLeast(REFRESHES, 'refreshes', seen.refreshed),
      atMost(kills * CLIENTS, 'connections broken', seen.broken),
      exactly(0, 'broken again at the retry', seen.brokenTwice),
      exactly(0, 'clients signed out', seen.loggedOut),
      {
        promised: '0 other answers',
        seen: `${seen.others.length} ${[...new Set(seen.others)].join(', ')}`.trim(),
        holds: seen.others.length === 0,
      },
      withinTime(5_000, 'ms for the slowest, its retry included', seen.slowest),
      exactly(0, 'as the exit code', code ?? -1),
    ]
  },
})
