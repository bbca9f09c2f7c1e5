import type { MessageBus } from './cluster/message-bus.ts'
import { openExposition } from './exposition.ts'
import type { Sample } from './metric-samples.ts'
import { serveMetrics } from './metrics-server.ts'
import { instanceSamples, measureWorker, type WorkerMetrics } from './worker-metrics.ts'

/** Where metrics are served. */
export interface MetricsPlace {
  readonly host: string
  readonly port: number
  /** The version of the package. */
  readonly version: string
}

const QUESTION = 'metrics'

/**
 * Measures this process, and serves what all workers have measured.
 *
 * @throws the error of `listen`; AuthError `invalid_config` if prom-client is not installed
 */
export async function startMetrics(
  { version, host, port }: MetricsPlace,
  worker: WorkerMetrics,
  bus: MessageBus,
): Promise<{ readonly url: string; stop(): void }> {
  const exposition = await openExposition()
  const measuring = measureWorker(worker)
  bus.onQuestion(QUESTION, measuring.samples)
  const text = async (): Promise<string> => {
    const perWorker = (await bus.askAll(QUESTION)) as readonly (readonly Sample[])[]
    const samples = [
      ...(await instanceSamples(worker.auth, version)),
      ...perWorker.flat(),
    ]
    return exposition(samples)
  }
  try {
    const { url, stop } = await serveMetrics({ host, port }, text)
    return {
      url,
      stop() {
        stop()
        measuring.stop()
      },
    }
  } catch (error) {
    measuring.stop()
    throw error
  }
}
