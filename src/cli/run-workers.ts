import { availableParallelism } from 'node:os'
import type { CommandContext } from '../command/context.ts'
import { CommandError, ReportedError } from '../command/errors.ts'
import { defaultHashesAtOnce } from '../passwords/concurrency.ts'
import type { ReadyReport } from '../server/cluster/worker-process.ts'
import { openLog } from './open-log.ts'
import { passedPlan } from './passed-plan.ts'
import type { ServePlan } from './serve-plan.ts'

/**
 * Runs worker processes, until a signal stops them.
 *
 * @param onServing called once, when all of them serve
 * @throws CommandError if none of them can be started
 */
export async function runWorkers(
  plan: ServePlan,
  onServing: (report: ReadyReport) => void,
  { env, stderr }: CommandContext,
): Promise<void> {
  const { StartError, supervise } = await import('../server/cluster/supervisor.ts')
  const { workers } = plan
  const added = { UV_THREADPOOL_SIZE: threadsOf(workers, env), ...passedPlan(plan) }
  const log = openLog(plan.log, stderr)
  try {
    await supervise({ workers, onServing, log, env: added })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    const { exit, hasServed } = error
    if (!hasServed && exit.code !== null) throw new ReportedError(exit.code || 1)
    throw new CommandError(
      `No worker process can be started; the last one ended ${exit.how}. Fix the error that it printed above and start again.`,
      { cause: error },
    )
  }
}

/** One thread for each password that a worker hashes, and four for files and DNS, unless the user has set a number. */
function threadsOf(
  workers: number,
  { UV_THREADPOOL_SIZE: given }: CommandContext['env'],
): string {
  // bin/watchword.js has set this for a single process.
  const ofOneProcess = String(availableParallelism() + 4)
  if (given !== undefined && given !== ofOneProcess) return given
  return String(defaultHashesAtOnce(workers) + 4)
}
