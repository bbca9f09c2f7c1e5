import { asWorker } from '../server/cluster/worker.ts'
import { planIn } from './passed-plan.ts'
import { reportError } from './report-error.ts'

/** A worker process of `start`. It loads nothing of the command line, which its supervisor has read. */
export async function run(): Promise<void> {
  const plan = planIn(process.env)
  const worker = await asWorker()
  if (plan === undefined || worker === undefined) return (await import('./main.ts')).run()
  try {
    const { serveAs } = await import('./serve-plan.ts')
    await serveAs(worker, plan, process).finally(worker.disconnect)
  } catch (error) {
    process.exitCode = reportError(error, process, process.argv.includes('--json'))
  }
}
