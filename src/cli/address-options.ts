import { ifDefined } from '../base/optional.ts'
import type { CommandContext } from '../command/context.ts'
import { UsageError } from '../command/errors.ts'
import { firstSet, parseCount } from '../command/values.ts'
import type { ListenAddress } from '../server/serve.ts'

/** The options of `dev` for the address it listens on. Shells set HOST for themselves: it opens no development server to others. */
export const ADDRESS = {
  host: {
    type: 'string',
    value: 'HOST',
    help: 'the address to listen on; default: 127.0.0.1',
  },
  port: {
    type: 'string',
    value: 'PORT',
    help: 'the port to listen on, 0 for any free one; default: PORT, or 8000',
  },
} as const

/** The options of `start` for the address it listens on, and for the number of proxies in front of it. */
export const LISTEN = {
  ...ADDRESS,
  host: {
    ...ADDRESS.host,
    help: 'the address to listen on; default: HOST, or 127.0.0.1',
  },
  socket: {
    type: 'string',
    value: 'PATH',
    help: 'listen on this socket file instead; needs --proxies',
  },
  proxies: {
    type: 'string',
    value: 'COUNT',
    help: 'how many proxies in front append to X-Forwarded-For; default: WATCHWORD_PROXIES, or 0',
  },
} as const

type AddressValues = { readonly [Name in keyof typeof ADDRESS]?: string | undefined }
type ListenValues = { readonly [Name in keyof typeof LISTEN]?: string | undefined }

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** @throws UsageError */
export function addressOf(
  { host, port }: AddressValues,
  { env }: CommandContext,
): HostAndPort {
  const given = firstSet(['--port', port], ['PORT', env.PORT])
  return {
    host: host ?? '127.0.0.1',
    port: ifDefined(given, (text) => parseCount(text, [0, 65_535])) ?? 8000,
  }
}

/** @throws UsageError */
export function proxiesOf(
  { proxies }: Pick<ListenValues, 'proxies'>,
  { env }: CommandContext,
): number {
  const given = firstSet(
    ['--proxies', proxies],
    ['WATCHWORD_PROXIES', env.WATCHWORD_PROXIES],
  )
  if (!given) return 0
  return parseCount(given, [0, 16])
}

/** @throws UsageError */
export function listenAddressOf(
  values: ListenValues,
  context: CommandContext,
): ListenAddress {
  const { socket, host, port, proxies } = values
  if (socket === undefined)
    return addressOf({ port, host: host ?? (context.env.HOST || undefined) }, context)
  if (host !== undefined || port !== undefined) {
    throw new UsageError(
      '--socket cannot be combined with --host or --port: give one or the other.',
    )
  }
  if (proxies === undefined && !context.env.WATCHWORD_PROXIES) {
    throw new UsageError(
      '--socket needs --proxies: on a socket file only the proxy in front knows the addresses of clients. If one proxy sets X-Forwarded-For, add --proxies 1.',
    )
  }
  return { socket }
}
