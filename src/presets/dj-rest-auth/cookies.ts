import { accessCookieOf, cookieSecurity } from '../../authentication/access-cookie.ts'
import { bearer, bearerSecurity } from '../../authentication/bearer.ts'
import {
  firstIdentity,
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { trustedOrigins } from '../../http/origins.ts'
import { allowsPlainHttp } from '../../http/plain-http.ts'
import type { TokenCookies } from '../../tokens/token-cookies.ts'
import type { User } from '../../users/user.ts'
import type { DjRestAuthSettings } from './options.ts'

/** The cookies of the preset in an instance. */
export type PresetCookies = (instance: { readonly behindProxy: boolean }) => TokenCookies

/** @throws AuthError `invalid_config` if an origin is none */
export function presetCookies(settings: DjRestAuthSettings): PresetCookies {
  const { cookie, refreshCookie, prefix, domain, sameSite, httpOnly, csrf } = settings
  const trusts = trustedOrigins(settings.origins, 'djRestAuth({ origins })')
  return ({ behindProxy }) => ({
    access: cookie,
    refresh: refreshCookie,
    csrf: 'csrftoken',
    hasPrefix: settings.cookiePrefix,
    refreshPath: settings.refreshCookiePath ?? prefix,
    domain,
    sameSite,
    httpOnly,
    needsCsrfToken: csrf && (cookie ?? refreshCookie) !== undefined,
    trusts,
    mayBePlain: allowsPlainHttp(settings.secure, behindProxy),
  })
}

export const setsCookies = ({ cookie, refreshCookie }: DjRestAuthSettings): boolean =>
  (cookie ?? refreshCookie) !== undefined

/** Whether a refresh token is in its cookie alone. */
export const hidesRefresh = ({ httpOnly, refreshCookie }: DjRestAuthSettings): boolean =>
  httpOnly && refreshCookie !== undefined

/** dj-rest-auth's `JWTCookieAuthentication`: the header, else the cookie. */
export const headerOrCookie = (cookies: PresetCookies): Scheme<User> =>
  libraryScheme<User>(
    (deps) => {
      const header = authenticationOf(bearer(), deps)
      const cookie = authenticationOf(accessCookieOf(cookies), deps)
      const identify = firstIdentity([header, cookie])
      return { ...header, identify: (request) => identify(request) as Identity<User> }
    },
    (settings) => [...bearerSecurity(settings), ...cookieSecurity(cookies(settings))],
  )

/** A scheme of the library takes more than it shows. */
const authenticationOf = (scheme: Scheme<User>, deps: LibrarySchemeDeps) =>
  scheme(deps as never)
