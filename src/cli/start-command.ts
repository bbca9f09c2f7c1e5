import { existsSync } from 'node:fs'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { type Call, type CommandOutput, command, DATABASE } from '../command/command.ts'
import { type CommandContext, shellWord } from '../command/context.ts'
import { CommandError } from '../command/errors.ts'
import { messageBus } from '../server/cluster/message-bus.ts'
import { asWorker, type Worker } from '../server/cluster/worker.ts'
import type { ReadyReport } from '../server/cluster/worker-process.ts'
import type { ListenAddress } from '../server/serve.ts'
import type { MetricsPlace } from '../server/start-metrics.ts'
import type { Options } from '../settings/options.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { LISTEN, listenAddressOf, proxiesOf } from './address-options.ts'
import { databaseOf, shownDatabase } from './database.ts'
import { ISSUER, issuerOf } from './issuer-options.ts'
import { freeSocket, listen } from './listen.ts'
import { LOG, logOf } from './log-options.ts'
import { METRICS, metricsOf } from './metrics-option.ts'
import { nextCommand } from './next-command.ts'
import { openServer } from './open-instance.ts'
import { ORIGINS, originsOf } from './origins-option.ts'
import { REDIS, redisOf } from './redis-option.ts'
import { runWorkers } from './run-workers.ts'
import { stopSignal, untilStopped } from './until-stopped.ts'
import { version } from './version.ts'
import { hashesOf, WORKERS, workersOf } from './workers-option.ts'

const OPTIONS = {
  ...LISTEN,
  ...ORIGINS,
  ...WORKERS,
  ...LOG,
  ...METRICS,
  ...REDIS,
  ...ISSUER,
  ...DATABASE,
} as const

export const start = command({
  name: 'start',
  summary: 'Starts the server for production.',
  args: [],
  description: `Needs WATCHWORD_SECRET, 32 characters or more, which encrypts the private keys in the database. Creates no user: create the first one with
"watchword user create". The server speaks plain HTTP, so put a proxy that speaks TLS in front of it, and set --proxies: wrong passwords
are counted by client address.

One process per core serves, or as many as --workers says; a process that ends is replaced. SIGHUP replaces all of them, one by
one, without losing a request. SIGTERM stops the server within ten seconds, after it has answered the requests in flight.`,
  examples: [
    'watchword start',
    'watchword start --host 0.0.0.0 --port 80 --database /var/lib/watchword/watchword.db',
    'watchword start --socket /run/watchword/socket --proxies 1 --workers 4',
  ],
  options: OPTIONS,
  async run({ values, context, print }) {
    const plan = planOf(values, context)
    requireSecret(plan.database, context)
    const worker = await asWorker()
    if (worker !== undefined) {
      await serveAs(worker, plan, context).finally(worker.disconnect)
      return undefined
    }
    const onServing = (report: ReadyReport): void =>
      print(startedOutput(report, plan, context))
    await freeSocket(plan.address, context)
    if (plan.workers > 1) await runWorkers(plan.workers, onServing, plan.log, context)
    else await serveAs(soleProcess(onServing, plan.log), plan, context)
    return undefined
  },
})

/** What the options and the environment say, checked. */
interface Plan {
  readonly address: ListenAddress
  readonly database: string
  readonly workers: number
  readonly proxies: number
  readonly origins: readonly string[]
  readonly redis: string | undefined
  readonly log: Log
  readonly metrics: MetricsPlace | undefined
  readonly issuer: Pick<Options, 'tokens' | 'endpoints'>
  /** How mails are sent. It has a password. */
  readonly mail: string | undefined
}

function planOf(
  values: Call<typeof OPTIONS, never>['values'],
  context: CommandContext,
): Plan {
  const database = databaseOf(values.database, context)
  return {
    address: listenAddressOf(values, context),
    database,
    workers: workersOf(values, database, context),
    proxies: proxiesOf(values, context),
    origins: originsOf(values, context),
    redis: redisOf(values, context),
    log: logOf(values, context),
    metrics: metricsOf(values, context),
    issuer: issuerOf(values, context),
    mail: context.env.WATCHWORD_MAIL || undefined,
  }
}

/** Serves in this process, until the worker is stopped. */
async function serveAs(
  worker: Worker,
  plan: Plan,
  context: CommandContext,
): Promise<void> {
  const { lowerHashPriority } = await import('../passwords/low-priority.ts')
  const auth = await openAuth(plan)
  try {
    await lowerHashPriority()
    const { address, proxies, origins, log, metrics } = plan
    const running = await listen(
      {
        ...{ auth, proxies, origins, log, bus: worker.bus },
        ...address,
        ...(metrics && { metrics }),
      },
      context,
    )
    const stopped = worker.stopRequested(running.stopListening)
    worker.reportReady({ url: running.url, users: await auth.users.count() })
    await untilStopped(running, auth, { stderr: context.stderr, log }, stopped)
  } finally {
    await auth.close()
  }
}

async function openAuth(plan: Plan): Promise<Watchword<User>> {
  const { database, workers, proxies, redis, log, issuer, mail } = plan
  const options = {
    proxies,
    log,
    ...issuer,
    ...(redis !== undefined && { redis }),
    ...(mail !== undefined && { mail }),
    // Counters in the memory of one worker would miss the requests of the others.
    ...(workers > 1 && redis === undefined && { counts: 'store' as const }),
    ...(workers > 1 && { hashesAtOnce: hashesOf(workers) }),
  }
  try {
    return await openServer(database, options)
  } catch (error) {
    throw wrongSecretError(error, database) ?? error
  }
}

/** The process that serves alone, without a supervisor. */
function soleProcess(onServing: (report: ReadyReport) => void, log: Log): Worker {
  return {
    bus: messageBus(),
    reportReady: onServing,
    stopRequested() {
      // Without a listener, SIGHUP would end the process.
      process.on('SIGHUP', () => log({ level: 'warn', event: NOT_RELOADED }))
      return stopSignal()
    },
    disconnect() {},
  }
}

const NOT_RELOADED =
  'not reloaded: a single process cannot be replaced without a gap; start with --workers 2 or more'

function requireSecret(database: string, { env }: CommandContext): void {
  const { length } = env.WATCHWORD_SECRET ?? ''
  if (length >= 32) return
  const fault = length === 0 ? 'is not set' : 'has fewer than 32 characters'
  throw new CommandError(`WATCHWORD_SECRET ${fault}. ${secretAdvice(database)}`)
}

function secretAdvice(database: string): string {
  const file = developmentSecretOf(database)
  if (existsSync(file)) {
    return `The keys in ${shownDatabase(database)} are encrypted with the development secret beside it; use that:

  export WATCHWORD_SECRET=$(cat ${shellWord(file)})`
  }
  return `It encrypts the private keys in the database. Make one and keep it:

  export WATCHWORD_SECRET=$(head -c 32 /dev/urandom | base64)`
}

const developmentSecretOf = (database: string): string => `${database}.secret`

/** A better message if the keys were encrypted with the development secret beside the database. */
function wrongSecretError(error: unknown, database: string): CommandError | undefined {
  const isWrongSecret = error instanceof AuthError && error.code === 'wrong_secret'
  if (!isWrongSecret || !existsSync(developmentSecretOf(database))) return undefined
  return new CommandError(
    `WATCHWORD_SECRET is not the secret of this database. ${secretAdvice(database)}`,
    { cause: error },
  )
}

function startedOutput(
  { url, users }: ReadyReport,
  { database, workers, metrics }: Plan,
  context: CommandContext,
): CommandOutput {
  const shown = shownDatabase(database)
  const lines = [
    `watchword ${version} on ${url}   (${[shown, ...workerCount(workers)].join(', ')})`,
  ]
  if (metrics !== undefined)
    lines.push(`Metrics: GET /metrics on ${metrics.host}, port ${metrics.port}`)
  if (users === 0) {
    const create = nextCommand('user create NAME --superuser', database, context)
    lines.push(`There are no users yet. Create one: ${create}`)
  }
  return {
    text: lines.join('\n'),
    json: { url, database: shown, users, workers },
  }
}

const workerCount = (workers: number): readonly string[] =>
  workers === 1 ? [] : [`${workers} workers`]
