import { configError } from '../base/errors.ts'
import type { AuthRequest } from './request.ts'

/** Whether pages of a scheme (`https`) and a host (with its port, unless that is the scheme's default) are trusted. */
export type IsTrustedOrigin = (scheme: string, host: string) => boolean

/**
 * Parses origins such as `https://app.example.com` and `https://*.example.com`. A star means subdomains, not the domain itself.
 *
 * @param option for messages, such as `session({ origins })`
 * @throws AuthError `invalid_config`
 */
export function trustedOrigins(
  origins: readonly string[],
  option: string,
): IsTrustedOrigin {
  const trusted = origins.map((each) => parseOrigin(each, option))
  return (scheme, host) =>
    trusted.some((each) => each.scheme === scheme && each.includes(host))
}

const ORIGIN =
  /^(?<scheme>https?):\/\/(?<star>\*\.)?(?<host>[\w.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)$/

interface Origin {
  readonly scheme: string
  includes(host: string): boolean
}

function parseOrigin(text: string, option: string): Origin {
  const { scheme = '', star, host = '' } = ORIGIN.exec(text.toLowerCase())?.groups ?? {}
  if (host === '') {
    throw configError(
      `${option}: "${text}" is not an origin: write one such as "https://app.example.com".`,
    )
  }
  const bare = withoutDefaultPort(host, scheme)
  if (star === undefined) return { scheme, includes: (other) => other === bare }
  return { scheme, includes: (other) => other.endsWith(`.${bare}`) }
}

/** The host of the request, with its port if the client or a proxy has written one. */
export const hostOf = (request: AuthRequest): string =>
  (request.header('host') ?? '').toLowerCase()

/**
 * Whether an origin is the request's own. The connection does not show its scheme, because a proxy may end TLS; then the port
 * 80 in the `Host` is the proxy's view of this server.
 */
function isOwn(scheme: string, host: string, request: AuthRequest): boolean {
  const own = hostOf(request)
  const other = withoutDefaultPort(host, scheme)
  if (withoutDefaultPort(own, scheme) === other) return true
  return !request.secure && withoutDefaultPort(own, 'http') === other
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' }

function withoutDefaultPort(host: string, scheme: string): string {
  const port = DEFAULT_PORTS[scheme] ?? ''
  if (port !== '' && host.endsWith(port)) return host.slice(0, -port.length)
  return host
}

/** Whether a request may change something: its method is not safe (RFC 9110 §9.2.1), or unknown and perhaps not safe. */
export function mayChange(request: AuthRequest): boolean {
  if (request.isRead === undefined) return !SAFE.has(request.method)
  return !request.isRead
}
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * Whether a request opens a WebSocket, or may: a listener of upgrades need not check which protocol `Upgrade` names. Its method is GET,
 * but any page may open one with the cookies of the user (RFC 6455 §10.2), and neither CORS nor a CSRF token protects it.
 */
export const opensWebSocket = (request: AuthRequest): boolean =>
  request.isUpgrade === true || /\bwebsocket\b/i.test(request.header('upgrade') ?? '')

export interface SiteCheck {
  readonly trusts: IsTrustedOrigin
  /** Whether the request may come from a page that was loaded over plain http. */
  readonly mayBePlain: (request: AuthRequest) => boolean
}

/**
 * Why a request's origin is not trusted, in the words of Django's `CsrfViewMiddleware`. Unlike Django, it checks a
 * Referer over plain http too, and `Sec-Fetch-Site` (rule H11).
 *
 * Behind a proxy that ends TLS the connection looks plain, so https pages of the same host are always trusted.
 */
export function crossSiteFault(
  request: AuthRequest,
  settings: SiteCheck,
): string | undefined {
  const origin = request.header('origin')
  if (origin === undefined)
    return refererFault(request, settings) ?? fetchSiteFault(request)
  switch (trustIn(origin.toLowerCase(), request, settings)) {
    case 'listed':
      return undefined
    case 'own':
      return fetchSiteFault(request)
    case 'none':
      return `Origin checking failed - ${origin} does not match any trusted origins.`
  }
}

function fetchSiteFault(request: AuthRequest): string | undefined {
  if (request.header('sec-fetch-site') !== 'cross-site') return undefined
  return 'Sec-Fetch-Site checking failed - the request comes from another site.'
}

function trustIn(
  origin: string,
  request: AuthRequest,
  { trusts, mayBePlain }: SiteCheck,
): 'own' | 'listed' | 'none' {
  const [, scheme = '', host = ''] =
    /^(https?):\/\/([\w.[\]-][\w.:[\]-]*)$/.exec(origin) ?? []
  if (host === '') return 'none'
  if (trusts(scheme, withoutDefaultPort(host, scheme))) return 'listed'
  if (!isOwn(scheme, host, request)) return 'none'
  if (scheme === 'https' || mayBePlain(request)) return 'own'
  return 'none'
}

function refererFault(
  request: AuthRequest,
  { trusts, mayBePlain }: SiteCheck,
): string | undefined {
  const referer = request.header('referer')
  const mustBeSecure = !mayBePlain(request)
  if (referer === undefined && !request.secure) return undefined
  if (referer === undefined) return 'Referer checking failed - no Referer.'
  const page = URL.parse(referer)
  if (page === null || page.host === '')
    return 'Referer checking failed - Referer is malformed.'
  if (mustBeSecure && page.protocol !== 'https:') {
    return 'Referer checking failed - Referer is insecure while host is secure.'
  }
  const scheme = page.protocol.slice(0, -1)
  if (isOwn(scheme, page.host, request) || trusts(scheme, page.host)) return undefined
  return `Referer checking failed - ${referer} does not match any trusted origins.`
}

/** Whether cookies get `Secure`: if the page or the connection uses https. */
export const setsSecureCookies = (
  request: AuthRequest,
  { mayBePlain }: Pick<SiteCheck, 'mayBePlain'>,
): boolean =>
  !mayBePlain(request) ||
  request.header('origin')?.toLowerCase().startsWith('https:') === true
