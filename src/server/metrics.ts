/** One value, as it is measured in one process and added up over all. */
export interface Sample {
  readonly name: MetricName | `${HistogramName}_${'bucket' | 'sum' | 'count'}`
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** What several processes are together. */
  readonly together: 'sum' | 'max'
}

/** Everything that is measured, in the order in which it is told. */
export const METRICS = {
  watchword_info: { type: 'gauge', help: 'The version that runs.', together: 'max' },
  watchword_workers: { type: 'gauge', help: 'Processes that serve.', together: 'sum' },
  watchword_requests_total: {
    type: 'counter',
    help: 'Requests by endpoint and status.',
    together: 'sum',
  },
  watchword_request_duration_seconds: {
    type: 'histogram',
    help: 'From the end of the header of a request to the end of its answer.',
    together: 'sum',
  },
  watchword_connections: { type: 'gauge', help: 'Open connections.', together: 'sum' },
  watchword_sign_ins_total: {
    type: 'counter',
    help: 'Sign-ins with a password, by what came of them.',
    together: 'sum',
  },
  watchword_refreshes_total: {
    type: 'counter',
    help: 'Refresh tokens whose signature held, by what came of them.',
    together: 'sum',
  },
  watchword_password_hashes: {
    type: 'gauge',
    help: 'Passwords that are hashed or wait for it.',
    together: 'sum',
  },
  watchword_password_hashes_refused_total: {
    type: 'counter',
    help: 'Passwords that were not hashed, since too many waited.',
    together: 'sum',
  },
  watchword_revoked_sessions: {
    type: 'gauge',
    help: 'Sessions that ended while access tokens of theirs could be alive.',
    together: 'max',
  },
  watchword_revocation_feed_age_seconds: {
    type: 'gauge',
    help: 'For how long the process that knows least may have missed the end of a session.',
    together: 'max',
  },
  watchword_store_up: {
    type: 'gauge',
    help: 'Whether the store answers within a second.',
    together: 'max',
  },
  watchword_redis_up: { type: 'gauge', help: 'Whether Redis answers.', together: 'max' },
  watchword_clock_ahead_seconds: {
    type: 'gauge',
    help: "By how much this machine's clock is ahead of the store's.",
    together: 'max',
  },
  watchword_signing_key_age_seconds: {
    type: 'gauge',
    help: 'Age of the key that signs.',
    together: 'max',
  },
  watchword_event_loop_delay_p99_seconds: {
    type: 'gauge',
    help: 'The 99th percentile of delays of the event loop since they were last asked for, of the slowest process.',
    together: 'max',
  },
  watchword_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory of all processes that serve.',
    together: 'sum',
  },
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof METRICS
type HistogramName = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends 'histogram' ? Name : never
}[MetricName]

/** Adds up what several processes have measured. */
export function mergeSamples(samples: readonly Sample[]): readonly Sample[] {
  const known = new Map<string, Sample>()
  for (const sample of samples) {
    const key = nameOf(sample)
    const before = known.get(key)
    const merge = METRICS[metricOf(sample)].together === 'sum' ? add : Math.max
    known.set(
      key,
      before === undefined
        ? sample
        : { ...sample, value: merge(before.value, sample.value) },
    )
  }
  return [...known.values()]
}

const add = (a: number, b: number): number => a + b

/**
 * Prometheus' text format, version 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(samples: readonly Sample[]): string {
  const lines: string[] = []
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    const its = samples.filter((sample) => metricOf(sample) === name)
    if (its.length === 0) continue
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const sample of its) lines.push(`${nameOf(sample)} ${sample.value}`)
  }
  return `${lines.join('\n')}\n`
}

const metricOf = ({ name }: Sample): MetricName =>
  name in METRICS
    ? (name as MetricName)
    : (name.replace(/_(bucket|sum|count)$/, '') as MetricName)

function nameOf({ name, labels = {} }: Sample): string {
  const written = Object.entries(labels).map(
    ([label, value]) => `${label}="${escaped(value)}"`,
  )
  return written.length === 0 ? name : `${name}{${written.join(',')}}`
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
