import { parseCount } from './command.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './errors.ts'
import { version } from './version.ts'

/** Where `start` tells how it goes. */
export const METRICS = {
  metrics: {
    type: 'string',
    value: '[HOST:]PORT',
    says: 'where Prometheus may ask for /metrics, on 127.0.0.1 unless a host is named; else WATCHWORD_METRICS, else nowhere',
  },
} as const

/** @throws WrongUsage */
export function metricsOf(
  { metrics }: { readonly metrics?: string | undefined },
  { env }: CommandContext,
) {
  const [name, text] =
    metrics === undefined
      ? ['WATCHWORD_METRICS', env.WATCHWORD_METRICS]
      : ['--metrics', metrics]
  if (!text) return undefined
  const { host = '127.0.0.1', port } =
    /^(?:(?<host>[^:\s]+|\[[\da-fA-F:.]+\]):)?(?<port>\d+)$/.exec(text)?.groups ?? {}
  if (port === undefined)
    throw new UsageError(
      `${name} names a port, or a host and a port: 9464, 10.0.0.5:9464.`,
    )
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: parseCount(port, `The port of ${name}`, [1, 65_535]),
    version,
  }
}
