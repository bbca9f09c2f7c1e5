import type { Colleagues } from './cluster/message-bus.ts'
import { type Measured, measures, shared } from './worker-metrics.ts'
import { exposition, type Sample, together } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'

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
export async function measuring(
  { version, ...at }: MetricsPlace,
  measured: Measured,
  colleagues: Colleagues,
): Promise<{ readonly url: string; stop(): void }> {
  const { measure, stop: stopMeasuring } = measures(measured)
  colleagues.onQuestion(QUESTION, measure)
  const told = async (): Promise<string> => {
    const all = (await colleagues.askAll(QUESTION)) as readonly (readonly Sample[])[]
    return exposition(together([...(await shared(measured.auth, version)), ...all.flat()]))
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
