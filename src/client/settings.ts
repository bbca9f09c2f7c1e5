import type { Platform } from './platform.ts'
import type { ClientOptions, Duration } from './types.ts'

export interface Settings {
  readonly transport: 'body' | 'cookie' | 'session'
  /** Against which addresses are resolved. */
  readonly base: string
  /** Where the token endpoints are. */
  readonly tokens: string
  /** Where the account endpoints are. */
  readonly accounts: string
  readonly origins: ReadonlySet<string>
  readonly timeout: number
  readonly overlap: number
  readonly name: string
}

/** @throws TypeError */
export function settingsOf<U>(
  url: string | undefined,
  options: ClientOptions<U>,
  platform: Platform,
): Settings {
  const { transport = 'body', storage, path = '/api/token', accounts = '/auth' } = options
  if (!['body', 'cookie', 'session'].includes(transport))
    throw new TypeError('transport must be "body", "cookie" or "session".')
  if (storage !== undefined && transport !== 'body')
    throw new TypeError('storage belongs to transport: "body". Leave it out.')
  const base = new URL(url ?? '/', platform.location?.href)
  const root = base.href.replace(/[/?#]+$/, '')
  return {
    transport,
    base: `${root}/`,
    tokens: `${root}${path}`,
    accounts: `${root}${accounts}`,
    origins: new Set(
      [base.href, ...(options.origins ?? [])]
        .map((each) => originOf(new URL(each)))
        .filter((each) => base.protocol !== 'https:' || each.startsWith('https:')),
    ),
    timeout: millisecondsOf(options.timeout ?? 10, 'timeout'),
    overlap: millisecondsOf(options.overlap ?? 10, 'overlap'),
    name: (options.name ?? root + path).replace(/[^\w.-]+/g, '_'),
  }
}

/** Not the member `origin`: that of a `blob:` address is its page's. */
export const originOf = ({ protocol, host }: URL): string => `${protocol}//${host}`

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 }

function millisecondsOf(value: Duration, name: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(String(value)) ?? []
  if (amount === undefined)
    throw new TypeError(`${name} must be a duration such as "5s", or seconds.`)
  return Number(amount) * (UNITS[unit as 's'] ?? 1) * 1000
}
