import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundOf } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { aServer } from '../services/postgres.ts'
import { type Stopwatch, stopwatch, timed, until } from '../time.ts'
import { Ledger } from './ledger.ts'
import { storeAt } from './store.ts'
import {
  atLeast,
  exactly,
  type Finding,
  type TrialContext,
  trial,
  withinTime,
} from './trial.ts'

const CLIENTS = 16

/** Maximum milliseconds between a crash and the retry. */
const OPTIONS = { tokens: { overlap: 60 }, throttle: { login: null } } as const

/** Milliseconds after which a missing answer is given up. */
const PATIENCE = 120_000

/** R7: kills of the server. */
export const kills = trial({
  name: 'R7',
  promise: 'answered writes survive a kill -9 of the server, and the database is intact',
  databases: ['sqlite', 'postgres'],
  long: { kills: 100 },
  short: { kills: 5 },
  sabotages: [{ name: 'answer-early' }],
  async run(deps, { kills }) {
    const ledger = aLedger(deps)
    const alone = await aStartAlone(deps)
    const seen = { lost: 0, broken: 0, slowest: 0 }
    let server = await start(deps, true)
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    for (let kill = 1; kill <= kills; kill++) {
      await whileWorking(ledger, server, async () => {
        await sleep(randomInt(100, 500))
        await untilWorked(ledger, kill)
        await server.kill()
      })
      if (!isWhole(deps)) seen.broken += 1
      seen.lost += await ledger.lostIn(store)
      if (kill % 10 === 0)
        deps.progress(
          `${kill} kills, ${ledger.size} sessions, ${ledger.answered.refreshes} refreshes`,
        )

      using watch = stopwatch()
      server = await start(deps)
      seen.slowest = Math.max(seen.slowest, await untilAnswered(ledger, server, watch))
    }
    return [
      ...findingsOf(ledger, seen.lost, kills),
      ...(deps.kind === 'sqlite' ? [exactly(0, 'corrupt files', seen.broken)] : []),
      withinTime(
        boundOf(2000, alone),
        'ms from start to first successful answer',
        seen.slowest,
      ),
    ]
  },
})

/** R7: kills of the database, in three ways. */
export const databaseKills = trial({
  name: 'R7-database',
  promise: 'answered writes survive a kill of the database or of its connections',
  databases: ['none'],
  long: { kills: 20 },
  short: { kills: 3 },
  sabotages: [{ name: 'answer-early' }],
  async run(deps, { kills }) {
    const postgres = await aServer()
    if (typeof postgres === 'string') return deps.skip(postgres)
    deps.after(() => postgres.stop('immediate'))
    const ways = [
      async () => {
        await postgres.kill()
        await postgres.start()
      },
      async () => postgres.killBackends(),
      () => postgres.restart('immediate'),
    ]
    const place: TrialContext = { ...deps, kind: 'postgres', database: postgres.url }
    const ledger = aLedger(place)
    const server = await start(place, true)
    let lost = 0
    let unheard = 0
    for (let kill = 0; kill < kills; kill++) {
      await whileWorking(ledger, server, async () => {
        await sleep(randomInt(300, 700))
        await untilWorked(ledger, kill + 1)
        await ways[kill % ways.length]!()
      })
      using watch = stopwatch()
      if ((await untilAnswered(ledger, server, watch)) === Number.POSITIVE_INFINITY)
        unheard += 1
      // Opened later, since the kill would end it together with those of the server.
      const store = await storeAt(postgres.url)
      lost += await ledger.lostIn(store)
      await store.close()
      deps.progress(
        `${kill + 1} kills, ${ledger.size} sessions, ${ledger.answered.refreshes} refreshes`,
      )
    }
    return [
      ...findingsOf(ledger, lost, kills),
      exactly(0, 'kills without an answer afterwards', unheard),
    ]
  },
})

function aLedger({ after }: TrialContext): Ledger {
  const agent = new Agent({ keepAlive: true })
  after(() => agent.destroy())
  return new Ledger(CLIENTS, agent)
}

const start = (deps: TrialContext, isFirst = false): Promise<ServerProcess> =>
  startServer(deps, {
    database: deps.database,
    options: OPTIONS,
    sabotage: deps.sabotage,
    user: isFirst ? ADA : undefined,
  })

/** Milliseconds of an idle server's start on this machine at this moment. */
async function aStartAlone(deps: TrialContext): Promise<number> {
  const { ms, got } = await timed(() => startServer(deps))
  await got.kill()
  return ms
}

/** Refreshes for each kill. */
const REFRESHES = 10

/** Until the clients have got the answers that the findings ask for, however busy the machine is. */
const untilWorked = ({ answered }: Ledger, kills: number): Promise<void> =>
  until(() => answered.refreshes >= kills * REFRESHES && answered.signOuts > 0)

/** Runs the clients until `harm` is done. */
async function whileWorking(
  ledger: Ledger,
  at: ServerProcess,
  harm: () => Promise<void>,
): Promise<void> {
  let isOver = false
  const working = ledger.work(
    () => at,
    () => isOver,
  )
  try {
    await harm()
  } finally {
    isOver = true
    await working
  }
}

/**
 * Runs the clients until one refresh succeeds, or the time is over.
 *
 * @returns when it succeeded
 */
async function untilAnswered(
  ledger: Ledger,
  at: ServerProcess,
  watch: Stopwatch,
): Promise<number> {
  const { refreshes } = ledger.answered
  const deadline = performance.now() + PATIENCE
  let answeredAt: number | undefined
  const isAnswered = (): boolean => {
    if (ledger.answered.refreshes > refreshes) answeredAt ??= watch.ms()
    return answeredAt !== undefined
  }
  await ledger.work(
    () => at,
    () => isAnswered() || performance.now() > deadline,
  )
  return answeredAt ?? Number.POSITIVE_INFINITY
}

function findingsOf(
  { answered, refused }: Ledger,
  lost: number,
  kills: number,
): readonly Finding[] {
  const { signIns, refreshes, signOuts } = answered
  return [
    atLeast(kills * REFRESHES, 'refreshes answered', refreshes),
    atLeast(1, 'sign-ins answered', signIns),
    atLeast(1, 'sign-outs answered', signOuts),
    exactly(0, 'of them lost', lost),
    exactly(0, 'clients signed out', refused),
  ]
}

function isWhole({ kind, database }: TrialContext): boolean {
  if (kind !== 'sqlite') return true
  const plain = new DatabaseSync(database)
  const [row] = plain.prepare('pragma integrity_check').all()
  plain.close()
  return row?.integrity_check === 'ok'
}
