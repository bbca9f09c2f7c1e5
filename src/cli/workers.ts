import { availableParallelism } from 'node:os'
import type { Log } from '../base/log.ts'
import type { Ready } from '../server/cluster/worker-process.ts'
import { parseCount } from './command.ts'
import type { CommandContext } from './context.ts'
import { CommandError, ReportedError, UsageError } from './errors.ts'

/** How many processes serve. */
export const WORKERS = {
  workers: {
    type: 'string',
    value: 'COUNT',
    says: 'how many processes serve; else WATCHWORD_WORKERS, else WEB_CONCURRENCY, else one a core',
  },
} as const

/**
 * A database in memory is one process's own, so there it is one.
 *
 * @throws WrongUsage
 */
export function workersOf(
  { workers }: { readonly workers?: string | undefined },
  database: string,
  { env }: CommandContext,
): number {
  const isOwn = database.endsWith(':memory:')
  const given =
    [
      ['--workers', workers],
      ['WATCHWORD_WORKERS', env.WATCHWORD_WORKERS],
      ['WEB_CONCURRENCY', env.WEB_CONCURRENCY],
    ].find(([, text]) => text) ?? []
  const [name = '', text] = given
  const count = text === undefined ? undefined : parseCount(text, name, [1, 256])
  if (isOwn && count !== undefined && count > 1) {
    throw new UsageError(
      `A database in memory is seen by one process alone: leave ${name} out, or name a database.`,
    )
  }
  return isOwn ? 1 : (count ?? availableParallelism())
}

/** Of as many hashes at once as there are cores, what is one worker's part. */
export const hashesOf = (workers: number): number =>
  Math.max(1, Math.floor(availableParallelism() / workers))

/**
 * Runs so many processes that type this very command, until it is told to stop.
 *
 * @param serving called once, when all of them serve
 * @throws Failure where none of them can start
 */
export async function runWorkers(
  workers: number,
  serving: (ready: Ready) => void,
  log: Log,
  { env }: CommandContext,
): Promise<void> {
  const { StartError, supervise } = await import('../server/cluster/supervisor.ts')
  try {
    await supervise({
      workers,
      serving,
      log,
      env: { UV_THREADPOOL_SIZE: threadsOf(workers, env) },
    })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    // What stood in its way it has told itself.
    if (!error.served && error.ending.code !== null)
      throw new ReportedError(error.ending.code || 1)
    throw new CommandError(
      `No worker can be started any more, the last one ended ${error.ending.how}: see what it said above, and start again.`,
      { cause: error },
    )
  }
}

/** As given; else as many as a worker hashes at once, and some for files and names of hosts. */
function threadsOf(
  workers: number,
  { UV_THREADPOOL_SIZE: given }: CommandContext['env'],
): string {
  const ofOneProcess = String(availableParallelism() + 4)
  return given === undefined || given === ofOneProcess
    ? String(hashesOf(workers) + 4)
    : given
}
