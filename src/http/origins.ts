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
  /^(?<scheme>https?):\/\/(?<star>\*\.)?(?<host>[a-z\d.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)$/

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

/** The host of the request, with its port unless that is the scheme's default. */
export function hostOf(request: AuthRequest): string {
  const host = (request.header('host') ?? '').toLowerCase()
  return withoutDefaultPort(host, request.secure ? 'https' : 'http')
}

function withoutDefaultPort(host: string, scheme: string): string {
  if (scheme === 'https') return host.replace(/:443$/, '')
  return host.replace(/:80$/, '')
}

/** Whether a request may change something: its method is not safe (RFC 9110 §9.2.1), or unknown and perhaps not safe. */
export const mayChange = (request: AuthRequest): boolean =>
  request.isRead === undefined ? !SAFE.has(request.method) : !request.isRead
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

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
  const [, scheme = '', host = ''] = /^(https?):\/\/([a-z\d.:[\]-]+)$/.exec(origin) ?? []
  if (trusts(scheme, host)) return 'listed'
  if (host === '' || host !== hostOf(request)) return 'none'
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
  if (page.host === hostOf(request) || trusts(page.protocol.slice(0, -1), page.host))
    return undefined
  return `Referer checking failed - ${referer} does not match any trusted origins.`
}
