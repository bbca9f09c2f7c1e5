import { type Call, type CommandOutput, command, DATABASE } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { messageBus } from '../server/cluster/message-bus.ts'
import { asWorker, type Worker } from '../server/cluster/worker.ts'
import type { ReadyReport } from '../server/cluster/worker-process.ts'
import { LISTEN, listenAddressOf, proxiesOf } from './address-options.ts'
import { databaseOf, shownDatabase } from './database.ts'
import { featureOptionsOf, OF_FEATURES } from './feature-options.ts'
import { FIELDS, fieldsOf } from './fields-option.ts'
import { ISSUER, issuerOf } from './issuer-options.ts'
import { freeSocket } from './listen.ts'
import { LOG, logSettingsOf } from './log-options.ts'
import { METRICS, metricsOf } from './metrics-option.ts'
import { nextCommand } from './next-command.ts'
import { openLog } from './open-log.ts'
import { ORIGINS, originsOf } from './origins-option.ts'
import { PRESETS, presetsOf } from './presets-option.ts'
import { REDIS, redisOf } from './redis-option.ts'
import { runWorkers } from './run-workers.ts'
import type { ServePlan } from './serve-plan.ts'
import { requireSecret } from './server-secret.ts'
import { stopSignal } from './until-stopped.ts'
import { PUBLIC_URL, urlOf } from './url-option.ts'
import { version } from './version.ts'
import { WORKERS, workersOf } from './workers-option.ts'

const OPTIONS = {
  ...LISTEN,
  ...ORIGINS,
  ...WORKERS,
  ...LOG,
  ...METRICS,
  ...REDIS,
  ...ISSUER,
  ...OF_FEATURES,
  ...PUBLIC_URL,
  ...FIELDS,
  ...PRESETS,
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
    const onServing = (report: ReadyReport): void =>
      print(startedOutput(report, plan, context))
    const worker = await asWorker()
    if (worker !== undefined)
      await serve(worker, plan, context).finally(worker.disconnect)
    else {
      await freeSocket(plan.address, context)
      if (plan.workers > 1) await runWorkers(plan, onServing, context)
      else await serve(soleProcess(onServing, plan, context), plan, context)
    }
    return undefined
  },
})

function planOf(
  values: Call<typeof OPTIONS, never>['values'],
  context: CommandContext,
): ServePlan {
  const database = databaseOf(values.database, context)
  return {
    address: listenAddressOf(values, context),
    database,
    workers: workersOf(values, database, context),
    proxies: proxiesOf(values, context),
    origins: originsOf(values, context),
    redis: redisOf(values, context),
    log: logSettingsOf(values, context),
    metrics: metricsOf(values, context),
    issuer: issuerOf(values, context),
    url: urlOf(values, context),
    user: fieldsOf(values, context),
    features: featureOptionsOf(values, context),
    presets: presetsOf(values, context),
  }
}

/** Loaded only here: a supervisor does without it. */
const serve: typeof import('./serve-plan.ts').serveAs = async (...args) =>
  (await import('./serve-plan.ts')).serveAs(...args)

/** The process that serves alone, without a supervisor. */
function soleProcess(
  onServing: (report: ReadyReport) => void,
  plan: ServePlan,
  { stderr }: CommandContext,
): Worker {
  return {
    bus: messageBus(),
    isFirst: true,
    reportReady: onServing,
    stopRequested() {
      // Without a listener, SIGHUP would end the process.
      const log = openLog(plan.log, stderr)
      process.on('SIGHUP', () => log({ level: 'warn', event: NOT_RELOADED }))
      return stopSignal()
    },
    disconnect() {},
  }
}

const NOT_RELOADED =
  'not reloaded: a single process cannot be replaced without a gap; start with --workers 2 or more'

function startedOutput(
  { url, users, notes }: ReadyReport,
  { database, workers, metrics }: ServePlan,
  context: CommandContext,
): CommandOutput {
  const shown = shownDatabase(database)
  const lines = [
    `watchword ${version} on ${url}   (${[shown, ...workerCount(workers)].join(', ')})`,
  ]
  if (metrics !== undefined)
    lines.push(`Metrics: GET /metrics on ${metrics.host}, port ${metrics.port}`)
  lines.push(...notes)
  if (users === 0 && notes.length === 0) {
    const create = nextCommand('user create NAME --superuser', database, context)
    lines.push(`There are no users yet. Create one: ${create}`)
  }
  return {
    text: lines.join('\n'),
    json: { url, database: shown, users, workers },
  }
}

function workerCount(workers: number): readonly string[] {
  if (workers === 1) return []
  return [`${workers} workers`]
}
