import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, askJson, type Pair, p99, signIn } from '../server/client.ts'
import { type ServerProcess, startServer } from '../server/process.ts'
import { run } from '../services/postgres.ts'
import { exactly, type Finding, type TrialContext, trial, withinTime } from './trial.ts'

const CLIENTS = 8

/** Milliseconds between an answer and the next request of a client. */
const PAUSE = 20

/**
 * Milliseconds with and without flushing, in turns, so that other load on the machine affects
 * both.
 */
const TURN = 1000

/** R30. */
export const flushing = trial({
  name: 'R30',
  promise: 'a flush of expired sessions does not disturb requests',
  databases: ['sqlite', 'postgres'],
  long: { expired: 1_000_000 },
  short: { expired: 40_000 },
  sabotages: [{ name: 'no-pause', databases: ['sqlite'] }],
  async run(deps, { expired }) {
    const server = await startServer(deps, { database: deps.database })
    await seedExpired(deps, expired)
    const load = await theLoad(deps, server)
    const flusher = await aFlusher(deps)
    const alone: Took = { refreshes: [], routes: [] }
    const meanwhile: Took = { refreshes: [], routes: [] }
    let failed = 0
    for (let turn = 1; !flusher.isDone(); turn++) {
      failed += await load.during(alone, () => sleep(TURN))
      failed += await load.during(meanwhile, () => flusher.goFor(TURN))
      if (turn % 20 === 0)
        deps.progress(
          `${flusher.deleted()} deleted, ${Math.round((flusher.deleted() / turn / TURN) * 1000)} a second`,
        )
    }
    return [
      exactly(0, 'failed requests', failed),
      ...(['refreshes', 'routes'] as const).map((kind) =>
        slowdown(kind, alone[kind], meanwhile[kind]),
      ),
    ]
  },
})

/** The flushing process, which can be paused. */
async function aFlusher({ database, sabotage, after }: TrialContext) {
  const args = [database, ...(sabotage === undefined ? [] : [sabotage])]
  const child = fork(join(import.meta.dirname, 'flusher.ts'), args, {
    execPath: process.execPath,
    execArgv: [],
  })
  after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  let deleted = 0
  let isDone = false
  child.on('message', (so: { readonly deleted: number }) => {
    deleted = so.deleted
  })
  child.on('exit', () => {
    isDone = true
  })
  const send = (word: 'go' | 'hold'): void => {
    // It may finish at this moment: then the channel is closed, which the callback receives instead of the trial.
    if (child.connected) child.send(word, () => {})
  }
  return {
    deleted: () => deleted,
    isDone: () => isDone,
    async goFor(ms: number): Promise<void> {
      send('go')
      await sleep(ms)
      send('hold')
    },
  }
}

/** Durations of requests, in milliseconds. */
interface Took {
  readonly refreshes: number[]
  readonly routes: number[]
}

function slowdown(
  kind: string,
  alone: readonly number[],
  meanwhile: readonly number[],
): Finding {
  const [before, now] = [p99(alone), p99(meanwhile)]
  const finding = withinTime(2, `times the p99 of ${kind} alone`, now / before)
  return {
    ...finding,
    seen: `${finding.seen} (${before.toFixed(1)} ms, ${now.toFixed(1)} ms of ${meanwhile.length})`,
  }
}

async function theLoad(deps: TrialContext, server: ServerProcess) {
  const agent = new Agent({ keepAlive: true })
  deps.after(() => agent.destroy())
  let taken: Took = { refreshes: [], routes: [] }
  let failed = 0
  let isOver = false

  const client = async (pair: Pair): Promise<void> => {
    let { access, refresh } = pair
    while (!isOver) {
      const [answer, route] = [
        await askJson(server, '/api/token/refresh/', { refresh }, agent),
        await ask(server, '/hello/', {
          method: 'GET',
          headers: { Authorization: `Bearer ${access}` },
          agent,
        }),
      ]
      taken.refreshes.push(answer.ms)
      taken.routes.push(route.ms)
      if (answer.status === 200) ({ access, refresh } = JSON.parse(answer.body) as Pair)
      if (answer.status !== 200 || route.status !== 200) failed += 1
      await sleep(PAUSE)
    }
  }
  const pairs: Pair[] = []
  for (let i = 0; i < CLIENTS; i++) pairs.push(await signIn(server))
  deps.after(() => {
    isOver = true
  })
  void Promise.all(pairs.map(client)).catch(() => {})
  await sleep(1000)

  return {
    /** @returns how many failed requests */
    async during(took: Took, happens: () => Promise<void>): Promise<number> {
      taken = took
      failed = 0
      await happens()
      taken = { refreshes: [], routes: [] }
      return failed
    },
  }
}

/** Sessions expired long ago, of many users, in no order, as after months of use. */
const insertExpired = (table: string, id: string): string => `
  insert into sessions (id, user_id, generation, jti, created_at, expires_at, idle_expires_at, epoch)
  select ${id}, 'u' || (n % 100000), 3, 'jti-' || n, 1000000000 + n, 1100000000 + n, 1100000000 + n, 0 from ${table}`

async function seedExpired(
  { kind, database }: TrialContext,
  expired: number,
): Promise<void> {
  if (kind === 'postgres')
    return run(
      database,
      insertExpired(`generate_series(1, ${expired}) as n`, 'md5(n::text)'),
    )
  const db = new DatabaseSync(database, { timeout: 10_000 })
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${expired})
    ${insertExpired('numbers', 'lower(hex(randomblob(16)))')}`)
  db.close()
}
