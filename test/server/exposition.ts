/** A metric in the text format of Prometheus. */
export interface ExposedMetric {
  readonly type: string
  readonly samples: ReadonlyMap<string, number>
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`)
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']

/**
 * Parses version 0.0.4 of the format strictly: every metric once, with help and type before its samples; every sample once;
 * histograms complete, their buckets in ascending order. Empty lines are ignored, as the format says.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws Error with the line
 */
export function parseExposition(text: string): ReadonlyMap<string, ExposedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const metrics = new Map<string, { type: string; samples: Map<string, number> }>()
  let helped: string | undefined
  let name: string | undefined
  for (const line of text.slice(0, -1).split('\n').filter(Boolean)) {
    const wrong = (what: string): Error => new Error(`${what}: ${line}`)
    const help = /^# HELP (\S+) (.+)$/.exec(line)
    const type = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (help !== null) {
      if (metrics.has(help[1]!)) throw wrong('a metric twice')
      helped = help[1]
    } else if (type !== null) {
      if (type[1] !== helped) throw wrong('a type without its help')
      if (!TYPES.includes(type[2]!)) throw wrong('no such type')
      name = type[1]!
      metrics.set(name, { type: type[2]!, samples: new Map() })
    } else {
      const [, sampled = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      if (sampled === '') throw wrong('no sample')
      const metric = name === undefined ? undefined : metrics.get(name)
      const isIts =
        sampled === name ||
        (metric?.type === 'histogram' &&
          new RegExp(`^${name}_(bucket|sum|count)$`).test(sampled))
      if (metric === undefined || !isIts) throw wrong('a sample of another metric')
      if (metric.type === 'histogram' && sampled === name)
        throw wrong('a histogram has buckets')
      if (!NUMBER.test(value)) throw wrong('no number')
      if (metric.type === 'counter' && !/_total$/.test(sampled))
        throw wrong('a counter ends in _total')
      const key = labels === '' ? sampled : `${sampled}{${labels}}`
      if (metric.samples.has(key)) throw wrong('a sample twice')
      metric.samples.set(key, Number(value.replace('Inf', 'Infinity')))
    }
  }
  for (const [metric, { type, samples }] of metrics) {
    if (samples.size === 0) throw new Error(`${metric} has no sample`)
    if (type === 'histogram') checkHistogram(metric, samples)
    if (type === 'counter' && [...samples.values()].some((value) => value < 0))
      throw new Error(`${metric} is negative`)
  }
  return metrics
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const series = new Map<string, { le: number; count: number }[]>()
  for (const [key, count] of samples) {
    const [, before = '', bound = '', after = ''] =
      /^.*_bucket\{(.*?),?le="([^"]+)"(.*)\}$/.exec(key) ?? []
    if (bound === '') continue
    const others = before + after
    series.set(others, [
      ...(series.get(others) ?? []),
      { le: Number(bound.replace('+Inf', 'Infinity')), count },
    ])
  }
  for (const [labels, buckets] of series) {
    const inOrder = buckets.every(
      ({ le, count }, i) =>
        i === 0 || (le > buckets[i - 1]!.le && count >= buckets[i - 1]!.count),
    )
    if (!inOrder) throw new Error(`the buckets of ${name}{${labels}} are not in order`)
    const last = buckets.at(-1)
    const braces = labels === '' ? '' : `{${labels}}`
    if (last?.le !== Number.POSITIVE_INFINITY)
      throw new Error(`${name}${braces} has no +Inf`)
    if (samples.get(`${name}_count${braces}`) !== last.count)
      throw new Error(`${name}_count${braces} is not its +Inf`)
    if (!samples.has(`${name}_sum${braces}`))
      throw new Error(`${name}${braces} has no sum`)
  }
  if (series.size === 0) throw new Error(`${name} has no buckets`)
}
