import { existsSync } from 'node:fs'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { lowerHashPriority } from '../passwords/low-priority.ts'
import { messageBusVia } from '../server/cluster/message-bus.ts'
import { asWorker, type State, type Worker } from '../server/cluster/worker.ts'
import { type CommandOutput, command, DATABASE } from './command.ts'
import { type CommandContext, shellWord } from './context.ts'
import { CommandError } from './errors.ts'
import { ISSUER, issuerOf } from './issuer.ts'
import { LOG, logOf } from './log.ts'
import { METRICS, metricsOf } from './metrics.ts'
import { databaseOf, openServer, shownDatabase } from './open-instance.ts'
import { REDIS, redisOf } from './redis.ts'
import {
  FRONT,
  freeSocket,
  listen,
  listenAddressOf,
  proxiesOf,
  sameCommand,
  stopSignal,
  untilStopped,
} from './serving.ts'
import { version } from './version.ts'
import { hashesOf, runWorkers, WORKERS, workersOf } from './workers.ts'

export const start = command({
  name: 'start',
  does: 'Starts the server for production.',
  args: [],
  about: `Needs WATCHWORD_SECRET, 32 characters or more, which seals the private keys in the database. Makes no user: the first one
is made with "watchword user create". Speaks plain HTTP, so put a proxy that speaks TLS in front, and say so with --proxies: wrong
passwords are counted by address.

Serves with one process a core, or as many as --workers says. One that ends is replaced. SIGHUP replaces all of them, one by one, and
loses no request. SIGTERM stops the server: what is in flight is answered first, within ten seconds.`,
  examples: [
    'watchword start',
    'watchword start --host 0.0.0.0 --port 80 --database /var/lib/watchword/watchword.db',
    'watchword start --socket /run/watchword/socket --proxies 1 --workers 4',
  ],
  options: { ...FRONT, ...WORKERS, ...LOG, ...METRICS, ...REDIS, ...ISSUER, ...DATABASE },
  async run({ values, deps, say }) {
    const place = listenAddressOf(values, deps)
    const database = databaseOf(values.database, deps)
    const workers = workersOf(values, database, deps)
    const proxies = proxiesOf(values, deps)
    const redis = redisOf(values, deps)
    const log = logOf(values, deps)
    const metrics = metricsOf(values, deps)
    const issuer = issuerOf(values, deps)
    refuseWithoutSecret(database, deps)
    const tell = (ready: State): void =>
      say(started({ ...ready, database, workers, metrics }, deps))

    const serveAs = async (worker: Worker): Promise<void> => {
      const auth = await openServer(database, {
        proxies,
        log,
        ...issuer,
        ...(redis === undefined ? {} : { redis }),
        // Each for itself would count a part.
        ...(workers > 1 && redis === undefined ? { counts: 'store' } : {}),
        ...(workers > 1 ? { hashesAtOnce: hashesOf(workers) } : {}),
      }).catch((error: unknown) => {
        throw sealedInDevelopment(error, database) ?? error
      })
      try {
        await lowerHashPriority()
        const { bus } = worker
        const serving = { auth, proxies, log, bus, ...place, ...(metrics && { metrics }) }
        const running = await listen(serving, deps)
        const told = worker.untilTold(running.shut)
        worker.ready({ url: running.url, users: await auth.users.count() })
        await untilStopped(running, auth, deps, told)
      } finally {
        await auth.close()
      }
    }

    const worker = asWorker()
    if (worker !== undefined) await serveAs(worker).finally(worker.leave)
    else {
      await freeSocket(place, deps)
      await (workers > 1
        ? runWorkers(workers, tell, log, deps)
        : serveAs(alone(tell, log)))
    }
    return undefined
  },
})

/** The one process that serves, under nobody. */
function alone(tell: (state: State) => void, log: Log): Worker {
  return {
    bus: messageBusVia(),
    ready: tell,
    untilTold() {
      process.on('SIGHUP', () => log({ level: 'warn', event: ALONE }))
      return stopSignal()
    },
    leave() {},
  }
}

/** The answer to SIGHUP, which would else end the process. */
const ALONE =
  'not reloaded: one process cannot be replaced without a gap; --workers 2 can'

/** @throws Failure with the line to add */
function refuseWithoutSecret(database: string, { env }: CommandContext): void {
  const { length } = env.WATCHWORD_SECRET ?? ''
  if (length >= 32) return
  const fault = length === 0 ? 'is not set' : 'has fewer than 32 characters'
  throw new CommandError(`WATCHWORD_SECRET ${fault}; ${secretAdvice(database)}`)
}

function secretAdvice(database: string): string {
  const file = developmentSecretOf(database)
  return existsSync(file)
    ? `watchword dev made the keys in ${shownDatabase(database)}, and this is their secret:

  export WATCHWORD_SECRET=$(cat ${shellWord(file)})`
    : `it seals the private keys in the database, so make one once and keep it:

  export WATCHWORD_SECRET=$(head -c 32 /dev/urandom | base64)`
}

const developmentSecretOf = (database: string): string => `${database}.secret`

/** A better sentence for keys that another secret sealed, where that one lies beside them. */
function sealedInDevelopment(error: unknown, database: string): CommandError | undefined {
  const isSealed =
    error instanceof AuthError &&
    error.message.includes('cannot be opened with this secret')
  if (!isSealed || !existsSync(developmentSecretOf(database))) return undefined
  return new CommandError(
    `WATCHWORD_SECRET is not the secret of this database; ${secretAdvice(database)}`,
    { cause: error },
  )
}

interface Started extends State {
  readonly database: string
  readonly workers: number
  readonly metrics: { readonly host: string; readonly port: number } | undefined
}

function started(
  { url, users, database, workers, metrics }: Started,
  deps: CommandContext,
): CommandOutput {
  const by = workers === 1 ? '' : `, ${workers} workers`
  const heading = `watchword ${version} on ${url}   (${shownDatabase(database)}${by})`
  const told = `Metrics are told on ${metrics?.host}, port ${metrics?.port}: GET /metrics`
  const hint = `There are no users yet: ${sameCommand('user create NAME --superuser', database, deps)}`
  return {
    text: [heading, ...(metrics ? [told] : []), ...(users === 0 ? [hint] : [])].join(
      '\n',
    ),
    json: { url, database: shownDatabase(database), users, workers },
  }
}
