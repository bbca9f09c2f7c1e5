import { optionalPeer } from '../base/optional-peer.ts'
import { familiesOf, type MetricFamily, type Sample } from './metric-samples.ts'

/** What is used of prom-client. */
interface PromClient {
  readonly AggregatorRegistry: {
    aggregate(ofProcesses: readonly (readonly MetricFamily[])[]): {
      metrics(): Promise<string>
    }
  }
}

/** Combines the samples of all processes to one text in the format of Prometheus, version 0.0.4. */
export type Exposition = (samples: readonly Sample[]) => Promise<string>

/** @throws AuthError `invalid_config` if prom-client is not installed */
export async function openExposition(): Promise<Exposition> {
  const { AggregatorRegistry } = await optionalPeer<PromClient>(
    'prom-client',
    'The option --metrics',
  )
  return (samples) => AggregatorRegistry.aggregate([familiesOf(samples)]).metrics()
}
