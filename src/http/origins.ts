import { AuthError } from '../base/errors.ts'
import type { AuthRequest } from './request.ts'

/** Whether pages of this scheme (`https`) and host (with its port, where it has one) may act for those who are signed in here. */
export type IsTrustedOrigin = (scheme: string, host: string) => boolean

/**
 * Reads a list such as `https://app.example.com`, `https://*.example.com`: a star stands for subdomains, not for the domain.
 *
 * @throws AuthError `invalid_config`
 */
export function trustedOrigins(origins: readonly string[]): IsTrustedOrigin {
  const trusted = origins.map((origin) => {
    const [, scheme, star, host] =
      /^(https?):\/\/(\*\.)?([a-z\d.-]+(?::\d+)?|\[[\da-f:]+\](?::\d+)?)$/i.exec(
        origin,
      ) ?? []
    if (scheme === undefined || host === undefined) {
      throw new AuthError(
        'invalid_config',
        `session({ origins }): "${origin}" is no origin such as "https://app.example.com".`,
      )
    }
    const bare = host
      .toLowerCase()
      .replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, '')
    return { scheme: scheme.toLowerCase(), star: star !== undefined, host: bare }
  })
  return (scheme, host) =>
    trusted.some(
      (each) =>
        each.scheme === scheme &&
        (each.star ? host.endsWith(`.${each.host}`) : host === each.host),
    )
}

/** The host that was asked, with its port where that is not the scheme's own. */
export const hostOf = (request: AuthRequest): string =>
  (request.header('host') ?? '')
    .toLowerCase()
    .replace(request.secure ? /:443$/ : /:80$/, '')

/** Whether a host is this machine's own name for itself: what is sent to it crosses no network. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host)

export interface SiteCheck {
  readonly trusts: IsTrustedOrigin
  /** Whether the request may come from a page that was got over plain http. */
  readonly mayBePlain: (request: AuthRequest) => boolean
}

/**
 * What is wrong with where a request comes from, in Django's words (specification 6.3, steps 1 to 5). Unlike there, a Referer
 * counts over plain http too, where it is sent, and so does what the browser says of the site (rule H11).
 *
 * A proxy that ends TLS makes the connection look plain, so https pages of the host are its own in any case.
 */
export function crossSiteFault(
  request: AuthRequest,
  terms: SiteCheck,
): string | undefined {
  const origin = request.header('origin')
  const trust =
    origin === undefined ? undefined : trustIn(origin.toLowerCase(), request, terms)
  if (trust === 'none')
    return `Origin checking failed - ${origin} does not match any trusted origins.`
  const fault = origin === undefined ? refererFault(request, terms) : undefined
  if (fault !== undefined) return fault
  const isForeign =
    trust !== 'listed' && request.header('sec-fetch-site') === 'cross-site'
  return isForeign
    ? 'Sec-Fetch-Site checking failed - the request comes from another site.'
    : undefined
}

function trustIn(
  origin: string,
  request: AuthRequest,
  { trusts, mayBePlain }: SiteCheck,
): 'own' | 'listed' | 'none' {
  const [, scheme = '', host = ''] = /^(https?):\/\/([a-z\d.:[\]-]+)$/.exec(origin) ?? []
  if (trusts(scheme, host)) return 'listed'
  if (host === '' || host !== hostOf(request)) return 'none'
  return scheme === 'https' || mayBePlain(request) ? 'own' : 'none'
}

function refererFault(
  request: AuthRequest,
  { trusts, mayBePlain }: SiteCheck,
): string | undefined {
  const referer = request.header('referer')
  const mustBeSecure = !mayBePlain(request)
  if (referer === undefined)
    return request.secure ? 'Referer checking failed - no Referer.' : undefined
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
