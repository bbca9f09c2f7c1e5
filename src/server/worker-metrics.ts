import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import type { Sample } from './metrics.ts'
import { BUCKETS, type RequestStats } from './request-stats.ts'

export interface WorkerMetrics {
  readonly auth: Watchword<User>
  readonly requests: RequestStats
  readonly connections: () => number
}

/** What one process measures of itself, at once. @returns a function to be asked each time, and what ends it */
export function collectMetrics({ auth, requests, connections }: WorkerMetrics) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  /** Nanoseconds, and not a number where nothing was measured yet. */
  const delayed = (): number => {
    const p99 = delay.percentile(99) / 1e9
    delay.reset()
    return Number.isFinite(p99) ? p99 : 0
  }
  const measure = (): readonly Sample[] => [
    { name: 'watchword_workers', value: 1 },
    ...requests.byStatus().map(([endpoint, status, value]): Sample => {
      return {
        name: 'watchword_requests_total',
        labels: { endpoint, status: String(status) },
        value,
      }
    }),
    ...durationsOf(requests),
    { name: 'watchword_connections', value: connections() },
    ...figuresOf(auth),
    { name: 'watchword_event_loop_delay_p99_seconds', value: delayed() },
    { name: 'watchword_resident_memory_bytes', value: process.memoryUsage.rss() },
  ]
  return { measure, stop: () => void delay.disable() }
}

function durationsOf(requests: RequestStats): readonly Sample[] {
  return [...requests.durations()].flatMap(
    ([endpoint, { counts, sum }]): readonly Sample[] => {
      let upTo = 0
      const buckets = counts.map((count, index): Sample => {
        upTo += count
        const le = index < BUCKETS.length ? String(BUCKETS[index]) : '+Inf'
        return {
          name: 'watchword_request_duration_seconds_bucket',
          labels: { endpoint, le },
          value: upTo,
        }
      })
      return [
        ...buckets,
        {
          name: 'watchword_request_duration_seconds_sum',
          labels: { endpoint },
          value: sum,
        },
        {
          name: 'watchword_request_duration_seconds_count',
          labels: { endpoint },
          value: upTo,
        },
      ]
    },
  )
}

function figuresOf(auth: Watchword<User>): readonly Sample[] {
  const stats = auth.stats()
  if (stats === undefined) return []
  const { signIns, refreshes, hashing, revocations } = stats
  const byOutcome = (
    name: 'watchword_sign_ins_total' | 'watchword_refreshes_total',
    counts: typeof signIns,
  ) =>
    Object.entries(counts).map(
      ([outcome, value]): Sample => ({ name, labels: { outcome }, value }),
    )
  return [
    ...byOutcome('watchword_sign_ins_total', signIns),
    ...byOutcome('watchword_refreshes_total', refreshes),
    {
      name: 'watchword_password_hashes',
      labels: { state: 'running' },
      value: hashing.running,
    },
    {
      name: 'watchword_password_hashes',
      labels: { state: 'waiting' },
      value: hashing.waiting,
    },
    { name: 'watchword_password_hashes_refused_total', value: hashing.refused },
    ...(revocations === undefined
      ? []
      : ([
          { name: 'watchword_revoked_sessions', value: revocations.entries },
          { name: 'watchword_revocation_feed_age_seconds', value: revocations.age },
        ] as const)),
  ]
}

/** What is the same for all processes, so that one asks for it. */
export async function shared(
  auth: Watchword<User>,
  version: string,
): Promise<readonly Sample[]> {
  const { store, redis, clock } = await auth.health()
  const keys = store.status === 'ok' ? await auth.keys.list().catch(() => []) : []
  const current = keys.find(({ stage }) => stage === 'current')
  return [
    { name: 'watchword_info', labels: { version }, value: 1 },
    { name: 'watchword_store_up', value: store.status === 'ok' ? 1 : 0 },
    ...(redis === undefined
      ? []
      : [{ name: 'watchword_redis_up', value: redis.status === 'ok' ? 1 : 0 } as const]),
    ...(clock === undefined
      ? []
      : [{ name: 'watchword_clock_ahead_seconds', value: clock.ahead } as const]),
    ...(current === undefined
      ? []
      : [
          {
            name: 'watchword_signing_key_age_seconds',
            value: Date.now() / 1000 - current.createdAt,
          } as const,
        ]),
  ]
}
