import { configError } from '../base/errors.ts'
import type { SectionReader } from '../features/core.ts'
import {
  type CookiePlace,
  isSentTo,
  tokenCookieOptions,
  tokenCookiesOf,
} from '../features/token-cookies/options.ts'
import { tokenOptions } from '../features/tokens/options.ts'
import type { TokenCookies } from '../tokens/token-cookies.ts'
import type { MountedEndpoint } from './mounted-endpoints.ts'

/** Endpoints that take the refresh token from its cookie. */
const TAKE_REFRESH: ReadonlySet<string> = new Set(['refresh', 'blacklist'])

interface CookieDeps extends CookiePlace {
  readonly mounted: readonly MountedEndpoint[]
}

/** @returns `undefined` unless `tokens.transport` is `cookie` @throws AuthError `invalid_config` */
export function parseTokenCookies(
  options: object,
  section: SectionReader,
  { mounted, ...place }: CookieDeps,
): TokenCookies | undefined {
  if (section(tokenOptions).transport !== 'cookie') {
    if ('tokenCookies' in options)
      throw configError(
        'tokenCookies has no effect without cookies: set tokens.transport to "cookie", or remove tokenCookies.',
      )
    return undefined
  }
  const cookies = tokenCookiesOf(section(tokenCookieOptions), place)
  const { refreshPath } = cookies
  const outside = mounted.find(
    ({ name, path }) => TAKE_REFRESH.has(name) && !isSentTo(refreshPath, path),
  )
  if (outside === undefined) return cookies
  throw configError(
    `${outside.source} is at "${outside.path}", where browsers do not send the cookie of the refresh token: set tokenCookies.refreshPath to a path above it.`,
  )
}
