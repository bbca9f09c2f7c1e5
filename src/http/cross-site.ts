import { AuthError } from '../base/errors.ts'
import {
  crossSiteFault,
  type IsTrustedOrigin,
  mayChange,
  opensWebSocket,
  type SiteCheck,
} from './origins.ts'
import { allowsPlainHttp, isPlainHttp } from './plain-http.ts'
import type { AuthRequest } from './request.ts'

/**
 * For a WebSocket that a cookie opens. Browsers always send its Origin (RFC 6455 §4.1), and cannot send a CSRF token.
 *
 * @throws AuthError `csrf_failed`
 */
export function requireOwnSite(request: AuthRequest, settings: SiteCheck): void {
  if (request.header('origin') === undefined)
    throw csrfError('Origin checking failed - no Origin.')
  refuseCrossSite(request, settings)
}

/** @throws AuthError `csrf_failed` if another site's page sent the request; needs no session */
export function refuseCrossSite(request: AuthRequest, settings: SiteCheck): void {
  const fault = crossSiteFault(request, settings)
  if (fault !== undefined) throw csrfError(fault)
}

export const csrfError = (fault: string): AuthError =>
  // A Referer may hold a secret in its query: the log gets no more than its host.
  new AuthError('csrf_failed', fault.replace(/(https?:\/\/[^\s/?#]*)\S*/gi, '$1'), {
    detail: `CSRF Failed: ${fault}`,
  })

/**
 * For schemes whose credentials a browser or a proxy adds by itself, to requests of any page.
 *
 * A request that names no origin, referer or site is a program's: browsers send an Origin with every method that may change
 * something (Fetch §3.2).
 *
 * @returns throws AuthError `csrf_failed` if another site's page sent a request that may change something, or opens a WebSocket
 */
export function crossSiteGuard(
  trusts: IsTrustedOrigin,
  { behindProxy, trustsPlainPages = false }: CrossSiteOptions,
): (request: AuthRequest) => void {
  const isLocal = allowsPlainHttp(undefined, behindProxy)
  const mayBePlain = (request: AuthRequest): boolean =>
    isLocal(request) || (trustsPlainPages && isPlainHttp(request, behindProxy))
  const settings = { trusts, mayBePlain }
  return (request) => {
    const isChecked = mayChange(request) || opensWebSocket(request)
    if (isChecked && PAGE_HEADERS.some((name) => request.header(name)))
      refuseCrossSite(request, settings)
  }
}

export interface CrossSiteOptions {
  readonly behindProxy: boolean
  /**
   * Whether a page of the own host over plain http is the own one if its request came so, too. Not with a scheme that a proxy signs
   * in: its page may be an https one. Default false.
   */
  readonly trustsPlainPages?: boolean
}

const PAGE_HEADERS = ['origin', 'referer', 'sec-fetch-site']
