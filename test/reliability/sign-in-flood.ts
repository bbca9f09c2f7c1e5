import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { defaultHashesAtOnce } from '../../src/passwords/concurrency.ts'
import { type Answer, ask, askJson, boundOf, p99, signIn } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import type { FloodAnswer } from './sign-in-flooder.ts'
import {
  atLeast,
  atMost,
  exactly,
  type TrialContext,
  trial,
  withinTime,
} from './trial.ts'

/** Sign-ins per second. */
const OFFERED = 300

/** The connections of the flood. */
const CONNECTIONS = 100

/** Milliseconds without and with the flood, in turns. */
const TURN = 2500

/** Until the queue of hashes is full. */
const RISE = 500

const MIB = 2 ** 20

/** R21; its short form is test/server/log-in-flood.system.test.ts. */
export const signInFlood = trial({
  name: 'R21',
  promise: 'a flood of sign-ins does not stop the service',
  databases: ['sqlite', 'postgres'],
  long: { turns: 11 },
  sabotages: [{ name: 'no-queue' }],
  async run(deps, { turns }) {
    // Many addresses: the throttle would stop a single one before the hashing limit is reached.
    const options = {
      throttle: { login: null },
      ...(deps.sabotage === 'no-queue' ? { hashesAtOnce: 64 } : {}),
    }
    const server = await startServer(deps, { database: deps.database, options })
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const checksFor = checksOf(server, (await signIn(server)).access, agent)
    const flooder = await startFlooder(deps, server)
    const isQuiet = await isMachineQuiet()
    await setPriorities(deps, { server, flooder, isQuiet })

    const ratios: number[] = []
    const alone: Answer[] = []
    const checks: Answer[] = []
    const signIns: FloodAnswer[] = []
    let slowestRecovery = 0
    const atOnce = defaultHashesAtOnce()
    const { hashesAtOnce, hashes, residentBefore, residentPeak } = await server.measure(
      async () => {
        for (let turn = 1; turn <= turns; turn++) {
          const before = await checksFor(TURN)
          flooder.begin()
          await sleep(RISE)
          const during = await checksFor(TURN)
          signIns.push(...(await flooder.end()))
          slowestRecovery = Math.max(slowestRecovery, await recoveryOf(server, agent))
          alone.push(...before)
          checks.push(...during)
          const ratio = p99(msOf(during)) / p99(msOf(before))
          ratios.push(ratio)
          deps.progress(
            `turn ${turn}: ${signIns.length} sign-ins, checks p99 ${ratio.toFixed(2)} times`,
          )
        }
      },
    )
    const admitted = signIns.filter(({ status }) => status === 401)
    const refused = signIns.filter(({ status }) => status === 503)
    const mute = refused.filter(({ retryAfter = 0 }) => !(retryAfter >= 1))
    const [calm, flooded] = [p99(msOf(alone)), p99(msOf(checks))]
    const [low, ratio, high] = quartilesOf(ratios)
    return [
      exactly(
        0,
        'answers that are neither 401 nor 503',
        signIns.length - admitted.length - refused.length,
      ),
      atLeast(1, 'rejected with 503', refused.length),
      exactly(0, 'of them without Retry-After', mute.length),
      withinTime(
        boundOf(100, calm),
        'ms until they are rejected, p99',
        p99(msOf(refused)),
      ),
      atMost(atOnce, 'hashes at once', hashesAtOnce),
      atMost(admitted.length + turns, 'hashes, one per admitted sign-in', hashes),
      withinTime(
        10_000,
        'ms until the last of them is answered',
        Math.max(...msOf(admitted)),
      ),
      exactly(
        0,
        `of ${checks.length} token checks that failed`,
        checks.filter(({ status }) => status !== 200).length,
      ),
      withinTime(boundOf(100, calm), 'ms for a token check, p99', flooded),
      {
        ...withinTime(2, 'times the p99 just before the flood, median of turns', ratio),
        seen: `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}; ${calm.toFixed(2)} and ${flooded.toFixed(2)} ms; ${isQuiet ? 'quiet machine' : 'ahead of other programs'})`,
      },
      atMost(
        availableParallelism() * 160 + 50,
        'MiB more memory',
        (residentPeak - residentBefore) / MIB,
      ),
      atMost(10_000, 'ms until a sign-in succeeds again', slowestRecovery),
    ]
  },
})

/** Checks a token again and again. The pauses differ, so that they do not keep time with anything of the server. */
function checksOf(server: ServerProcess, access: string, agent: Agent) {
  const headers = { Authorization: `Bearer ${access}` }
  return async (ms: number): Promise<readonly Answer[]> => {
    const answers: Answer[] = []
    const until = performance.now() + ms
    while (performance.now() < until) {
      answers.push(await ask(server, '/hello/', { method: 'GET', headers, agent }))
      await sleep(1 + Math.random() * 4)
    }
    return answers
  }
}

async function startFlooder(deps: TrialContext, { port }: ServerProcess) {
  const program = join(import.meta.dirname, 'sign-in-flooder.ts')
  const args = [port, OFFERED, CONNECTIONS].map(String)
  const child = fork(program, args, { execPath: process.execPath, execArgv: [] })
  deps.after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return {
    pid: child.pid as number,
    begin: () => void child.send('begin'),
    async end(): Promise<readonly FloodAnswer[]> {
      child.send('end')
      return (await once(child, 'message'))[0]
    },
  }
}

/** @returns how many milliseconds it takes until a sign-in succeeds */
async function recoveryOf(server: ServerProcess, agent: Agent): Promise<number> {
  const over = performance.now()
  while ((await askJson(server, '/api/token/', ADA, agent)).status !== 200)
    await sleep(50)
  return performance.now() - over
}

/** Whether other programs leave the processors idle for most of a second. */
async function isMachineQuiet(): Promise<boolean> {
  const idleMillis = (): number => cpus().reduce((sum, { times }) => sum + times.idle, 0)
  const before = idleMillis()
  await sleep(1000)
  return idleMillis() - before > 800 * cpus().length
}

const run = promisify(execFile)

/**
 * Clients run on other machines: here their measuring must not wait for a processor on which the server hashes. If other programs are
 * busy, the server goes ahead of them, but for its hashing threads, and so does the flood, behind the server: what is measured then is
 * what the event loop itself is delayed by. Real-time priorities need Linux and root; without, nothing is changed.
 */
async function setPriorities(
  deps: TrialContext,
  { server, flooder, isQuiet }: SetPriorities,
): Promise<void> {
  const threads = isQuiet
    ? threadsOf(process.pid, 3)
    : [
        ...threadsOf(process.pid, 3),
        ...threadsOf(server.pid, 2).filter(
          ({ name }) => !name.startsWith('libuv-worker'),
        ),
        ...threadsOf(flooder.pid, 1),
      ]
  const set = threads.map(({ id, priority }) =>
    run('chrt', ['-f', '-p', `${priority}`, id]),
  )
  deps.after(() => run('chrt', ['-a', '-o', '-p', '0', `${process.pid}`]).catch(() => {}))
  const results = await Promise.allSettled(set)
  if (results.some(({ status }) => status === 'rejected'))
    deps.progress('no real-time priority: other programs may delay what is measured')
}

interface SetPriorities {
  readonly server: ServerProcess
  readonly flooder: { readonly pid: number }
  readonly isQuiet: boolean
}

/** The threads of a process; none on other systems than Linux. */
function threadsOf(pid: number | undefined, priority: number) {
  const folder = `/proc/${pid}/task`
  if (process.platform !== 'linux') return []
  return readdirSync(folder).map((id) => {
    const name = readFileSync(`${folder}/${id}/comm`, 'utf8')
    return { id, name, priority }
  })
}

const msOf = (answers: readonly { readonly ms: number }[]): readonly number[] =>
  answers.map(({ ms }) => ms)

function quartilesOf(values: readonly number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN
  return [at(0.25), at(0.5), at(0.75)]
}
