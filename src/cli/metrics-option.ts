import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { firstSet, parseCount } from '../command/values.ts'
import { version } from './version.ts'

export const METRICS = {
  metrics: {
    type: 'string',
    value: '[HOST:]PORT',
    help: 'serve /metrics for Prometheus there, on 127.0.0.1 unless a host is given; default: WATCHWORD_METRICS, or no metrics',
  },
} as const

const ADDRESS = /^(?:(?<host>[^:\s]+|\[[\da-fA-F:.]+\]):)?(?<port>\d+)$/

/** @throws UsageError */
export function metricsOf(
  { metrics }: { readonly metrics?: string | undefined },
  { env }: CommandContext,
) {
  const given = firstSet(
    ['--metrics', metrics],
    ['WATCHWORD_METRICS', env.WATCHWORD_METRICS],
  )
  if (given === undefined) return undefined
  const { host = '127.0.0.1', port } = ADDRESS.exec(given.text)?.groups ?? {}
  if (port === undefined) {
    throw new UsageError(
      `${given.name} must be a port, or a host and a port: 9464, 10.0.0.5:9464.`,
    )
  }
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: parseCount({ name: `The port of ${given.name}`, text: port }, [1, 65_535]),
    version,
  }
}
