import * as z from 'zod/mini'
import { AuthError } from '../../base/errors.ts'
import { trustedOrigins } from '../../http/origins.ts'
import { allowsPlainHttp } from '../../http/plain-http.ts'
import { absolutePath, section, withDefault } from '../../schema/shapes.ts'
import type { TokenCookies } from '../../tokens/token-cookies.ts'

/** The option `tokenCookies`. */
export interface TokenCookieOptions {
  /**
   * The name of the cookie of access tokens, before which `__Host-` is put.
   *
   * @default "access"
   */
  readonly accessCookie?: string
  /**
   * The name of the cookie of refresh tokens, before which `__Secure-` is put.
   *
   * @default "refresh"
   */
  readonly refreshCookie?: string
  /**
   * The name of the cookie with the CSRF token, which scripts can read; before it `__Host-` is put.
   *
   * @default "csrftoken"
   */
  readonly csrfCookie?: string
  /**
   * Where browsers send the refresh token: the endpoints that take it are there.
   *
   * @default the option `path`
   */
  readonly refreshPath?: string
  /**
   * All hosts of this domain, such as `"example.com"`, get the cookies; their names then begin with `__Secure-`.
   *
   * @default this host alone
   */
  readonly domain?: string
  /**
   * `"Lax"`, `"Strict"` or `"None"`.
   *
   * @default "Lax"
   */
  readonly sameSite?: 'Lax' | 'Strict' | 'None'
  /**
   * Whether cookies are for https alone, and names get their prefixes.
   *
   * @default yes, but for plain http within this machine without a proxy
   */
  readonly secure?: boolean
  /**
   * Whether requests that change something need a CSRF token. Their origin is always checked.
   *
   * @default true
   */
  readonly csrf?: boolean
  /**
   * Origins of other hosts whose pages may send requests with these cookies, such as `"https://*.example.com"`.
   *
   * @default []
   */
  readonly origins?: readonly string[]
}

const NAME = 'must be the name of a cookie without "__Host-", which is added'

/** The name of a cookie without its prefix. */
export const cookieName = z
  .string(NAME)
  .check(z.regex(/^(?!__)[!#$%&'*+.^_`|~\w-]{1,100}$/, NAME))

const DOMAIN = 'must be a domain such as "example.com"'

export const cookieDomain = z
  .string(DOMAIN)
  .check(z.regex(/^\.?[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i, DOMAIN))

export const tokenCookieOptions = section<TokenCookieOptions>()({
  accessCookie: withDefault(cookieName, 'access'),
  refreshCookie: withDefault(cookieName, 'refresh'),
  csrfCookie: withDefault(cookieName, 'csrftoken'),
  refreshPath: z.optional(absolutePath),
  domain: z.optional(cookieDomain),
  sameSite: withDefault(z.enum(['Lax', 'Strict', 'None']), 'Lax'),
  secure: z.optional(z.boolean()),
  csrf: withDefault(z.boolean(), true),
  origins: withDefault(z.array(z.string()), []),
} satisfies Record<keyof TokenCookieOptions, z.ZodMiniType>)

export type ParsedTokenCookies = z.output<typeof tokenCookieOptions>

export interface CookiePlace {
  /** The option `path`. */
  readonly path: string
  readonly behindProxy: boolean
}

/** @throws AuthError `invalid_config` if options contradict each other */
export function tokenCookiesOf(
  options: ParsedTokenCookies,
  { path, behindProxy }: CookiePlace,
): TokenCookies {
  const {
    accessCookie,
    refreshCookie,
    csrfCookie,
    domain,
    sameSite,
    secure,
    csrf,
    origins,
  } = options
  if (new Set([accessCookie, refreshCookie, csrfCookie]).size < 3)
    throw refused('accessCookie, refreshCookie and csrfCookie must be three names.')
  if (sameSite === 'None' && secure === false)
    throw refused(
      'browsers refuse sameSite: "None" without Secure: leave secure out, or choose "Lax".',
    )
  return {
    access: accessCookie,
    refresh: refreshCookie,
    csrf: csrfCookie,
    hasPrefix: true,
    refreshPath: withoutSlash(options.refreshPath ?? path),
    domain,
    sameSite,
    httpOnly: true,
    needsCsrfToken: csrf,
    trusts: trustedOrigins(origins, 'tokenCookies.origins'),
    mayBePlain: allowsPlainHttp(secure, behindProxy),
  }
}

const withoutSlash = (path: string): string => path.replace(/(?<=.)\/$/, '')

const refused = (message: string): AuthError =>
  new AuthError('invalid_config', `tokenCookies: ${message}`)

/** Whether a cookie of a path is sent to another path (RFC 6265 §5.1.4). */
export const isSentTo = (cookiePath: string, path: string): boolean =>
  path === cookiePath ||
  path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
