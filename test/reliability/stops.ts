import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from '../server/client.ts'
import { type Started, startCommand, withAda } from '../server/command.ts'
import { type Load, load } from '../server/load.ts'
import { contention, until } from '../time.ts'
import {
  atLeast,
  atMost,
  exactly,
  type Finding,
  type TrialContext,
  trial,
  unavailable,
} from './trial.ts'

/** Requests per second. */
const RATE = 500

/** Without which the trial shows nothing. */
const ANSWERS = 100

const start = (deps: TrialContext, port = 0): Promise<Started> =>
  startCommand(deps, {
    database: deps.database,
    words: ['--port', String(port), '--workers', '2'],
  })

async function theLoad(
  servers: readonly Started[],
  ports: () => readonly number[],
): Promise<Load> {
  const { access } = await signIn(servers[0]!)
  return load({ ports, rate: RATE, keeping: 20, fresh: 5, access })
}

const nothingLost = (
  { lost, refused, answered, unavailable: busy }: Load,
  rate: number,
  before: number,
): readonly Finding[] => [
  unavailable(busy, Math.max(before, contention())),
  {
    promised: '0 requests lost',
    seen: `${lost.length} ${[...new Set(lost)].join(', ')}`.trim(),
    holds: lost.length === 0,
  },
  exactly(0, 'requests that reached no server', refused),
  atLeast(ANSWERS, `requests answered (${Math.round(rate)} a second)`, answered),
]

/** R16: two servers, stopped and started in turn. */
export const stops = trial({
  name: 'R16',
  promise:
    'a server stopped under load answers everything it received, and its clients use the other one',
  databases: ['sqlite', 'postgres'],
  long: { stops: 20 },
  short: { stops: 2 },
  sabotages: [{ name: 'stop-at-once' }],
  async run(deps, { stops }) {
    await withAda(deps.database)
    const before = contention()
    const servers = [await start(deps), await start(deps)]
    const ports = servers.map(({ port }) => port)
    // Some clients start with one server, some with the other.
    let turn = 0
    const running = await theLoad(servers, () =>
      turn++ % 2 === 0 ? ports : ports.toReversed(),
    )
    const ends: Awaited<ReturnType<Started['stop']>>[] = []
    for (let i = 0; i < stops; i++) {
      deps.progress(`stop ${i + 1} of ${stops}`)
      await sleep(700)
      const which = i % 2
      ends.push(
        await servers[which]!.stop(
          deps.sabotage === 'stop-at-once' ? 'SIGKILL' : 'SIGTERM',
        ),
      )
      servers[which] = await start(deps, ports[which])
    }
    await sleep(300)
    await until(() => running.answered >= ANSWERS)
    const rate = await running.stop()
    return [
      ...nothingLost(running, rate, before),
      atMost(
        5 * stops,
        'new connections reset, and answered by the other server',
        running.resetEarly,
      ),
      atMost(10_000, 'ms from SIGTERM to exit', Math.max(...ends.map(({ ms }) => ms))),
      exactly(stops, 'exit codes 0', ends.filter(({ code }) => code === 0).length),
    ]
  },
})

/** R16, for the workers of one server. */
export const reloads = trial({
  name: 'R16-reload',
  promise: 'a reload under load loses and refuses no request',
  databases: ['sqlite', 'postgres'],
  long: { reloads: 10 },
  short: { reloads: 1 },
  sabotages: [{ name: 'reload-at-once' }],
  async run(deps, { reloads }) {
    await withAda(deps.database)
    const before = contention()
    const server = await start(deps)
    const running = await theLoad([server], () => [server.port])
    let replaced = 0
    for (let i = 1; i <= reloads; i++) {
      deps.progress(`reload ${i} of ${reloads}`)
      await sleep(500)
      const old = server.workerIds()
      if (deps.sabotage === 'reload-at-once') {
        for (const pid of old) process.kill(pid, 'SIGKILL')
        await server.untilLogged('another worker serves', 2 * i)
      } else {
        server.child.kill('SIGHUP')
        await server.untilLogged('"reloaded"', i)
      }
      replaced += old.filter((pid) => !server.workerIds().includes(pid)).length
    }
    await sleep(300)
    await until(() => running.answered >= ANSWERS)
    const rate = await running.stop()
    const { code } = await server.stop()
    return [
      ...nothingLost(running, rate, before),
      exactly(0, 'new connections reset', running.resetEarly),
      exactly(2 * reloads, 'workers replaced', replaced),
      exactly(0, 'as the exit code', code ?? -1),
    ]
  },
})
