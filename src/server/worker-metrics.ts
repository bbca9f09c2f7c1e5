import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import type { MetricName, Sample } from './metric-samples.ts'
import { BUCKETS, type Durations, type RequestStats } from './request-stats.ts'

export interface WorkerMetrics {
  readonly auth: Watchword<User>
  readonly requests: RequestStats
  readonly connections: () => number
}

/** Measures this process from now on. */
export function measureWorker({ auth, requests, connections }: WorkerMetrics) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const delayInSeconds = (): number => {
    const seconds = delay.percentile(99) / 1e9
    delay.reset()
    // Nothing was measured yet.
    if (Number.isNaN(seconds)) return 0
    return seconds
  }
  const samples = (): readonly Sample[] => [
    { name: 'watchword_workers', value: 1 },
    ...requestSamples(requests),
    { name: 'watchword_connections', value: connections() },
    ...statsSamples(auth),
    { name: 'watchword_event_loop_delay_p99_seconds', value: delayInSeconds() },
    { name: 'watchword_resident_memory_bytes', value: process.memoryUsage.rss() },
  ]
  return { samples, stop: () => void delay.disable() }
}

function requestSamples(requests: RequestStats): readonly Sample[] {
  const counts = requests.byStatus().map(([endpoint, status, value]): Sample => {
    const labels = { endpoint, status: String(status) }
    return { name: 'watchword_requests_total', labels, value }
  })
  const durations = [...requests.durations()].flatMap(([endpoint, each]) =>
    durationSamples(endpoint, each),
  )
  return [...counts, ...durations]
}

/** A histogram of Prometheus: each bucket counts the values up to its bound, so those of smaller buckets too. */
function durationSamples(
  endpoint: string,
  { counts, sum }: Durations,
): readonly Sample[] {
  const name = 'watchword_request_duration_seconds'
  const labels = { endpoint }
  let count = 0
  const buckets = counts.map((inBucket, index): Sample => {
    count += inBucket
    const le = String(BUCKETS[index] ?? '+Inf')
    return { name: `${name}_bucket`, labels: { endpoint, le }, value: count }
  })
  return [
    ...buckets,
    { name: `${name}_sum`, labels, value: sum },
    { name: `${name}_count`, labels, value: count },
  ]
}

function statsSamples(auth: Watchword<User>): readonly Sample[] {
  const stats = auth.stats()
  if (stats === undefined) return []
  const { signIns, refreshes, hashing, revocations } = stats
  return [
    ...labelled('watchword_sign_ins_total', 'outcome', signIns),
    ...labelled('watchword_refreshes_total', 'outcome', refreshes),
    ...labelled('watchword_password_hashes', 'state', {
      running: hashing.running,
      waiting: hashing.waiting,
    }),
    { name: 'watchword_password_hashes_refused_total', value: hashing.refused },
    ...ifKnown('watchword_revoked_sessions', revocations?.entries),
    ...ifKnown('watchword_revocation_feed_age_seconds', revocations?.age),
  ]
}

const labelled = (
  name: MetricName,
  label: string,
  values: Readonly<Record<string, number>>,
): readonly Sample[] =>
  Object.entries(values).map(([text, value]) => ({
    name,
    labels: { [label]: text },
    value,
  }))

function ifKnown(name: MetricName, value: number | undefined): readonly Sample[] {
  if (value === undefined) return []
  return [{ name, value }]
}

/** What is the same for all processes, so that one of them measures it. */
export async function instanceSamples(
  auth: Watchword<User>,
  version: string,
): Promise<readonly Sample[]> {
  const { store, redis, clock } = await auth.health()
  const samples: Sample[] = [
    { name: 'watchword_info', labels: { version }, value: 1 },
    { name: 'watchword_store_up', value: Number(store.status === 'ok') },
    ...ifKnown('watchword_redis_up', redis && Number(redis.status === 'ok')),
    ...ifKnown('watchword_clock_ahead_seconds', clock?.ahead),
  ]
  if (store.status === 'ok') samples.push(...(await keySamples(auth)))
  return samples
}

async function keySamples(auth: Watchword<User>): Promise<readonly Sample[]> {
  const keys = await auth.keys.list().catch(() => [])
  const current = keys.find(({ stage }) => stage === 'current')
  const age = current && Date.now() / 1000 - current.createdAt
  return ifKnown('watchword_signing_key_age_seconds', age)
}
