/** One value of one process. */
export interface Sample {
  readonly name: MetricName | `${HistogramName}_${'bucket' | 'sum' | 'count'}`
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** How prom-client combines the values of several processes. */
  readonly merge: 'sum' | 'max'
}

/** Every metric, in the order of the exposition. */
export const METRICS = {
  watchword_info: { type: 'gauge', help: 'The version of watchword.', merge: 'max' },
  watchword_workers: { type: 'gauge', help: 'Worker processes.', merge: 'sum' },
  watchword_requests_total: {
    type: 'counter',
    help: 'Requests by endpoint and status.',
    merge: 'sum',
  },
  watchword_request_duration_seconds: {
    type: 'histogram',
    help: 'From the end of the header of a request to the end of its answer.',
    merge: 'sum',
  },
  watchword_connections: { type: 'gauge', help: 'Open connections.', merge: 'sum' },
  watchword_sign_ins_total: {
    type: 'counter',
    help: 'Sign-ins with a password, by outcome.',
    merge: 'sum',
  },
  watchword_refreshes_total: {
    type: 'counter',
    help: 'Refresh tokens with a valid signature, by outcome.',
    merge: 'sum',
  },
  watchword_password_hashes: {
    type: 'gauge',
    help: 'Passwords that are being hashed or wait for it.',
    merge: 'sum',
  },
  watchword_password_hashes_refused_total: {
    type: 'counter',
    help: 'Passwords that were not hashed because too many were waiting.',
    merge: 'sum',
  },
  watchword_revoked_sessions: {
    type: 'gauge',
    help: 'Revoked sessions whose access tokens may not have expired yet.',
    merge: 'max',
  },
  watchword_revocation_feed_age_seconds: {
    type: 'gauge',
    help: 'For how long revocations may have been missed, in the worst process.',
    merge: 'max',
  },
  watchword_store_up: {
    type: 'gauge',
    help: '1 if the store answers within a second, else 0.',
    merge: 'max',
  },
  watchword_redis_up: {
    type: 'gauge',
    help: '1 if Redis answers, else 0.',
    merge: 'max',
  },
  watchword_clock_ahead_seconds: {
    type: 'gauge',
    help: 'How far the clock of this machine is ahead of the store.',
    merge: 'max',
  },
  watchword_signing_key_age_seconds: {
    type: 'gauge',
    help: 'Age of the current signing key.',
    merge: 'max',
  },
  watchword_event_loop_delay_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of event loop delays since the last scrape, in the slowest process.',
    merge: 'max',
  },
  watchword_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of all worker processes.',
    merge: 'sum',
  },
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof METRICS
type HistogramName = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends 'histogram' ? Name : never
}[MetricName]

/** The samples of one metric, in the form of prom-client. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: Metric['type']
  readonly aggregator: Metric['merge']
  readonly values: readonly FamilyValue[]
}

interface FamilyValue {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  /** The name of a part of a histogram. */
  readonly metricName?: string
}

/** The samples by metric, in the order of `METRICS`. */
export function familiesOf(samples: readonly Sample[]): readonly MetricFamily[] {
  const byMetric = Map.groupBy(samples, metricOf)
  return Object.entries(METRICS).flatMap(([name, { type, help, merge }]) => {
    const values = byMetric.get(name as MetricName)?.map(familyValueOf)
    if (values === undefined) return []
    return [{ name, help, type, aggregator: merge, values }]
  })
}

/** The histogram of a bucket, a sum or a count; else the metric itself. */
function metricOf({ name }: Sample): MetricName {
  if (name in METRICS) return name as MetricName
  return name.replace(/_(bucket|sum|count)$/, '') as MetricName
}

const familyValueOf = ({ name, labels = {}, value }: Sample): FamilyValue => ({
  value,
  labels,
  ...(!(name in METRICS) && { metricName: name }),
})
