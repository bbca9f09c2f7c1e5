import type { Platform } from './platform.ts'
import type { ClientDuration, ClientOptions } from './types.ts'

export interface Settings {
  /** The base URL of relative addresses. */
  readonly base: string
  /** The URL of the token endpoints. */
  readonly tokens: string
  /** The URL of the account endpoints. */
  readonly accounts: string
  readonly origins: ReadonlySet<string>
  readonly timeout: number
}

/** @throws TypeError */
export function settingsOf<U>(
  url: string | undefined,
  options: ClientOptions<U>,
  platform: Platform,
): Settings {
  const { path = '/api/token', accounts = '/auth' } = options
  const base = new URL(url ?? '/', platform.location?.href)
  const root = base.href.replace(/[/?#]+$/, '')
  return {
    base: `${root}/`,
    tokens: root + path,
    accounts: root + accounts,
    origins: new Set(
      [base.href, ...(options.origins ?? [])]
        .map((each) => originOf(new URL(each)))
        // Not http, if the client is of https.
        .filter((each) => each.startsWith(base.protocol.slice(0, -1))),
    ),
    timeout: durationOf(options.timeout),
  }
}

/** Not `url.origin`: for a `blob:` URL it is the origin of the page. */
export const originOf = ({ protocol, host }: URL): string => `${protocol}//${host}`

/** Milliseconds of `"5s"`, or of 5. */
export function durationOf(value: ClientDuration = 10): number {
  const seconds = Number(String(value).replace('s', ''))
  if (seconds >= 0) return seconds * 1000
  throw new TypeError(`${value}: use "5s", or seconds`)
}
