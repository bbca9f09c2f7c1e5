import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask, askJson, type Pair, signIn } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { aServer } from '../services/postgres.ts'
import { aSmallDisk, type Disk } from '../services/small-disk.ts'
import { strace } from '../services/strace.ts'
import { stopwatch } from '../time.ts'
import { atLeast, exactly, type Finding, type TrialContext, trial } from './trial.ts'

const SIGN_INS = 20

/** The system calls by which SQLite changes a file, and the errors of a broken disk. */
const READ_ONLY = [
  '-e',
  'trace=pwrite64,ftruncate',
  '-e',
  'inject=pwrite64,ftruncate:error=EROFS',
  '-o',
  '/dev/null',
]

/** A fault that prevents writes, and its repair. */
type Trouble = () => Promise<() => unknown>

/** Refused writes after which the disk counts as full. */
const REFUSED = 20

/** R28. A read-only PostgreSQL is part of R10. */
export const diskFull = trial({
  name: 'R28',
  promise:
    'on a full or read-only disk writes are answered 503 and reads go on; after the repair everything works and nothing is lost',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [{ name: 'outage-as-bug' }],
  async run(deps, { rounds }) {
    const disk = aSmallDisk(deps.kind === 'sqlite' ? 4 : 160)
    if (typeof disk === 'string') return deps.skip(disk)
    deps.after(() => disk.remove())
    const { url, isWhole } = await databaseOn(disk, deps)
    const server = await startServer(deps, { database: url, sabotage: deps.sabotage })
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())

    const clients: Client[] = []
    for (let i = 0; i < SIGN_INS; i++)
      clients.push(new Client(server, await signIn(server), agent))
    const full: Trouble = async () => {
      disk.fill()
      return disk.free
    }
    const readOnly: Trouble = async () => {
      const tracer = await strace([server.pid!], READ_ONLY)
      if (typeof tracer === 'string') return deps.skip(tracer)
      deps.after(() => tracer.kill())
      return tracer.end
    }
    const troubles =
      deps.kind === 'sqlite' ? { full, 'is read-only': readOnly } : { full }
    const findings: Finding[] = []
    for (let round = 0; round < rounds; round++) {
      for (const [name, trouble] of Object.entries(troubles)) {
        deps.progress(`round ${round + 1}: ${name}`)
        const found = await during(trouble, server, clients, agent)
        findings.push(
          ...found.map((each) => ({ ...each, promised: `${name}: ${each.promised}` })),
        )
      }
    }
    await server.stop()
    return [...findings, exactly(0, 'faults in the database', await isWhole())]
  },
})

/** A client that refreshes. */
class Client {
  readonly #server: ServerProcess
  readonly #agent: Agent
  #pair: Pair

  constructor(server: ServerProcess, pair: Pair, agent: Agent) {
    this.#server = server
    this.#pair = pair
    this.#agent = agent
  }

  async refresh(): Promise<Answer> {
    const answer = await askJson(
      this.#server,
      '/api/token/refresh/',
      { refresh: this.#pair.refresh },
      this.#agent,
    )
    if (answer.status === 200) this.#pair = JSON.parse(answer.body) as Pair
    return answer
  }

  /** A guarded route, which reads the user. */
  greet(): Promise<Answer> {
    const headers = { Authorization: `Bearer ${this.#pair.access}` }
    return ask(this.#server, '/hello/', { method: 'GET', headers, agent: this.#agent })
  }
}

async function during(
  trouble: Trouble,
  server: ServerProcess,
  clients: readonly Client[],
  agent: Agent,
): Promise<readonly Finding[]> {
  const makeGood = await trouble()
  const writes: Answer[] = []
  const reads: Answer[] = []
  // Space reserved before is used up first.
  using full = stopwatch()
  while (
    full.ms() < 20_000 &&
    !(writes.length > 200 && writes.slice(-50).every(({ status }) => status === 503))
  ) {
    for (const client of clients) {
      writes.push(await client.refresh())
      reads.push(await client.greet())
    }
    writes.push(await askJson(server, '/api/token/', ADA, agent))
  }
  await makeGood()
  using freed = stopwatch()
  while ((await clients[0]!.refresh()).status !== 200 && freed.ms() < 10_000)
    await sleep(50)
  const recovered = freed.ms() / 1000
  const after = await Promise.all(clients.map((client) => client.refresh()))

  const refused = refusedOf(writes)
  const others = writes.filter(({ status }) => status !== 200 && status !== 503)
  const mute = refused.filter(({ headers }) => !(Number(headers['retry-after']) >= 1))
  return [
    atLeast(REFUSED, 'writes answered 503', refused.length),
    exactly(0, 'answers that are neither 200 nor 503', others.length),
    exactly(0, '503s without Retry-After', mute.length),
    exactly(0, 'failed reads', reads.filter(({ status }) => status !== 200).length),
    {
      promised: '≤ 5 s until writes succeed again',
      seen: `${recovered.toFixed(1)} s`,
      holds: recovered <= 5,
    },
    exactly(0, 'sign-ins lost', after.filter(({ status }) => status !== 200).length),
  ]
}

const refusedOf = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter(({ status }) => status === 503)

/** @returns how to connect, and the number of faults that a full check of the database finds */
async function databaseOn(
  disk: Disk,
  deps: TrialContext,
): Promise<{ url: string; isWhole(): Promise<number> }> {
  if (deps.kind === 'sqlite') {
    const file = join(disk.folder, 'watchword.db')
    return { url: file, isWhole: async () => faultsOf(file) }
  }
  const server = await aServer(
    { min_wal_size: '32MB', max_wal_size: '48MB' },
    disk.folder,
  )
  if (typeof server === 'string') return deps.skip(server)
  deps.after(() => server.kill())
  return {
    url: server.url,
    async isWhole() {
      // A restart replays the write-ahead log.
      await server.restart('immediate')
      return 0
    },
  }
}

function faultsOf(file: string): number {
  const db = new DatabaseSync(file)
  const rows = db.prepare('pragma integrity_check').all() as {
    readonly integrity_check: string
  }[]
  db.close()
  return rows.filter(({ integrity_check }) => integrity_check !== 'ok').length
}
