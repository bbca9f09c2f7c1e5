import type { MessageBus } from './cluster/message-bus.ts'
import { exposition, mergeSamples, type Sample } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'
import { collectMetrics, shared, type WorkerMetrics } from './worker-metrics.ts'

/** Where Prometheus is told how it goes. */
export interface MetricsPlace {
  readonly host: string
  readonly port: number
  /** What runs. */
  readonly version: string
}

/** What workers ask one another for. */
const QUESTION = 'metrics'

/**
 * Measures this process, and tells at an address of its own what all workers have measured.
 *
 * @throws the error of `listen`
 */
export async function startMetrics(
  { version, ...at }: MetricsPlace,
  measured: WorkerMetrics,
  bus: MessageBus,
): Promise<{ readonly url: string; stop(): void }> {
  const { measure, stop: stopMeasuring } = collectMetrics(measured)
  bus.onQuestion(QUESTION, measure)
  const told = async (): Promise<string> => {
    const all = (await bus.askAll(QUESTION)) as readonly (readonly Sample[])[]
    return exposition(
      mergeSamples([...(await shared(measured.auth, version)), ...all.flat()]),
    )
  }
  try {
    const { url, stop } = await serveMetrics(at, told)
    return {
      url,
      stop() {
        stop()
        stopMeasuring()
      },
    }
  } catch (error) {
    stopMeasuring()
    throw error
  }
}
