import { ask, askJson, boundOf, type Pair } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { aRedis, type Redis } from '../services/redis.ts'
import { pause, stopwatch, timed } from '../time.ts'
import {
  atMost,
  exactly,
  type Finding,
  type TrialContext,
  trial,
  withinTime,
} from './trial.ts'

/** Wrong passwords verified per day, for one account from one address. */
const LIMIT = 4

/** A fault of Redis, and its repair. */
const OUTAGES: Readonly<
  Record<string, (redis: Redis) => { begin(): unknown; end(): unknown }>
> = {
  down: (redis) => ({ begin: () => redis.stop(), end: () => redis.start() }),
  hanging: (redis) => ({ begin: () => redis.pause(), end: () => redis.resume() }),
}

/** R12. */
export const redisOutage = trial({
  name: 'R12',
  promise:
    'without Redis limits hold, sign-outs reach every process, nothing fails and no request is delayed',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 10, seconds: 5 },
  short: { rounds: 1, seconds: 2 },
  sabotages: [{ name: 'each-for-itself' }, { name: 'separate-prefixes' }],
  async run(deps, { rounds, seconds }) {
    const redis = await aRedis()
    if (typeof redis === 'string') return deps.skip(redis)
    deps.after(() => redis.stop())
    const servers = [
      await aServer(deps, redis, 'one:', true),
      await aServer(deps, redis, 'two:', false),
    ]
    const findings: Finding[] = []
    let used = 0
    const fresh = (): number => ++used
    await untilHealthy(servers, 'ok')
    // The servers must have found each other.
    await pause(1200)
    const usual = await guess(servers, fresh())
    findings.push(exactly(LIMIT, 'wrong passwords verified, Redis up', usual.looked))
    findings.push(
      withinTime(
        1000,
        'ms until a sign-out reaches the other process, Redis up',
        await signOut(servers, deps),
      ),
    )

    for (const [what, outage] of Object.entries(OUTAGES).flatMap((each) =>
      Array<typeof each>(rounds).fill(each),
    )) {
      const { begin, end } = outage(redis)
      await begin()
      const first = await guess(servers, fresh())
      await untilHealthy(servers, 'degraded')
      const guesses = await guess(servers, fresh())
      const left = await signOut(servers, deps)
      await later(seconds)
      await end()
      const back = await timeOf(() => untilHealthy(servers, 'ok'))
      const again = await guess(servers, fresh())
      const looked = Math.max(first.looked, guesses.looked)
      findings.push(
        atMost(LIMIT, `wrong passwords verified, Redis ${what}`, looked),
        exactly(
          0,
          `answers that are neither 401 nor 429, Redis ${what}`,
          first.odd + guesses.odd + again.odd,
        ),
        withinTime(
          boundOf(4 * 250, usual.refusedIn),
          `ms for an immediate rejection, Redis ${what}`,
          guesses.refusedIn,
        ),
        withinTime(
          2000,
          `ms until a sign-out reaches the other process, Redis ${what}`,
          left,
        ),
        withinTime(5000, `ms until Redis is used again after it was ${what}`, back),
        exactly(LIMIT, `wrong passwords verified after Redis was ${what}`, again.looked),
      )
    }

    const full = fresh()
    await guess(servers, full)
    await redis.flush()
    findings.push(
      exactly(
        LIMIT,
        'wrong passwords verified after FLUSHALL',
        (await guess(servers, full)).looked,
      ),
    )
    return findings
  },
})

const later = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** @param own prefix of its keys, for the fault that servers do not find each other */
const aServer = (
  { database, sabotage, after }: TrialContext,
  { url }: Redis,
  own: string,
  isFirst: boolean,
) =>
  startServer(
    { after: (end) => after(() => end?.({} as never, () => {})) },
    {
      database,
      options: {
        redis: sabotage === 'separate-prefixes' ? `${url}?prefix=${own}` : url,
        throttle: { login: `${LIMIT}/day` },
        proxies: 1,
        ...(sabotage === 'each-for-itself' ? { counts: 'memory' as const } : {}),
      },
      user: isFirst ? ADA : undefined,
    },
  )

/** Twenty wrong passwords at once at each server, for account and address number `n`. */
async function guess(servers: readonly ServerProcess[], number: number) {
  const asked = {
    headers: {
      'Content-Type': 'application/json',
      'X-Forwarded-For': `198.51.100.${number}`,
    },
    body: JSON.stringify({ username: `number-${number}`, password: 'wrong' }),
  }
  using watch = stopwatch()
  const answers = await Promise.all(
    servers.flatMap((server) =>
      Array.from({ length: 20 }, async () => {
        const { status } = await ask(server, '/api/token/', asked)
        return { status, ms: watch.ms() }
      }),
    ),
  )
  const refused = answers.filter(({ status }) => status === 429)
  const looked = answers.filter(({ status }) => status === 401).length
  const refusedIn = Math.max(...refused.map(({ ms }) => ms))
  return { looked, refusedIn, odd: answers.length - looked - refused.length }
}

/**
 * Signs in and out at one server. @returns the milliseconds until the other rejects the access
 * token
 */
async function signOut(
  [one, two]: readonly ServerProcess[],
  { progress }: TrialContext,
): Promise<number> {
  const { access, refresh } = JSON.parse(
    (await askJson(one!, '/api/token/', ADA)).body,
  ) as Pair
  const hello = async (): Promise<number> =>
    (
      await ask(two!, '/hello', {
        method: 'GET',
        headers: { Authorization: `Bearer ${access}` },
      })
    ).status
  if ((await hello()) !== 200)
    throw new Error('an access token was rejected before its sign-out')
  const { status } = await askJson(one!, '/api/token/blacklist/', { refresh })
  if (status !== 200) throw new Error(`a sign-out was answered with ${status}`)
  const ms = await timeOf(async () => {
    while ((await hello()) !== 401) await later(0.005)
  })
  progress(`rejected elsewhere after ${ms.toFixed()} ms`)
  return ms
}

async function untilHealthy(
  servers: readonly ServerProcess[],
  redis: 'ok' | 'degraded',
): Promise<void> {
  for (const server of servers) {
    for (;;) {
      const { body } = await ask(server, '/health/ready', { method: 'GET' })
      if ((JSON.parse(body) as { redis: { status: string } }).redis.status === redis)
        break
      await later(0.05)
    }
  }
}

const timeOf = async (work: () => Promise<unknown>): Promise<number> =>
  (await timed(work)).ms
