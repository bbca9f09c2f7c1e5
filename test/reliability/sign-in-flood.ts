import { Agent } from 'node:http'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask, askJson, boundOf, p99, signIn } from '../server/client.ts'
import { ADA, startServer } from '../server/process.ts'
import { atLeast, atMost, exactly, trial, withinTime } from './trial.ts'

/** Sign-ins per second. */
const OFFERED = 300

/** The accounts of the flood. */
const CONNECTIONS = 100

/** Milliseconds with and without the flood, in turns. */
const TURN = 5000
const CALM = 3000

const WRONG = { username: ADA.username, password: 'not the password' }
const MIB = 2 ** 20

/** R21; its short form is test/server/log-in-flood.test.ts. */
export const signInFlood = trial({
  name: 'R21',
  promise: 'a flood of sign-ins does not stop the service',
  databases: ['sqlite', 'postgres'],
  long: { turns: 12 },
  sabotages: [{ name: 'no-queue' }],
  async run(deps, { turns }) {
    // Many addresses: the throttle would stop a single one before the hashing limit is reached.
    const options = {
      throttle: { login: null },
      ...(deps.sabotage === 'no-queue' ? { hashesAtOnce: 64 } : {}),
    }
    const server = await startServer(deps, { database: deps.database, options })
    const agent = new Agent({ keepAlive: true })
    // Node accepts one connection per event-loop turn; the trial measures what follows.
    const flooding = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    deps.after(() => {
      agent.destroy()
      flooding.destroy()
    })
    const { access } = await signIn(server)
    await Promise.all(
      Array.from({ length: 2 * CONNECTIONS }, () =>
        askJson(server, '/api/token/', {}, flooding),
      ),
    )

    const checksFor = async (ms: number): Promise<readonly Answer[]> => {
      const answers: Answer[] = []
      const headers = { Authorization: `Bearer ${access}` }
      for (
        const until = performance.now() + ms;
        performance.now() < until;
        await sleep(5)
      ) {
        answers.push(await ask(server, '/hello/', { method: 'GET', headers, agent }))
      }
      return answers
    }
    const alone: Answer[] = []
    const checks: Answer[] = []
    const signIns: Answer[] = []
    let slowestRecovery = 0
    const { hashesAtOnce, hashes, residentBefore, residentPeak } = await server.measure(
      async () => {
        for (let turn = 1; turn <= turns; turn++) {
          alone.push(...(await checksFor(CALM)))
          const flood = offer(() => askJson(server, '/api/token/', WRONG, flooding))
          checks.push(...(await checksFor(TURN)))
          signIns.push(...(await flood.end()))
          const over = performance.now()
          while ((await askJson(server, '/api/token/', ADA, agent)).status !== 200)
            await sleep(50)
          slowestRecovery = Math.max(slowestRecovery, performance.now() - over)
          deps.progress(
            `turn ${turn}: ${signIns.length} sign-ins, checks p99 ${p99(msOf(checks)).toFixed(1)} ms`,
          )
        }
      },
    )
    const admitted = signIns.filter(({ status }) => status === 401)
    const refused = signIns.filter(({ status }) => status === 503)
    const mute = refused.filter(({ headers }) => !(Number(headers['retry-after']) >= 1))
    const [calm, flooded] = [p99(msOf(alone)), p99(msOf(checks))]
    const cores = availableParallelism()
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
      atMost(cores, 'hashes at once', hashesAtOnce),
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
        ...withinTime(2, 'times its p99 without the flood', flooded / calm),
        seen: `${(flooded / calm).toFixed(1)} (${calm.toFixed(1)} ms, ${flooded.toFixed(1)} ms)`,
      },
      atMost(cores * 160 + 50, 'MiB more memory', (residentPeak - residentBefore) / MIB),
      atMost(10_000, 'ms until a sign-in succeeds again', slowestRecovery),
    ]
  },
})

/** Poisson arrivals, as from independent users: sometimes several at once, sometimes none. */
function offer(signIn: () => Promise<Answer>): { end(): Promise<readonly Answer[]> } {
  const offered: Promise<Answer>[] = []
  let next = performance.now()
  const flood = setInterval(() => {
    for (
      ;
      next <= performance.now();
      next += (-Math.log(1 - Math.random()) * 1000) / OFFERED
    )
      offered.push(signIn())
  }, 1)
  return {
    end() {
      clearInterval(flood)
      return Promise.all(offered)
    },
  }
}

const msOf = (answers: readonly Answer[]): readonly number[] =>
  answers.map(({ ms }) => ms)
