import type { Log } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import { internalsOf } from '../instance/internals.ts'
import { defaultHashesAtOnce } from '../passwords/concurrency.ts'
import { lowerHashPriority } from '../passwords/low-priority.ts'
import type { Worker } from '../server/cluster/worker.ts'
import type { ReadyReport } from '../server/cluster/worker-process.ts'
import type { ListenAddress } from '../server/serve.ts'
import type { MetricsPlace } from '../server/start-metrics.ts'
import type { Options } from '../settings/options.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { listen } from './listen.ts'
import { openServer } from './open-instance.ts'
import { type LogSettings, openLog } from './open-log.ts'
import type { PresetPlan } from './presets-option.ts'
import { wrongSecretError } from './server-secret.ts'
import { untilStopped } from './until-stopped.ts'

/** What the options and the environment of `start` say, checked. A supervisor passes it to its workers as JSON. */
export interface ServePlan {
  readonly address: ListenAddress
  readonly database: string
  readonly workers: number
  readonly proxies: number
  readonly origins: readonly string[]
  readonly redis: string | undefined
  readonly log: LogSettings
  readonly metrics: MetricsPlace | undefined
  readonly issuer: Pick<Options, 'tokens' | 'endpoints'>
  readonly url: Pick<Options, 'url'>
  readonly user: Pick<Options, 'user'>
  /** The sections of features. That of mails has a password. */
  readonly features: Partial<Options>
  readonly presets: PresetPlan
}

/** Serves in this process, until the worker is stopped. */
export async function serveAs(
  worker: Worker,
  plan: ServePlan,
  context: CommandContext,
): Promise<void> {
  const log = openLog(plan.log, context.stderr)
  const auth = await openAuth(plan, log)
  try {
    const { address, proxies, origins, metrics } = plan
    const options = {
      ...{ auth, proxies, origins, log, bus: worker.bus },
      ...address,
      ...(metrics && { metrics }),
    }
    const [running] = await Promise.all([listen(options, context), lowerHashPriority()])
    const stopped = worker.stopRequested(running.stopListening)
    worker.reportReady(await reportOf(worker, plan, running.url, auth))
    await untilStopped(running, auth, { stderr: context.stderr, log }, stopped)
  } finally {
    await auth.close()
  }
}

async function reportOf(
  { isFirst }: Pick<Worker, 'isFirst'>,
  { url: { url: origin } }: ServePlan,
  url: string,
  auth: Watchword<User>,
): Promise<ReadyReport> {
  const users = await auth.users.count()
  if (!isFirst) return { url, users, notes: [] }
  const notes = await internalsOf(auth).startNotes(String(origin ?? url))
  return { url, users, notes }
}

async function openAuth(plan: ServePlan, log: Log): Promise<Watchword<User>> {
  const { database, workers, proxies, redis, issuer, url, user, features, presets } = plan
  const options = {
    ...features,
    ...issuer,
    ...url,
    ...user,
    proxies,
    log,
    ...(redis !== undefined && { redis }),
    // Counters in the memory of one worker would miss the requests of the others.
    ...(workers > 1 && redis === undefined && { counts: 'store' as const }),
    ...(workers > 1 && { hashesAtOnce: defaultHashesAtOnce(workers) }),
  }
  try {
    return await openServer(database, options, presets)
  } catch (error) {
    throw wrongSecretError(error, database) ?? error
  }
}
