/** One value of one process. */
export interface Sample {
  readonly name: MetricName | `${HistogramName}_${'bucket' | 'sum' | 'count'}`
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** How the values of several processes are combined. */
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

/** Combines the samples of several processes. */
export function mergeSamples(samples: readonly Sample[]): readonly Sample[] {
  const merged = new Map<string, Sample>()
  for (const sample of samples) {
    const key = nameOf(sample)
    const other = merged.get(key)
    if (other === undefined) merged.set(key, sample)
    else merged.set(key, mergeTwo(sample, other))
  }
  return [...merged.values()]
}

function mergeTwo(one: Sample, other: Sample): Sample {
  if (METRICS[metricOf(one)].merge === 'sum')
    return { ...one, value: one.value + other.value }
  return { ...one, value: Math.max(one.value, other.value) }
}

/**
 * The text format of Prometheus, version 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(samples: readonly Sample[]): string {
  const lines: string[] = []
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    const own = samples.filter((sample) => metricOf(sample) === name)
    if (own.length === 0) continue
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const sample of own) lines.push(`${nameOf(sample)} ${sample.value}`)
  }
  return `${lines.join('\n')}\n`
}

/** The histogram of a bucket, a sum or a count; else the metric itself. */
function metricOf({ name }: Sample): MetricName {
  if (name in METRICS) return name as MetricName
  return name.replace(/_(bucket|sum|count)$/, '') as MetricName
}

function nameOf({ name, labels = {} }: Sample): string {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${label}="${escaped(value)}"`,
  )
  if (pairs.length === 0) return name
  return `${name}{${pairs.join(',')}}`
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
