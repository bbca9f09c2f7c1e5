import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { statelessBearer } from '../../src/authentication/bearer.ts'
import { watchword } from '../../src/watchword.ts'
import {
  type Answer,
  ask,
  askJson,
  boundOf,
  type Pair,
  p99,
  signIn,
} from '../server/client.ts'
import { type ServerProcess, startServer } from '../server/process.ts'
import { SECRET } from '../server/secret.ts'
import { aServer, run, type Server } from '../services/postgres.ts'
import { pause, stopwatch } from '../time.ts'
import {
  atLeast,
  exactly,
  type Finding,
  type TrialContext,
  trial,
  withinTime,
} from './trial.ts'

const CLIENTS = 20

/** Milliseconds after the database's return in which everything must work again. */
const RECOVERY = 5000

/** Milliseconds without an error that count as recovered. */
const QUIET = 1500

/** Maximum milliseconds until an unresponsive server is given up. */
const GIVEN_UP = 5500

/** What happens to a database, until it is reachable again. */
const OUTAGES: Readonly<Record<string, (server: Server, ms: number) => Promise<void>>> = {
  async 'is stopped'(server, ms) {
    await server.stop()
    await sleep(ms)
    await server.start()
  },
  async 'loses its backends by kill -9'(server) {
    server.killBackends()
    await sleep(500)
  },
  async 'is restarted at once'(server) {
    await server.restart('immediate')
  },
  /** As set by an operator, or as a standby (R28). */
  async 'is read-only'({ url }, ms) {
    await run(url, 'alter system set default_transaction_read_only = on')
    await run(url, 'select pg_reload_conf()')
    await sleep(ms)
    await run(url, 'alter system reset default_transaction_read_only')
    await run(url, 'select pg_reload_conf()')
  },
  async hangs(server, ms) {
    server.pause()
    await sleep(ms)
    server.resume()
  },
}

/** R10. */
export const outage = trial({
  name: 'R10',
  promise:
    'an unavailable database costs immediate 503s and nothing else, and everything works when it is back',
  databases: ['postgres'],
  long: { outages: Object.keys(OUTAGES), ms: 10_000 },
  short: { outages: ['is stopped', 'is read-only', 'hangs'], ms: 2000 },
  sabotages: [{ name: 'outage-as-bug' }, { name: 'retry-without-limit' }],
  async run(deps, { outages, ms }) {
    const postgres = await aServer()
    if (typeof postgres === 'string') return deps.skip(postgres)
    deps.after(() => postgres.kill())
    const server = await startServer(deps, {
      database: postgres.url,
      sabotage: deps.sabotage,
    })
    const load = await theLoad(deps, server, postgres.url)
    const { clients } = await load.during(() => sleep(1000))
    const alone = Math.max(...clients.map(({ ms }) => ms))
    const findings: Finding[] = []
    for (const name of outages) {
      deps.progress(name)
      const answers = await load.during(() => OUTAGES[name]!(postgres, ms))
      findings.push(...findingsOf(name, answers, alone))
    }
    const lost = await load.stop()
    return [
      ...findings,
      exactly(0, 'sign-ins lost', lost),
      exactly(0, 'processes ended', isAlive(server.pid!) ? 0 : 1),
    ]
  },
})

/** An answer and its time. */
type Had = Answer & { readonly at: number }

/**
 * The answers from the beginning of an outage until everything must work again, and for a while
 * after.
 */
interface Phase {
  readonly clients: readonly Had[]
  readonly checks: readonly Had[]
  /** Milliseconds per turn of the event loop, beside each check: the control. */
  readonly turns: readonly number[]
  /** When the database was back. */
  readonly backAt: number
}

/** @param alone the longest answer without a fault, which measures the load of the machine */
function findingsOf(
  name: string,
  { clients, checks, turns, backAt }: Phase,
  alone: number,
): readonly Finding[] {
  const refused = clients.filter(({ status }) => status === 503)
  const others = clients.filter(({ status }) => status !== 200 && status !== 503)
  const last = Math.max(
    backAt,
    ...clients.filter(({ status }) => status !== 200).map(({ at }) => at),
  )
  const mute = refused.filter(({ headers }) => !(Number(headers['retry-after']) >= 1))
  const slowest = Math.max(0, ...refused.map(({ ms }) => ms))
  const unchecked = checks.filter(({ status }) => status !== 200)
  return [
    atLeast(1, `answers 503 when it ${name}`, refused.length),
    exactly(0, 'answers that are neither 200 nor 503', others.length),
    exactly(0, 'of them without Retry-After', mute.length),
    withinTime(
      boundOf(name === 'hangs' ? GIVEN_UP : 1000, alone),
      'ms for the slowest of them',
      slowest,
    ),
    withinTime(RECOVERY, 'ms from its return to the last error', last - backAt),
    exactly(0, `of ${checks.length} stateless checks that failed`, unchecked.length),
    withinTime(
      boundOf(100, p99(turns)),
      'ms for a stateless check, p99',
      p99(checks.map(({ ms }) => ms)),
    ),
  ]
}

/**
 * Clients that refresh, each with one session and one request at a time, and a verify-only
 * service.
 */
async function theLoad(deps: TrialContext, server: ServerProcess, database: string) {
  const agent = new Agent({ keepAlive: true })
  deps.after(() => agent.destroy())
  const checking = watchword({
    database,
    secret: SECRET,
    authentication: [statelessBearer()],
    tokens: { revocationMaxAge: '5m' },
    log: () => {},
  })
  deps.after(() => checking.close())
  const had = { clients: [] as Had[], checks: [] as Had[], turns: [] as number[] }
  let isOver = false
  const watch = stopwatch()
  deps.after(() => watch[Symbol.dispose]())

  /** The newest token pair of each; `undefined` once the server has rejected the session. */
  const pairs: (Pair | undefined)[] = []
  for (let i = 0; i < CLIENTS; i++) pairs.push(await signIn(server))

  const { access } = pairs[0]!
  const refresh = async (i: number): Promise<Had> => {
    const began = watch.ms()
    const answer = await askJson(
      server,
      '/api/token/refresh/',
      { refresh: pairs[i]!.refresh },
      agent,
    ).catch(failed)
    if (answer.status === 200) pairs[i] = JSON.parse(answer.body) as Pair
    if (answer.status === 401) pairs[i] = undefined
    return { ...answer, ms: watch.ms() - began, at: watch.ms() }
  }
  const greet = async (): Promise<Had> => {
    const headers = { Authorization: `Bearer ${access}` }
    const began = watch.ms()
    const answer = await ask(server, '/hello/', { method: 'GET', headers, agent }).catch(
      failed,
    )
    return { ...answer, ms: watch.ms() - began, at: watch.ms() }
  }
  const client = async (i: number): Promise<void> => {
    while (!isOver && pairs[i] !== undefined) {
      const answer = await refresh(i)
      had.clients.push(answer, await greet())
      // Within the overlap: a well-behaved client without an answer retries.
      await sleep(answer.status === 200 ? 50 : 200)
    }
  }
  const check = async (): Promise<void> => {
    while (!isOver) {
      const began = performance.now()
      const headers = { Authorization: `Bearer ${access}` }
      const who = await checking
        .authenticate(new Request('http://localhost/', { headers }))
        .catch(() => undefined)
      const ms = performance.now() - began
      had.checks.push({
        status: who === undefined ? 0 : 200,
        headers: {},
        body: '',
        ms,
        at: watch.ms(),
      })
      had.turns.push(await timeOfTurn())
      await sleep(20)
    }
  }
  deps.after(() => {
    isOver = true
  })
  const everybody = Promise.all([...pairs.keys()].map(client).concat(check()))
  await sleep(500)

  return {
    async during(happens: () => Promise<void>): Promise<Phase> {
      had.clients.length = 0
      had.checks.length = 0
      had.turns.length = 0
      await happens()
      const backAt = watch.ms()
      const isQuiet = (): boolean =>
        had.clients.every(({ at, status }) => status === 200 || at < watch.ms() - QUIET)
      do await pause(QUIET)
      while (!isQuiet() && watch.ms() < backAt + 2 * RECOVERY)
      return {
        clients: [...had.clients],
        checks: [...had.checks],
        turns: [...had.turns],
        backAt,
      }
    },
    /** @returns how many sessions cannot be refreshed */
    async stop(): Promise<number> {
      isOver = true
      await everybody
      const last = await Promise.all(
        pairs.map((pair, i) => (pair === undefined ? undefined : refresh(i))),
      )
      return last.filter((answer) => answer?.status !== 200).length
    },
  }
}

async function timeOfTurn(): Promise<number> {
  const began = performance.now()
  await sleep(0)
  return performance.now() - began
}

/** Stands for a request without any answer. */
const failed = (error: Error): Answer => ({
  status: 0,
  headers: {},
  body: error.message,
  ms: 0,
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
